"""Ops that reduce dimensions. `dim` is an int, several, or None for all; G stands for dL/dout."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad.core.broadcast import Shape, check_dim, check_dims
from minigrad.core.graph import record
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import ArgumentError, ShapeError
from minigrad.functional.operands import floating, require_floating, require_tensor, to

Dim = int | Sequence[int] | None


class ValuesIndices(NamedTuple):
    """What max and min along a dim return, as PyTorch's do."""

    values: Tensor
    indices: Tensor


def _kept(shape: Shape, dims: tuple[int, ...]) -> Shape:
    """`shape` with size 1 at the reduced `dims`: what broadcasts back over the input."""
    return tuple(1 if i in dims else n for i, n in enumerate(shape))


def _count(x: np.ndarray, dims: tuple[int, ...]) -> int:
    return math.prod(x.shape[d] for d in dims)


def sum(input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Sum over `dim`; integers and booleans sum in int64.   Gradient: G, spread back."""
    if dtype is not None:
        input = to(require_tensor("sum", input), np.dtype(dtype))
    x = require_tensor("sum", input).data
    dims = check_dims("sum", dim, x.ndim)
    return record(
        "sum",
        x.sum(axis=dims, keepdims=keepdim),
        (input, lambda g: np.broadcast_to(g.reshape(_kept(x.shape, dims)), x.shape)),
    )


def mean(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Mean over `dim`.   Gradient: G / n, spread back."""
    x = require_floating("mean", input).data
    dims = check_dims("mean", dim, x.ndim)
    n = _count(x, dims)
    return record(
        "mean",
        x.sum(axis=dims, keepdims=keepdim) / x.dtype.type(n),
        (input, lambda g: np.broadcast_to((g / n).reshape(_kept(x.shape, dims)), x.shape)),
    )


def var(input: Tensor, dim: Dim = None, *, correction: float = 1, keepdim: bool = False) -> Tensor:
    """Variance over `dim`: Σ(x - mean)² / (n - correction).   Gradient:
    G · 2 (x - mean) / (n - correction)."""
    x = require_floating("var", input).data
    dims = check_dims("var", dim, x.ndim)
    free = np.float64(builtins.max(_count(x, dims) - correction, 0)).astype(x.dtype)
    centred = x - x.mean(axis=dims, keepdims=True)
    value = np.square(centred).sum(axis=dims, keepdims=keepdim) / free
    return record(
        "var",
        value,
        (input, lambda g: (2 / free * g).reshape(_kept(x.shape, dims)) * centred),
    )


def std(input: Tensor, dim: Dim = None, *, correction: float = 1, keepdim: bool = False) -> Tensor:
    """Standard deviation over `dim`: sqrt of var.   Gradient: G (x - mean) / (out (n -
    correction)), 0 where out = 0."""
    x = require_floating("std", input).data
    dims = check_dims("std", dim, x.ndim)
    free = np.float64(builtins.max(_count(x, dims) - correction, 0)).astype(x.dtype)
    centred = x - x.mean(axis=dims, keepdims=True)
    s = np.sqrt(np.square(centred).sum(axis=dims, keepdims=True) / free)

    def vjp(g: np.ndarray) -> np.ndarray:
        scale = g.reshape(s.shape) / np.where(s == 0, np.inf, s * free)
        return scale.astype(x.dtype, copy=False) * centred

    value = s if keepdim else s.reshape(np.delete(s.shape, dims).astype(int))
    return record("std", value, (input, vjp))


def prod(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Product over `dim`.   Gradient: G · the product of all other elements, also at zeros."""
    x = require_tensor("prod", input).data
    if dim is None:
        axis, flat, kept = 0, x.reshape(-1), (1,)
        value = x.prod()
    else:
        axis, flat = check_dim("prod", dim, x.ndim), x if x.ndim else x.reshape(1)
        kept = _kept(flat.shape, (axis,))
        value = flat.prod(axis=axis, keepdims=keepdim and x.ndim > 0)

    def vjp(g: np.ndarray) -> np.ndarray:
        rows = np.moveaxis(flat, axis, 0)
        ones = np.ones_like(rows[:1])
        before = np.cumprod(np.concatenate([ones, rows[:-1]]), axis=0)[: len(rows)]
        after = np.cumprod(np.concatenate([ones, rows[:0:-1]]), axis=0)[: len(rows)][::-1]
        others = np.moveaxis(before * after, 0, axis)
        return (g.reshape(kept) * others).reshape(x.shape)

    return record("prod", value, (input, vjp))


def amax(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Maximum over `dim`.   Gradient: G, shared equally between equal maxima."""
    return _extreme("amax", np.max, input, dim, keepdim)


def amin(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Minimum over `dim`.   Gradient: G, shared equally between equal minima."""
    return _extreme("amin", np.min, input, dim, keepdim)


def _extreme(name: str, reduce: Any, input: Tensor, dim: Dim, keepdim: bool) -> Tensor:
    x = require_tensor(name, input).data
    dims = check_dims(name, dim, x.ndim)
    _require_elements(name, x, dims)
    kept = reduce(x, axis=dims, keepdims=True)

    def vjp(g: np.ndarray) -> np.ndarray:
        hits = x == kept
        share = g.reshape(kept.shape) / hits.sum(axis=dims, keepdims=True)
        return (hits * share).astype(x.dtype, copy=False)

    value = kept if keepdim else reduce(x, axis=dims)
    return record(name, value, (input, vjp))


def _require_elements(name: str, x: np.ndarray, dims: tuple[int, ...]) -> None:
    if _count(x, dims) == 0:
        raise ShapeError(f"{name}: needs at least one element to choose from, got shape {x.shape}")


def max(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The largest element; with an int `dim`, (values, indices) along it; with a tensor in the
    place of dim, the elementwise maximum."""
    return _choose("max", amax, np.argmax, input, dim, keepdim)


def min(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The smallest element; with an int `dim`, (values, indices) along it; with a tensor in the
    place of dim, the elementwise minimum."""
    return _choose("min", amin, np.argmin, input, dim, keepdim)


def _choose(name: str, extreme: Any, arg: Any, input: Tensor, dim: Any, keepdim: bool) -> Any:
    if isinstance(dim, Tensor):
        from minigrad.functional import elementwise

        return (elementwise.maximum if name == "max" else elementwise.minimum)(input, dim)
    if dim is None:
        return extreme(input)
    x = require_tensor(name, input).data
    axis = check_dim(name, dim, x.ndim)
    x = x if x.ndim else x.reshape(1)
    _require_elements(name, x, (axis,))
    at = np.expand_dims(arg(x, axis=axis), axis)

    def vjp(g: np.ndarray) -> np.ndarray:
        full = np.zeros(x.shape, g.dtype)
        np.put_along_axis(full, at, g.reshape(at.shape), axis)
        return full.reshape(input.shape)

    shape = at.shape if keepdim and input.ndim else np.squeeze(at, axis).shape
    values = np.take_along_axis(x, at, axis).reshape(shape)
    return ValuesIndices(record(name, values, (input, vjp)), wrap(at.reshape(shape)))


def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the largest element (the first of equals), of the flat tensor or along dim."""
    return _arg("argmax", np.argmax, input, dim, keepdim)


def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the smallest element (the first of equals), of the flat tensor or along dim."""
    return _arg("argmin", np.argmin, input, dim, keepdim)


def _arg(name: str, arg: Any, input: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    x = require_tensor(name, input).data
    axis = None if dim is None else check_dim(name, dim, x.ndim)
    _require_elements(name, x, tuple(range(x.ndim)) if axis is None or not x.ndim else (axis,))
    return wrap(np.asarray(arg(x, axis=axis if x.ndim else None, keepdims=keepdim)))


def all(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Whether every element is true (nonzero)."""
    x = require_tensor("all", input).data
    return wrap(np.asarray(x.all(axis=check_dims("all", dim, x.ndim), keepdims=keepdim)))


def any(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Whether at least one element is true (nonzero)."""
    x = require_tensor("any", input).data
    return wrap(np.asarray(x.any(axis=check_dims("any", dim, x.ndim), keepdims=keepdim)))


def logsumexp(input: Tensor, dim: Dim, keepdim: bool = False) -> Tensor:
    """ln Σ e^input over `dim`, without overflow.   Gradient: G · softmax(input)."""
    x = floating("logsumexp", input).data
    dims = check_dims("logsumexp", dim, x.ndim)
    top = x.max(axis=dims, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)
    lse = np.log(np.exp(x - top).sum(axis=dims, keepdims=True)) + top
    value = lse if keepdim else lse.squeeze(dims)
    return record("logsumexp", value, (input, lambda g: g.reshape(lse.shape) * np.exp(x - lse)))


def softmax(input: Tensor, dim: int) -> Tensor:
    """e^input / Σ e^input along `dim`.   Gradient: out (G - Σ G·out)."""
    x = require_floating("softmax", input).data
    axis = check_dim("softmax", dim, x.ndim)
    y = softmax_array(x, axis) if x.ndim else np.ones_like(x)
    axis = axis if x.ndim else None
    return record(
        "softmax", y, (input, lambda g: y * (g - np.sum(g * y, axis=axis, keepdims=True)))
    )


def softmax_array(x: np.ndarray, axis: int) -> np.ndarray:
    """softmax on an array: the largest element is subtracted first, so that e^x cannot overflow."""
    y = np.exp(x - x.max(axis=axis, keepdims=True, initial=-np.inf))
    y /= y.sum(axis=axis, keepdims=True)
    return y


def log_softmax(input: Tensor, dim: int) -> Tensor:
    """input - ln Σ e^input along `dim`.   Gradient: G - softmax · Σ G."""
    x = require_floating("log_softmax", input).data
    axis = check_dim("log_softmax", dim, x.ndim) if x.ndim else None
    y = x - x.max(axis=axis, keepdims=True, initial=-np.inf)
    y -= np.log(np.exp(y).sum(axis=axis, keepdims=True))
    return record(
        "log_softmax", y, (input, lambda g: g - np.exp(y) * g.sum(axis=axis, keepdims=True))
    )


def cumsum(input: Tensor, dim: int) -> Tensor:
    """Running sum along `dim`.   Gradient: the running sum of G from the other end."""
    x = require_tensor("cumsum", input).data
    axis = check_dim("cumsum", dim, x.ndim)
    if not x.ndim:
        return record("cumsum", x.copy(), (input, lambda g: g))
    return record(
        "cumsum",
        np.cumsum(x, axis=axis),
        (input, lambda g: np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis)),
    )


def norm(input: Tensor, p: Any = 2, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """(Σ |x|^p)^(1/p) over `dim`; p = inf gives the largest |x|, "fro" means 2.   Gradient:
    G · sign(x) (|x| / out)^(p-1), 0 where out = 0."""
    x = require_floating("norm", input).data
    dims = check_dims("norm", dim, x.ndim)
    p = 2 if p == "fro" else p
    if not isinstance(p, int | float) or p <= 0:
        raise ArgumentError(f"norm: p must be a positive number, inf or 'fro', got {p!r}")
    size = np.abs(x)
    if p == math.inf:
        n = size.max(axis=dims, keepdims=True, initial=0)
    elif p == 2:
        n = np.sqrt(np.square(x).sum(axis=dims, keepdims=True))
    else:
        n = (size**p).sum(axis=dims, keepdims=True) ** (1 / p)

    def vjp(g: np.ndarray) -> np.ndarray:
        if p == math.inf:
            hits = (size == n) & (n > 0)
            slope = hits / np.maximum(hits.sum(axis=dims, keepdims=True), 1)
        else:
            slope = np.where(n == 0, 0, size / np.where(n == 0, 1, n)) ** (p - 1)
            slope = np.where(size == 0, 0, slope)
        return (g.reshape(n.shape) * np.sign(x) * slope).astype(x.dtype, copy=False)

    value = n if keepdim else n.squeeze(dims)
    return record("norm", value, (input, vjp))
