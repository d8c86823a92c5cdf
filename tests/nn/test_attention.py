import numpy as np
import pytest

import minigrad
from minigrad.errors import ArgumentError
from minigrad.nn import CausalSelfAttention

D, HEADS = 12, 3


def parts(layer: CausalSelfAttention, x: np.ndarray) -> np.ndarray:
    """The same, position by position and head by head."""
    w, b = layer.qkv.weight.array, layer.qkv.bias.array
    q, k, v = np.split(x @ w.T + b, 3, axis=-1)
    out = np.zeros_like(x)
    size = D // HEADS
    for row in range(x.shape[0]):
        for head in range(HEADS):
            at = slice(head * size, (head + 1) * size)
            for t in range(x.shape[1]):
                scores = k[row, : t + 1, at] @ q[row, t, at] / np.sqrt(size)
                p = np.exp(scores - scores.max())
                out[row, t, at] = (p / p.sum()) @ v[row, : t + 1, at]
    return out @ layer.proj.weight.array.T + layer.proj.bias.array


def test_it_equals_the_loop_over_positions_and_heads() -> None:
    minigrad.manual_seed(0)
    layer = CausalSelfAttention(D, HEADS)
    x = np.random.default_rng(0).standard_normal((2, 5, D)).astype(np.float32)
    np.testing.assert_allclose(layer(minigrad.tensor(x)).array, parts(layer, x), atol=1e-6)


def test_a_position_sees_nothing_that_comes_after_it() -> None:
    minigrad.manual_seed(0)
    layer = CausalSelfAttention(D, HEADS)
    x = minigrad.randn(1, 6, D, requires_grad=True)
    layer(x)[:, 2].sum().backward()
    assert x.grad is not None
    seen = np.abs(x.grad.array).sum(axis=(0, 2)) > 0
    assert seen.tolist() == [True, True, True, False, False, False]


def test_state_and_errors() -> None:
    layer = CausalSelfAttention(D, HEADS, bias=False)
    assert {name: p.shape for name, p in layer.named_parameters()} == {
        "qkv.weight": (36, 12),
        "proj.weight": (12, 12),
    }
    with pytest.raises(ArgumentError, match="multiple of heads, got dim=12, heads=5"):
        CausalSelfAttention(D, 5)
    with pytest.raises(ArgumentError, match="heads=0"):
        CausalSelfAttention(D, 0)
