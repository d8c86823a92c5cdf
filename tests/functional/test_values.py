"""Every op's value against NumPy, on the table of cases: tested without PyTorch as well."""

import math

import numpy as np
import pytest

import minigrad as mg
from tests.each import each
from tests.functional.cases import CASES, FIXED
from tests.functional.inputs import apply, convert

erf = np.vectorize(math.erf, otypes=[float])


def softmax(x, dim):
    e = np.exp(x - x.max(dim, keepdims=True, initial=-np.inf)) if x.ndim else np.ones_like(x)
    return e / e.sum(dim, keepdims=True) if x.ndim else e


def logsumexp(x, dim, keepdim=False):
    axes = tuple(dim) if isinstance(dim, list) else dim
    return np.logaddexp.reduce(x, axes if x.ndim else None, keepdims=keepdim)


def reduced(function):
    def reference(x, dim=None, keepdim=False):
        axes = tuple(range(x.ndim)) if dim is None or dim == () else dim
        axes = tuple(axes) if isinstance(axes, list | tuple) else (axes,)
        return function(x, axis=axes if x.ndim else None, keepdims=keepdim)

    return reference


def spread(function):
    def reference(x, dim=None, correction=1, keepdim=False, unbiased=True):
        correction = correction if unbiased else 0
        with np.errstate(all="ignore"):
            axes = tuple(dim) if isinstance(dim, list) else dim
            return function(x, axis=axes if x.ndim else None, ddof=correction, keepdims=keepdim)

    return reference


def chosen(function, of_two, index):
    def reference(x, dim=None, keepdim=False):
        if dim is None:
            return function(x)
        if isinstance(dim, np.ndarray):
            return of_two(x, dim)
        if not x.ndim:
            return x, np.array(0)
        return function(x, axis=dim, keepdims=keepdim), index(x, axis=dim, keepdims=keepdim)

    return reference


def norm(x, p=2, dim=None, keepdim=False):
    axes = tuple(range(x.ndim)) if dim is None else dim
    axes = (tuple(axes) if isinstance(axes, list | tuple) else axes) if x.ndim else None
    p = 2 if p == "fro" else p
    if p == math.inf:
        return np.abs(x).max(axis=axes, keepdims=keepdim)
    return (np.abs(x) ** p).sum(axis=axes, keepdims=keepdim) ** (1 / p)


def reduce_losses(losses, reduction, n=None):
    if reduction == "none":
        return losses
    return losses.sum() / (1 if reduction == "sum" else losses.size if n is None else n)


def cross_entropy(x, t, ignore_index=-100, reduction="mean", label_smoothing=0.0, log=True):
    classes = 1 if x.ndim > 1 else 0
    logp = np.log(softmax(x, classes)) if log else x
    rows = np.moveaxis(logp, classes, -1)
    kept = t != ignore_index
    picked = -np.take_along_axis(rows, np.where(kept, t, 0)[..., None], -1)[..., 0]
    losses = (1 - label_smoothing) * picked
    if label_smoothing:
        losses = losses - label_smoothing * rows.mean(-1)
    return reduce_losses(np.where(kept, losses, 0), reduction, kept.sum())


def logits(x, t, reduction="mean"):
    s = 1 / (1 + np.exp(-x))
    return reduce_losses(-(t * np.log(s) + (1 - t) * np.log(1 - s)), reduction)


def normalized(x, shape, weight=None, bias=None, eps=1e-5, centred=True):
    axes = tuple(range(-len(shape), 0))
    with np.errstate(all="ignore"):
        y = x - x.mean(axes, keepdims=True) if centred and x.size else x
        y = y / np.sqrt((y * y).mean(axes, keepdims=True) + eps) if x.size else x
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def attention(q, k, v, mask=None, is_causal=False, scale=None):
    scores = q @ np.swapaxes(k, -1, -2) * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)
    if is_causal:
        mask = np.tril(np.ones(scores.shape[-2:], bool))
    if mask is not None:
        scores = np.where(mask, scores, -np.inf) if mask.dtype == bool else scores + mask
    e = np.exp(scores)
    total = e.sum(-1, keepdims=True)
    return e / np.where(total == 0, 1, total) @ v


def picked(x, index):
    """x[index] with ints taken before index arrays, as PyTorch does and NumPy does not."""
    parts = index if isinstance(index, tuple) else (index,)
    whole = [isinstance(p, int) and not isinstance(p, bool) for p in parts]
    if not any(isinstance(p, np.ndarray) for p in parts) or not any(whole):
        return x[index]
    first = tuple(slice(None) if isinstance(p, np.ndarray) else p for p in parts)
    rest = tuple(p for p, is_int in zip(parts, whole, strict=True) if not is_int)
    return x[first][tuple(slice(None) if p is None else p for p in rest)]


def put(x, index, value):
    x = x.copy()
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(p, int) for p in parts) and any(isinstance(p, np.ndarray) for p in parts):
        x[0][parts[1]] = value
    else:
        x[index] = value
    return x


def parts_of(x, size, dim=0):
    ends = np.cumsum(size)[:-1] if isinstance(size, list) else range(size, x.shape[dim], size)
    return tuple(np.split(x, list(ends), dim))


def chunk(x, chunks, dim=0):
    n = x.shape[dim]
    return (
        parts_of(x, max(-(-n // chunks), 1), dim) if n else tuple(np.split(x, [0] * (chunks - 1)))
    )


GELU_C = math.sqrt(2 / math.pi)
REFERENCE = {
    "add": lambda a, b, alpha=1: a + alpha * b,
    "sub": lambda a, b, alpha=1: a - alpha * b,
    "mul": np.multiply,
    "div": np.divide,
    "pow": lambda a, b: np.asarray(a, float) ** b,
    "neg": np.negative,
    "exp": np.exp,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "reciprocal": lambda x: 1 / x,
    "abs": np.abs,
    "sign": np.sign,
    "sin": np.sin,
    "cos": np.cos,
    "clamp": lambda x, min=None, max=None: np.clip(x, min, max),
    "maximum": np.maximum,
    "minimum": np.minimum,
    "where": np.where,
    "relu": lambda x: x * (x > 0),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "leaky_relu": lambda x, slope=0.01: np.where(x > 0, x, slope * x),
    "elu": lambda x, alpha=1.0: np.where(x > 0, x, alpha * (np.exp(x) - 1)),
    "softplus": lambda x, beta=1.0, threshold=20.0: np.where(
        beta * x > threshold, x, np.log(1 + np.exp(beta * x)) / beta
    ),
    "gelu": lambda x, approximate="none": (
        x * 0.5 * (1 + erf(x / math.sqrt(2)))
        if approximate == "none"
        else 0.5 * x * (1 + np.tanh(GELU_C * (x + 0.044715 * x**3)))
    ),
    "dropout": lambda x, p=0.5, training=True: x * (p < 1 or not training),
    "sum": reduced(np.sum),
    "mean": reduced(np.mean),
    "var": spread(np.var),
    "std": spread(np.std),
    "prod": reduced(np.prod),
    "amax": reduced(np.max),
    "amin": reduced(np.min),
    "max": chosen(np.max, np.maximum, np.argmax),
    "min": chosen(np.min, np.minimum, np.argmin),
    "logsumexp": logsumexp,
    "softmax": softmax,
    "log_softmax": lambda x, dim: np.log(softmax(x, dim)),
    "cumsum": lambda x, dim: np.cumsum(x, dim) if x.ndim else x,
    "norm": norm,
    "matmul": np.matmul,
    "linear": lambda x, w, b=0.0: x @ w.T + b,
    "outer": np.outer,
    "einsum": np.einsum,
    "layer_norm": normalized,
    "rms_norm": lambda x, shape, weight=None, eps=2.0**-52: normalized(
        x, shape, weight, eps=eps, centred=False
    ),
    "mse_loss": lambda x, t, reduction="mean": reduce_losses((x - t) ** 2, reduction),
    "binary_cross_entropy_with_logits": logits,
    "nll_loss": lambda *args, **kwargs: cross_entropy(*args, **kwargs, log=False),
    "cross_entropy": cross_entropy,
    "scaled_dot_product_attention": attention,
    "reshape": np.reshape,
    "view": np.reshape,
    "flatten": lambda x, start=0, end=-1: x.reshape(
        x.shape[:start] + (-1,) * (x.size > 0) + (0,) * (not x.size) + x.shape[end:][1:]
    ),
    "transpose": lambda x, i, j: np.swapaxes(x, i, j) if x.ndim else x,
    "permute": np.transpose,
    "t": np.transpose,
    "mT": lambda x: np.swapaxes(x, -1, -2),
    "squeeze": lambda x, dim=None: x if dim == 1 and x.shape[1] != 1 else np.squeeze(x, dim),
    "unsqueeze": np.expand_dims,
    "expand": lambda x, shape: np.broadcast_to(
        x, [n if n >= 0 else x.shape[i - len(shape)] for i, n in enumerate(shape)]
    ),
    "broadcast_to": np.broadcast_to,
    "cat": np.concatenate,
    "stack": np.stack,
    "split": parts_of,
    "chunk": chunk,
    "flip": np.flip,
    "repeat": np.tile,
    "tril": np.tril,
    "triu": np.triu,
    "clone": np.copy,
    "contiguous": np.copy,
    "getitem": picked,
    "gather": lambda x, dim, index: (
        x[
            tuple(
                index if i == dim % x.ndim else n
                for i, n in enumerate(np.indices(index.shape, sparse=True))
            )
        ]
        if x.ndim
        else x
    ),
    "index_select": lambda x, dim, index: np.take(x, np.atleast_1d(index), dim),
    "masked_fill": lambda x, mask, value: np.where(mask, value, x),
    "embedding": lambda index, weight, padding_idx=None: weight[index],
    "add_": lambda a, b, alpha=1: a + alpha * b,
    "sub_": lambda a, b, alpha=1: a - alpha * b,
    "mul_": np.multiply,
    "div_": np.divide,
    "clamp_": lambda x, min=None, max=None: np.clip(x, min, max),
    "copy_": lambda x, src: np.broadcast_to(src, x.shape),
    "setitem": put,
}


def test_every_op_has_a_reference():
    assert set(REFERENCE) == set(CASES)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@each(case=FIXED)
def test_the_value_is_numpys(case):
    outputs = apply(mg, case.op, convert(mg, case.args), convert(mg, case.kwargs))
    expected = REFERENCE[case.op](*case.args, **case.kwargs)
    expected = expected if isinstance(expected, tuple) else (expected,)
    assert len(outputs) == len(expected)
    for out, wanted in zip(outputs, expected, strict=True):
        assert out.shape == np.shape(wanted)
        np.testing.assert_allclose(out.detach().numpy(), wanted, 1e-12, 1e-12)
