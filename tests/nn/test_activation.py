import math
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.core.random import Generator
from minigrad.errors import ArgumentError, DimError
from minigrad.nn import Dropout

GRID = np.linspace(-6, 6, 49)


@pytest.mark.parametrize(
    ("module", "formula"),
    [
        (nn.Identity(), lambda x: x),
        (nn.ReLU(), lambda x: max(x, 0)),
        (nn.LeakyReLU(), lambda x: x if x > 0 else 0.01 * x),
        (nn.LeakyReLU(0.3), lambda x: x if x > 0 else 0.3 * x),
        (nn.ELU(), lambda x: x if x > 0 else math.exp(x) - 1),
        (nn.ELU(2.0), lambda x: x if x > 0 else 2 * (math.exp(x) - 1)),
        (nn.GELU(), lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2),
        (
            nn.GELU("tanh"),
            lambda x: x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2,
        ),
        (nn.SiLU(), lambda x: x / (1 + math.exp(-x))),
        (nn.Tanh(), math.tanh),
        (nn.Sigmoid(), lambda x: 1 / (1 + math.exp(-x))),
        (nn.Softplus(), lambda x: math.log1p(math.exp(x))),
        (nn.Softplus(2.0, 4.0), lambda x: x if 2 * x > 4 else math.log1p(math.exp(2 * x)) / 2),
    ],
    # a lambda's repr is its address, which differs from one test process to the next
    ids=lambda value: repr(value) if isinstance(value, nn.Module) else "",
)
def test_each_module_is_its_formula(module: nn.Module, formula: Any) -> None:
    y = module(minigrad.tensor(GRID, dtype=minigrad.float64))
    assert abs(y.array - [formula(x) for x in GRID]).max() < 1e-14


def test_softmax_and_log_softmax_along_their_dim() -> None:
    x = minigrad.randn(3, 4, 5, dtype=minigrad.float64)
    for dim in (0, -1):
        total = np.exp(x.array).sum(axis=dim, keepdims=True)
        assert abs(nn.Softmax(dim)(x).array - np.exp(x.array) / total).max() < 1e-15
        assert abs(nn.LogSoftmax(dim)(x).array - x.array + np.log(total)).max() < 1e-14
    with pytest.raises(DimError, match=r"dim must lie in \[-3, 2\] for a 3-d tensor, got 3"):
        nn.Softmax(3)(x)


def test_an_unknown_gelu_is_refused_when_it_is_made() -> None:
    with pytest.raises(ArgumentError, match="GELU: approximate must be 'none' or 'tanh', got 'erf"):
        nn.GELU("erf")


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean_and_drops_the_share_p(p: float) -> None:
    n = 200_000
    y = Dropout(p, generator=Generator(0))(minigrad.ones(n)).array
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / (1 - p))}
    assert abs((y == 0).mean() - p) < 4 * math.sqrt(p * (1 - p) / n)
    assert abs(y.mean() - 1) < 4 * math.sqrt(p / (1 - p) / n)


def test_dropout_drops_each_element_by_itself() -> None:
    kept = Dropout(0.5, generator=Generator(0))(minigrad.ones(2000, 50)).array > 0
    assert abs(kept.mean(axis=0) - 0.5).max() < 0.05 and 0 < kept.mean(axis=1).std() < 0.09
    assert abs(np.corrcoef(kept[:, 0], kept[:, 1])[0, 1]) < 0.09


def test_dropout_sends_the_gradient_through_the_same_mask() -> None:
    x = minigrad.ones(1000, requires_grad=True)
    y = Dropout(0.3)(x)
    y.backward(minigrad.ones(1000))
    assert x.grad is not None and (x.grad.array == y.array).all() and (y.array == 0).any()


def test_dropout_by_generator_mode_and_extremes() -> None:
    x = minigrad.ones(64)
    a, b, c = (Dropout(0.5, generator=Generator(seed))(x).tolist() for seed in (1, 1, 2))
    assert a == b != c
    layer = Dropout(0.5)
    minigrad.manual_seed(0)
    first, second = layer(x).tolist(), layer(x).tolist()
    minigrad.manual_seed(0)
    assert first != second and layer(x).tolist() == first
    assert layer.eval()(x) is x and Dropout(0.0)(x) is x
    assert not Dropout(1.0)(x).array.any()
    assert Dropout(0.5)(x.half()).dtype == np.float16
    for p in (-0.1, 1.1, math.nan):
        with pytest.raises(ArgumentError, match=r"Dropout: p must lie in \[0, 1\], got"):
            Dropout(p)
