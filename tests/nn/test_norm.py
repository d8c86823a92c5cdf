from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad.core.random import Generator
from minigrad.errors import ArgumentError, DtypeError, ShapeError
from minigrad.nn import LayerNorm, RMSNorm

KINDS = [LayerNorm, RMSNorm]


def rows(*values: Any, dtype: Any = minigrad.float64) -> Any:
    return minigrad.tensor([list(map(float, row)) for row in values], dtype=dtype)


def gradient(norm: Any, x: np.ndarray, g: np.ndarray) -> np.ndarray:
    leaf = minigrad.tensor(x, requires_grad=True)
    norm(leaf).backward(minigrad.tensor(g))
    assert leaf.grad is not None
    return leaf.grad.array


def test_layer_norm_by_hand() -> None:
    y = LayerNorm(4, dtype=minigrad.float64)(rows([1, 2, 3, 4], [5, 6, 7, 8]))
    assert y[0, 0].item() == pytest.approx(-1.3416, abs=5e-5)
    assert abs(y.array[0] - y.array[1]).max() < 1e-6  # each row by itself


def test_rms_norm_by_hand() -> None:
    y = RMSNorm(3, eps=1e-5)(rows([3, 4, 0], [3, -4, 0], dtype=minigrad.float32))
    root = np.sqrt(25 / 3)
    assert y.array == pytest.approx(np.array([[3, 4, 0], [3, -4, 0]]) / root, abs=1e-5)
    assert y.tolist()[0] == pytest.approx([1.0392, 1.3856, 0], abs=5e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_eps_stands_inside_the_root(kind: Any) -> None:
    row = [1e-3, -1e-3, 1e-3, -1e-3]  # mean square 1e-6: beside eps = 1e-5 it is 1/11
    y = kind(4, eps=1e-5)(rows(row)).tolist()[0]
    assert y == pytest.approx([0.3015, -0.3015, 0.3015, -0.3015], abs=5e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_row_of_zeros_gives_zeros_and_finite_gradients(kind: Any, dtype: str) -> None:
    norm = kind(8, eps=1e-5, dtype=dtype)
    x = minigrad.zeros(2, 8, dtype=dtype, requires_grad=True)
    y = norm(x)
    y.backward(minigrad.ones(2, 8, dtype=dtype))
    assert y.dtype == dtype and not y.array.any()
    assert x.grad is not None and np.isfinite(x.grad.array).all()
    assert norm.weight.grad is not None and not norm.weight.grad.array.any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("constant", [0.1, 1000.1, 12345.6, -1e6])
@pytest.mark.parametrize("d", [3, 100, 768])
def test_a_constant_row_gives_the_bias(constant: float, d: int, dtype: str) -> None:
    """Also where the rounding of the mean is large beside eps."""
    norm = LayerNorm(d, dtype=dtype)
    norm.bias.array[...] = 0.5
    x = minigrad.full((2, d), constant, dtype=dtype)
    assert abs(norm(x).array - 0.5).max() < 1e-5


def test_a_mean_far_above_the_spread_costs_no_accuracy() -> None:
    x = np.random.default_rng(0).normal(1000, 1, (4, 768)).astype(np.float32)
    exact = (x - x.mean(1, dtype=np.float64, keepdims=True)) / x.std(
        1, dtype=np.float64, keepdims=True
    )
    assert abs(LayerNorm(768)(minigrad.tensor(x)).array - exact).max() < 2e-5


def test_the_moments_they_keep() -> None:
    x = 3 + 5 * minigrad.randn(64, 256, dtype=minigrad.float64, generator=Generator(0))
    y, z = LayerNorm(256)(x.float()).array, RMSNorm(256)(x.float()).array
    assert abs(y.mean(1)).max() < 1e-6 and abs((y**2).mean(1) - 1).max() < 1e-5
    assert abs((z**2).mean(1) - 1).max() < 1e-5
    assert abs(z.mean(1) - 3 / np.sqrt(34)).max() < 0.2  # the mean is left alone


def test_weight_and_bias_come_after() -> None:
    x = minigrad.randn(5, 16, dtype=minigrad.float64, generator=Generator(0))
    layer, rms = LayerNorm(16, dtype="float64"), RMSNorm(16, dtype="float64")
    layer.weight.array[...], layer.bias.array[...], rms.weight.array[...] = 2, 1, 2
    y = layer(x).array
    assert y.mean(1) == pytest.approx(1) and y.std(1) == pytest.approx(2, rel=1e-4)
    assert (rms(x).array ** 2).mean(1) == pytest.approx(4, rel=1e-4)


def test_the_parameters_there_are() -> None:
    def names(norm: Any) -> list[str]:
        return [f"{name} {tuple(p.shape)}" for name, p in norm.named_parameters()]

    assert names(LayerNorm(4)) == ["weight (4,)", "bias (4,)"]
    assert names(LayerNorm(4, bias=False)) == ["weight (4,)"]
    assert names(LayerNorm(4, elementwise_affine=False)) == []
    assert names(RMSNorm((2, 3))) == ["weight (2, 3)"]
    assert names(RMSNorm(4, elementwise_affine=False)) == []
    x = rows([1, 2, 3, 4])
    plain = LayerNorm(4, elementwise_affine=False)(x).tolist()
    assert LayerNorm(4, bias=False, dtype="float64")(x).tolist() == plain
    assert LayerNorm(np.int64(4)).normalized_shape == (4,)


@pytest.mark.parametrize("kind", KINDS)
def test_several_dimensions_are_one_row(kind: Any) -> None:
    x = minigrad.randn(5, 2, 3, dtype=minigrad.float64)
    flat = kind(6, eps=1e-5)(x.reshape(5, 6).float()).array
    assert abs(kind((2, 3), eps=1e-5)(x.float()).array.reshape(5, 6) - flat).max() < 1e-6


def test_the_backward_invariants() -> None:
    """LayerNorm ignores shifts and scales of x, RMSNorm scales: so Σdx = 0 and dx·x = 0."""
    rng = np.random.default_rng(0)
    x, g = rng.normal(1, 2, (6, 4)), rng.normal(size=(6, 4))
    layer, rms = LayerNorm(4, eps=0.0, dtype="float64"), RMSNorm(4, eps=0.0, dtype="float64")
    for norm in (layer, rms):
        norm.weight.array[...] = [1, 2, 3, 4]
        dx = gradient(norm, x, g)
        centred = x - x.mean(1, keepdims=True) * (norm is layer)
        assert abs((dx * centred).sum(1)).max() < 1e-12
        assert abs(gradient(norm, 10 * x, g) * 10 - dx).max() < 1e-12
        assert (abs(dx.sum(1)).max() < 1e-12) == (norm is layer)
        other = x.copy()
        other[1:] *= 3  # another row's statistics are none of this row's
        assert gradient(norm, other, g)[0] == pytest.approx(dx[0], rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_float16_statistics_are_taken_in_float32(kind: Any) -> None:
    norm = kind(512, eps=1e-8, dtype=minigrad.float16)  # float16(1e-8) would be 0
    for size in (0.0, 1e-5, 1e-3, 0.1, 300.0, 60000.0):  # squares: 0 below 1.7e-4, inf from 256
        x = minigrad.tensor([[size, -size] * 256], dtype=minigrad.float16)
        y = norm(x)
        exact = float(x.array[0, 0]) / np.sqrt(float(x.array[0, 0]) ** 2 + 1e-8)
        assert y.dtype == np.float16
        assert y.array.astype(float) == pytest.approx(np.array([[exact, -exact] * 256]), rel=1e-3)
        leaf = minigrad.tensor(x.array, requires_grad=True)
        norm(leaf).backward(minigrad.ones(1, 512, dtype=minigrad.float16))
        assert leaf.grad is not None and leaf.grad.dtype == np.float16
    assert norm.weight.grad is not None and norm.weight.grad.dtype == np.float16


def test_a_float32_weight_keeps_a_float16_input_float16() -> None:
    for kind in KINDS:
        norm = kind(4, eps=1e-5)
        x = minigrad.ones(2, 4, dtype=minigrad.float16, requires_grad=True)
        y = norm(x)
        y.sum().backward()
        assert y.dtype == x.grad.dtype == np.float16 and norm.weight.grad.dtype == np.float32


@pytest.mark.parametrize("kind", KINDS)
def test_errors(kind: Any) -> None:
    name = "layer_norm" if kind is LayerNorm else "rms_norm"
    with pytest.raises(
        ShapeError, match=rf"{name}: input must end in normalized_shape \(4,\), got"
    ):
        kind(4)(minigrad.ones(4, 3))
    with pytest.raises(DtypeError, match=f"{name}: input must be floating point, got int64"):
        kind(4)(minigrad.tensor([1, 2, 3, 4]))
    with pytest.raises(ArgumentError, match=f"{name}: eps must be ≥ 0, got -1"):
        kind(4, eps=-1.0)(minigrad.ones(4))
    for wrong in (0, -1, (), (2, 0), "34", (2.0,)):
        with pytest.raises(ArgumentError, match="Norm: normalized_shape must be a positive int"):
            kind(wrong)
