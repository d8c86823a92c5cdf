from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad.core.random import Generator
from minigrad.errors import DtypeError, ShapeError
from minigrad.nn import LayerNorm, Linear, PostNorm, PreNorm, Residual, RMSNorm, Sequential


def sample(*shape: int) -> Any:
    return minigrad.randn(*shape, dtype=minigrad.float64, generator=Generator(0))


def test_an_empty_branch_is_the_identity_exactly() -> None:
    x = sample(64, 8).float() * 1e6
    for scale in (1.0, 0.1):
        y = Residual(lambda x: 0 * x, scale)(x)
        assert y.dtype == x.dtype and (y.array == x.array).all()
        deep = Sequential(*(Residual(lambda x: 0 * x, scale) for _ in range(50)))
        assert (deep(x).array == x.array).all()
    pre = PreNorm(RMSNorm(8), lambda x: 0 * x)
    assert (pre(x).array == x.array).all()  # the identity path is not normalized


def test_post_norm_normalizes_the_sum() -> None:
    y = PostNorm(LayerNorm(4), lambda x: 0 * x)(minigrad.tensor([1.0, 2.0, 3.0, 4.0]))
    assert y.tolist() == pytest.approx([-1.3416, -0.4472, 0.4472, 1.3416], abs=5e-5)


@pytest.mark.parametrize("scale", [1.0, 0.25, -2.0, 0.0])
def test_the_three_formulas(scale: float) -> None:
    x, f, norm = sample(3, 4), Linear(4, 4, dtype="float64"), LayerNorm(4, dtype="float64")
    assert abs(Residual(f, scale)(x).array - (x + scale * f(x)).array).max() < 1e-15
    assert abs(PreNorm(norm, f, scale)(x).array - (x + scale * f(norm(x))).array).max() < 1e-15
    assert abs(PostNorm(norm, f, scale)(x).array - norm(x + scale * f(x)).array).max() < 1e-15


def test_the_gradient_takes_both_paths() -> None:
    x = sample(2, 3).requires_grad_()
    g = sample(2, 3) + 1
    Residual(lambda x: 3 * x)(x).backward(g)
    assert x.grad.array == pytest.approx(4 * g.array)
    x.grad = None
    Residual(lambda x: 3 * x, scale=0.5)(x).backward(g)
    assert x.grad.array == pytest.approx(2.5 * g.array)
    x.grad = None
    Residual(lambda x: 0 * x)(x).backward(g)
    assert (x.grad.array == g.array).all()  # the identity path hands G on unchanged


@pytest.mark.parametrize(
    "block",
    [
        Residual(lambda x: x),
        Residual(lambda x: x, 0.5),
        PreNorm(RMSNorm(3), lambda x: x),
        PostNorm(RMSNorm(3), lambda x: x),
    ],
)
def test_the_input_is_not_changed(block: Any) -> None:
    x = minigrad.ones(2, 3)
    out = block(x)
    assert (x.array == 1).all() and not np.shares_memory(out.array, x.array)


def test_names_inside() -> None:
    for kind in (PreNorm, PostNorm):
        block = kind(LayerNorm(2), Linear(2, 2))
        assert [n for n, _ in block.named_children()] == ["norm", "f"]
        assert len(list(block.parameters())) == 4
    assert [n for n, _ in Residual(Linear(2, 2)).named_parameters()] == ["f.weight", "f.bias"]
    assert list(Residual(minigrad.relu).parameters()) == []


def test_a_branch_of_another_shape_is_never_broadcast() -> None:
    x = minigrad.ones(4, 3)
    message = r"f must keep the shape \(4, 3\) to be added to it, got "
    for f, shape in (
        (Linear(3, 1), r"\(4, 1\)"),
        (lambda x: x.sum(), r"\(\)"),
        (lambda x: x[0], r"\(3,\)"),
    ):
        for block in (Residual(f), PreNorm(RMSNorm(3), f), PostNorm(RMSNorm(3), f)):
            with pytest.raises(ShapeError, match=type(block).__name__ + ": " + message + shape):
                block(x)


def test_what_is_no_branch() -> None:
    with pytest.raises(DtypeError, match="Residual: f must return a Tensor, got NoneType"):
        Residual(lambda x: None)(minigrad.ones(2))  # type: ignore[arg-type, return-value]
    with pytest.raises(DtypeError, match="Residual: f must be a module or a function, got int"):
        Residual(3)  # type: ignore[arg-type]
    with pytest.raises(
        DtypeError, match="PreNorm: norm must be a module or a function, got the cl"
    ):
        PreNorm(LayerNorm, Linear(2, 2))
    with pytest.raises(
        DtypeError, match="PostNorm: f must be a module or a function, got NoneType"
    ):
        PostNorm(LayerNorm(2), None)  # type: ignore[arg-type]
