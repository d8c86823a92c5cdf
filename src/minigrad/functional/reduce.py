"""Ops that reduce dimensions. `dim` is an int, several, or None for all; G stands for dL/dout."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.core.broadcast import Shape, check_dim, check_dims, total
from minigrad.core.dtype import as_dtype
from minigrad.core.graph import record
from minigrad.core.saved import OUT, stand_in
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import ArgumentError
from minigrad.functional import parts
from minigrad.functional.operands import numpy_names, require_floating, require_tensor, to, wide
from minigrad.functional.shape import reshape

Dim = int | Sequence[int] | None


def _kept(shape: Shape, dims: tuple[int, ...]) -> Shape:
    """`shape` with size 1 at the reduced `dims`: what broadcasts back over the input."""
    return tuple(1 if i in dims else n for i, n in enumerate(shape))


def _count(x: np.ndarray, dims: tuple[int, ...]) -> int:
    return math.prod(x.shape[d] for d in dims)


@numpy_names
def sum(input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Sum over `dim`; integers and booleans sum in int64.   Gradient: G, spread back."""
    if dtype is not None:
        input = to(require_tensor("sum", input), as_dtype(dtype))
    x = require_tensor("sum", input).array
    dims, shape = check_dims("sum", dim, x.ndim), x.shape
    return record("sum", total(x, dims, keepdim), (input, lambda g: _spread(g, dims, shape)))


def _spread(g: Any, dims: tuple[int, ...], shape: Shape) -> Any:
    """The gradient of a sum over `dims`, for each of its terms."""
    return np.broadcast_to(g.reshape(_kept(shape, dims)), shape)


@numpy_names
def mean(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Mean over `dim`.   Gradient: G / n, spread back."""
    x = wide(require_floating("mean", input))
    dims, shape = check_dims("mean", dim, x.ndim), x.shape
    n = x.dtype.type(_count(x, dims))
    return record(
        "mean", total(x, dims, keepdim) / n, (input, lambda g: _spread(g / n, dims, shape))
    )


@numpy_names
def var(
    input: Tensor,
    dim: Dim = None,
    *,
    correction: float = 1,
    keepdim: bool = False,
    unbiased: bool | None = None,
) -> Tensor:
    """Variance over `dim`: Σ(x - mean)² / (n - correction).   Gradient:
    G · 2 (x - mean) / (n - correction). `unbiased=False`, as in older scripts: correction 0."""
    x = wide(require_floating("var", input))
    dims = check_dims("var", dim, x.ndim)
    centred, free = _centred("var", x, dims, correction if unbiased is None else unbiased)
    return record(
        "var",
        (total(np.square(centred, dtype=np.float64), dims, keepdim) / free).astype(x.dtype),
        (input, lambda g, c: (2 / free * g).reshape(_kept(c.shape, dims)) * c, centred),
        parts=(lambda c: parts.var(c, dims, free, keepdim), stand_in(input, centred)),
    )


@numpy_names
def std(
    input: Tensor,
    dim: Dim = None,
    *,
    correction: float = 1,
    keepdim: bool = False,
    unbiased: bool | None = None,
) -> Tensor:
    """Standard deviation over `dim`: sqrt of var.   Gradient: G (x - mean) / (out (n -
    correction)), 0 where out = 0. `unbiased` as in var."""
    x = wide(require_floating("std", input))
    dims = check_dims("std", dim, x.ndim)
    centred, free = _centred("std", x, dims, correction if unbiased is None else unbiased)
    squares = total(np.square(centred, dtype=np.float64), dims, keepdims=True)  # 1e-25² is there
    s = np.sqrt(squares / free).astype(x.dtype)

    def vjp(g: np.ndarray, s: np.ndarray, centred: np.ndarray) -> np.ndarray:
        return g.reshape(s.shape) / np.where(s == 0, np.inf, s * free) * centred

    return record(
        "std",
        s if keepdim else s.squeeze(dims),
        (input, vjp, s, centred),
        parts=(lambda c: parts.var(c, dims, free, keepdim).sqrt(), stand_in(input, centred)),
    )


def _centred(
    name: str, x: np.ndarray, dims: tuple[int, ...], correction: float
) -> tuple[np.ndarray, Any]:
    """x minus its mean over `dims`, and n - correction, what its squares are divided by."""
    if not isinstance(correction, int | float):
        raise ArgumentError(f"{name}: correction must be a number, got {correction!r}")
    n = _count(x, dims)
    centred = x - total(x, dims, keepdims=True) / x.dtype.type(n)
    return centred, x.dtype.type(max(n - correction, 0))


@numpy_names
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Product over `dim`.   Gradient: G · the product of all other elements, also at zeros."""
    x = wide(require_tensor("prod", input))
    axis = 0 if dim is None else check_dim("prod", dim, x.ndim)
    if dim is None or not x.ndim:
        return prod(reshape(input, -1), 0)
    multiply: Any = np.multiply  # NumPy's annotations have no case for a variable keepdims
    value = multiply.reduce(x, axis=axis, keepdims=keepdim)

    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        rows = np.moveaxis(x, axis, 0).astype(np.float64)  # inf · 0 is none of these products
        ones = np.ones_like(rows[:1])
        before = np.concatenate([ones, rows[:-1]]).cumprod(axis=0)[: len(rows)]
        after = np.concatenate([ones, rows[:0:-1]]).cumprod(axis=0)[: len(rows)][::-1]
        others = np.moveaxis(before * after, 0, axis)
        return (g.reshape(_kept(x.shape, (axis,))) * others).astype(g.dtype)

    def again(x: Tensor) -> Tensor:
        at = (slice(None),) * axis
        out = x[(*at, slice(0, 0))].sum(axis, keepdim) + 1  # ones, also where there is no factor
        for i in range(x.shape[axis]):
            out = out * x[(*at, slice(i, i + 1) if keepdim else i)]
        return out

    return record("prod", value, (input, vjp, input), parts=(again, input))


@numpy_names
def all(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Whether every element is true (nonzero)."""
    return _truth("all", np.logical_and, input, dim, keepdim)


@numpy_names
def any(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Whether at least one element is true (nonzero)."""
    return _truth("any", np.logical_or, input, dim, keepdim)


def _truth(name: str, ufunc: Any, input: Tensor, dim: Dim, keepdim: bool) -> Tensor:
    x = require_tensor(name, input).array
    none = isinstance(dim, Sequence) and not dim  # here PyTorch reduces nothing: elsewhere, all
    dims = () if none else check_dims(name, dim, x.ndim)
    return wrap(np.asarray(ufunc.reduce(x, axis=dims, keepdims=keepdim), dtype=bool))


@numpy_names
def cumsum(input: Tensor, dim: int) -> Tensor:
    """Running sum along `dim`.   Gradient: the running sum of G from the other end."""
    x = wide(require_tensor("cumsum", input))
    axis = check_dim("cumsum", dim, x.ndim)
    if not x.ndim:
        return sum(input)
    vjp = lambda g: np.flip(_running(np.flip(g, axis), axis), axis)  # noqa: E731
    return record("cumsum", _running(x, axis), (input, vjp))


def _running(x: Any, axis: int) -> Any:
    """x.cumsum(axis) of an array or a Tensor: float32 is added up in float64, as PyTorch does."""
    if isinstance(x, Tensor) or x.dtype != np.float32:
        return x.cumsum(axis)
    return x.cumsum(axis, dtype=np.float64).astype(np.float32)


@numpy_names
def norm(input: Tensor, p: Any = 2, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """(Σ |x|^p)^(1/p) over `dim`; p = inf gives the largest |x|, "fro" means 2.   Gradient:
    G · sign(x) (|x| / out)^(p-1), 0 where out = 0."""
    x = wide(require_floating("norm", input))
    dims = check_dims("norm", dim, x.ndim)
    p = 2 if p == "fro" else p
    if not isinstance(p, int | float) or p <= 0:
        raise ArgumentError(f"norm: p must be a positive number, inf or 'fro', got {p!r}")
    size = np.abs(x)
    if p == math.inf:
        n = np.maximum.reduce(size, axis=dims, keepdims=True, initial=0)
    else:
        powers = np.power(size, p, dtype=np.float64) if p != 2 else np.square(x, dtype=np.float64)
        n = (total(powers, dims, keepdims=True) ** (1 / p)).astype(x.dtype)

    kept = n.shape

    def vjp(g: Any, x: Any, n: Any) -> Any:
        size, n = np.abs(x), n.reshape(kept)
        if p == math.inf:
            hits = (size == n) & (n > 0)
            slope = hits / np.maximum(
                np.add.reduce(hits, axis=dims, dtype=g.dtype, keepdims=True), 1
            )
        else:
            slope = np.where(n == 0, 0, size / np.where(n == 0, 1, n))
            slope = np.where(size == 0, 0, np.where(size == 0, 1, slope) ** (p - 1))
        return g.reshape(kept) * np.sign(x) * slope

    return record("norm", n if keepdim else n.squeeze(dims), (input, vjp, input, OUT))
