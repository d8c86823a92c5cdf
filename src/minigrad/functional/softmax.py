"""The softmax and its logarithms along a dimension. G stands for dL/dout."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.core.broadcast import check_dim, check_dims, total
from minigrad.core.graph import record
from minigrad.core.saved import OUT
from minigrad.core.tensor import Tensor
from minigrad.functional.operands import floating, numpy_names, require_floating, wide
from minigrad.functional.reduce import Dim


@numpy_names
def logsumexp(input: Tensor, dim: Dim, keepdim: bool = False) -> Tensor:
    """ln Σ e^input over `dim`, without overflow.   Gradient: G · softmax(input)."""
    a = floating("logsumexp", input)
    x = wide(a)
    dims = check_dims("logsumexp", dim, x.ndim)
    top = np.maximum.reduce(x, axis=dims, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)
    lse = np.log(total(np.exp(x - top), dims, keepdims=True)) + top
    kept = lse.shape

    def vjp(g: Any, x: Any, lse: Any) -> Any:
        return g.reshape(kept) * np.exp(x - lse.reshape(kept))

    return record("logsumexp", lse if keepdim else lse.squeeze(dims), (a, vjp, a, OUT))


@numpy_names
def softmax(input: Tensor, dim: int) -> Tensor:
    """e^input / Σ e^input along `dim`.   Gradient: out (G - Σ G·out)."""
    x = wide(require_floating("softmax", input))
    axis = _axis("softmax", dim, x)
    y = np.exp(x - np.maximum.reduce(x, axis=axis, keepdims=True, initial=-np.inf))
    y /= np.add.reduce(y, axis=axis, keepdims=True)

    def vjp(g: Any, y: Any) -> Any:
        return y * (g - np.add.reduce(g * y, axis=axis, keepdims=True))

    return record("softmax", y, (input, vjp, OUT))


def _axis(name: str, dim: Any, x: np.ndarray) -> int | None:
    """The axis for NumPy: None for a 0-d array, which has none."""
    axis = check_dim(name, dim, x.ndim)
    return axis if x.ndim else None


@numpy_names
def log_softmax(input: Tensor, dim: int) -> Tensor:
    """input - ln Σ e^input along `dim`.   Gradient: G - softmax · Σ G."""
    x = wide(require_floating("log_softmax", input))
    axis = _axis("log_softmax", dim, x)
    y = x - np.maximum.reduce(x, axis=axis, keepdims=True, initial=-np.inf)
    y -= np.log(np.add.reduce(np.exp(y), axis=axis, keepdims=True))

    def vjp(g: Any, y: Any) -> Any:
        return g - np.exp(y) * np.add.reduce(g, axis=axis, keepdims=True)

    return record("log_softmax", y, (input, vjp, OUT))
