"""A fused op equals the composition of its parts, in value and in every gradient."""

import math

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F


def normal(*shape, seed=0):
    return mg.randn(*shape, dtype="float64", generator=mg.Generator(seed), requires_grad=True)


def linear(x, w, b):
    return x @ w.t() + b


def layer_norm(x, w, b):
    mean = x.mean(-1, keepdim=True)
    var = ((x - mean) ** 2).mean(-1, keepdim=True)
    return (x - mean) * mg.rsqrt(var + 1e-5) * w + b


def rms_norm(x, w):
    return x * mg.rsqrt((x * x).mean(-1, keepdim=True) + 1e-5) * w


def cross_entropy(x, labels):
    return -mg.log_softmax(x, -1).gather(-1, labels.unsqueeze(-1)).mean()


def smoothed(x, labels):
    logp = mg.log_softmax(x, -1)
    picked = logp.gather(-1, labels.unsqueeze(-1)).squeeze(-1)
    return -(0.9 * picked + 0.1 * logp.mean(-1)).mean()


def softmax(x):
    e = mg.exp(x - x.detach().amax(-1, keepdim=True))
    return e / e.sum(-1, keepdim=True)


def gelu_tanh(x):
    return 0.5 * x * (1 + mg.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def bce(x, t):
    p = mg.sigmoid(x)
    return -(t * mg.log(p) + (1 - t) * mg.log(1 - p)).mean()


def attention(q, k, v):
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    later = mg.ones(*scores.shape[-2:]).triu(1) == 1
    return softmax(scores.masked_fill(later, -math.inf)) @ v


LABELS = mg.tensor([[0, 4, 2], [1, 1, 3]])
PAIRS = {
    "linear": (F.linear, linear, [(2, 3, 5), (4, 5), (4,)]),
    "layer_norm": (
        lambda x, w, b: F.layer_norm(x, (5,), w, b),
        layer_norm,
        [(2, 3, 5), (5,), (5,)],
    ),
    "rms_norm": (lambda x, w: F.rms_norm(x, (5,), w, 1e-5), rms_norm, [(2, 3, 5), (5,)]),
    "cross_entropy": (
        lambda x: F.cross_entropy(x.transpose(1, 2), LABELS),
        lambda x: cross_entropy(x, LABELS),
        [(2, 3, 5)],
    ),
    "cross_entropy with smoothing": (
        lambda x: F.cross_entropy(x.transpose(1, 2), LABELS, label_smoothing=0.1),
        lambda x: smoothed(x, LABELS),
        [(2, 3, 5)],
    ),
    "softmax": (lambda x: F.softmax(x, -1), softmax, [(2, 3, 5)]),
    "log_softmax": (lambda x: F.log_softmax(x, -1), lambda x: mg.log(softmax(x)), [(2, 3, 5)]),
    "gelu": (lambda x: F.gelu(x, approximate="tanh"), gelu_tanh, [(2, 3, 5)]),
    "silu": (F.silu, lambda x: x * mg.sigmoid(x), [(2, 3, 5)]),
    "softplus": (F.softplus, lambda x: mg.log1p(mg.exp(x)), [(2, 3, 5)]),
    "bce": (
        lambda x, t: F.binary_cross_entropy_with_logits(x, mg.sigmoid(t)),
        lambda x, t: bce(x, mg.sigmoid(t)),
        [(4,), (4,)],
    ),
    "attention": (
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        attention,
        [(2, 2, 3, 4), (2, 2, 3, 4), (2, 2, 3, 5)],
    ),
    "std": (lambda x: x.std(-1), lambda x: mg.sqrt(x.var(-1)), [(2, 3, 5)]),
    "norm": (lambda x: x.norm(2, -1), lambda x: mg.sqrt((x * x).sum(-1)), [(2, 3, 5)]),
    "mse_loss": (F.mse_loss, lambda a, b: ((a - b) ** 2).mean(), [(2, 3), (2, 3)]),
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 3e-6)])
def test_fused_equals_composed(name, dtype, tolerance):
    results = []
    for op in PAIRS[name][:2]:
        inputs = [normal(*shape, seed=i) for i, shape in enumerate(PAIRS[name][2])]
        inputs = [mg.tensor(x.detach(), dtype=dtype, requires_grad=True) for x in inputs]
        out = op(*inputs)
        weights = mg.randn(*out.shape, dtype=dtype, generator=mg.Generator(9))
        (out * weights).sum().backward()
        results.append([out.detach().numpy(), *(x.grad.numpy() for x in inputs)])
    for fused, composed in zip(*results, strict=True):
        assert fused.dtype == composed.dtype == np.dtype(dtype)
        np.testing.assert_allclose(fused, composed, tolerance, tolerance)


def test_large_scores_overflow_neither_loss_nor_gradient():
    x = mg.tensor([[1000.0, 0.0, -1000.0]], requires_grad=True)
    loss = F.cross_entropy(x, mg.tensor([2]))
    loss.backward()
    assert loss.item() == 2000
    assert x.grad.tolist() == [[1, 0, -1]]
    x.grad = None
    F.binary_cross_entropy_with_logits(x, mg.tensor([[0.0, 1.0, 1.0]]), reduction="sum").backward()
    assert x.grad.tolist() == [[1, -0.5, -1]]
