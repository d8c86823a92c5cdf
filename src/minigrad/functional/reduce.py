"""Ops that reduce dimensions. `dim` is an int, several, or None for all; G stands for dL/dout."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.core.broadcast import Shape, check_dim, check_dims, total
from minigrad.core.dtype import as_dtype
from minigrad.core.graph import record
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import ArgumentError
from minigrad.functional.operands import (
    floating,
    half_in_float32,
    require_floating,
    require_tensor,
    to,
)
from minigrad.functional.shape import reshape

Dim = int | Sequence[int] | None


def _kept(shape: Shape, dims: tuple[int, ...]) -> Shape:
    """`shape` with size 1 at the reduced `dims`: what broadcasts back over the input."""
    return tuple(1 if i in dims else n for i, n in enumerate(shape))


def _count(x: np.ndarray, dims: tuple[int, ...]) -> int:
    return math.prod(x.shape[d] for d in dims)


def sum(input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Sum over `dim`; integers and booleans sum in int64.   Gradient: G, spread back."""
    if dtype is not None:
        input = to(require_tensor("sum", input), as_dtype(dtype))
    x = require_tensor("sum", input).array
    dims, shape = check_dims("sum", dim, x.ndim), x.shape
    return record(
        "sum",
        total(x, dims, keepdim),
        (input, lambda g: np.broadcast_to(g.reshape(_kept(shape, dims)), shape)),
    )


@half_in_float32
def mean(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Mean over `dim`.   Gradient: G / n, spread back."""
    x = require_floating("mean", input).array
    dims, shape = check_dims("mean", dim, x.ndim), x.shape
    n = x.dtype.type(_count(x, dims))
    return record(
        "mean",
        total(x, dims, keepdim) / n,
        (input, lambda g: np.broadcast_to((g / n).reshape(_kept(shape, dims)), shape)),
    )


@half_in_float32
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
    x = require_floating("var", input).array
    dims = check_dims("var", dim, x.ndim)
    centred, free = _centred("var", x, dims, correction if unbiased is None else unbiased)
    return record(
        "var",
        total(np.square(centred), dims, keepdim) / free,
        (input, lambda g: (2 / free * g).reshape(_kept(centred.shape, dims)) * centred),
    )


@half_in_float32
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
    x = require_floating("std", input).array
    dims = check_dims("std", dim, x.ndim)
    centred, free = _centred("std", x, dims, correction if unbiased is None else unbiased)
    s = np.sqrt(total(np.square(centred), dims, keepdims=True) / free)

    def vjp(g: np.ndarray) -> np.ndarray:
        return g.reshape(s.shape) / np.where(s == 0, np.inf, s * free) * centred

    return record("std", s if keepdim else s.squeeze(dims), (input, vjp))


def _centred(
    name: str, x: np.ndarray, dims: tuple[int, ...], correction: float
) -> tuple[np.ndarray, Any]:
    """x minus its mean over `dims`, and n - correction, what its squares are divided by."""
    if not isinstance(correction, int | float):
        raise ArgumentError(f"{name}: correction must be a number, got {correction!r}")
    n = _count(x, dims)
    centred = x - total(x, dims, keepdims=True) / x.dtype.type(n)
    return centred, x.dtype.type(builtins.max(n - correction, 0))


@half_in_float32
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Product over `dim`.   Gradient: G · the product of all other elements, also at zeros."""
    x = require_tensor("prod", input).array
    axis = 0 if dim is None else check_dim("prod", dim, x.ndim)
    if dim is None or not x.ndim:
        return prod(reshape(input, -1), 0)
    multiply: Any = np.multiply  # NumPy's annotations have no case for a variable keepdims
    value = multiply.reduce(x, axis=axis, keepdims=keepdim)

    def vjp(g: np.ndarray) -> np.ndarray:
        rows = np.moveaxis(x, axis, 0)
        ones = np.ones_like(rows[:1])
        before = np.concatenate([ones, rows[:-1]]).cumprod(axis=0)[: len(rows)]
        after = np.concatenate([ones, rows[:0:-1]]).cumprod(axis=0)[: len(rows)][::-1]
        others = np.moveaxis(before * after, 0, axis)
        return g.reshape(_kept(x.shape, (axis,))) * others

    return record("prod", value, (input, vjp))


def all(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Whether every element is true (nonzero)."""
    return _truth("all", np.logical_and, input, dim, keepdim)


def any(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Whether at least one element is true (nonzero)."""
    return _truth("any", np.logical_or, input, dim, keepdim)


def _truth(name: str, ufunc: Any, input: Tensor, dim: Dim, keepdim: bool) -> Tensor:
    x = require_tensor(name, input).array
    none = isinstance(dim, Sequence) and not dim  # here PyTorch reduces nothing: elsewhere, all
    dims = () if none else check_dims(name, dim, x.ndim)
    return wrap(np.asarray(ufunc.reduce(x, axis=dims, keepdims=keepdim), dtype=bool))


@half_in_float32
def logsumexp(input: Tensor, dim: Dim, keepdim: bool = False) -> Tensor:
    """ln Σ e^input over `dim`, without overflow.   Gradient: G · softmax(input)."""
    x = floating("logsumexp", input).array
    dims = check_dims("logsumexp", dim, x.ndim)
    top = np.maximum.reduce(x, axis=dims, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)
    lse = np.log(total(np.exp(x - top), dims, keepdims=True)) + top
    value = lse if keepdim else lse.squeeze(dims)
    return record("logsumexp", value, (input, lambda g: g.reshape(lse.shape) * np.exp(x - lse)))


@half_in_float32
def softmax(input: Tensor, dim: int) -> Tensor:
    """e^input / Σ e^input along `dim`.   Gradient: out (G - Σ G·out)."""
    x = require_floating("softmax", input).array
    axis = _axis("softmax", dim, x)
    y = np.exp(x - np.maximum.reduce(x, axis=axis, keepdims=True, initial=-np.inf))
    y /= np.add.reduce(y, axis=axis, keepdims=True)
    return record(
        "softmax", y, (input, lambda g: y * (g - np.add.reduce(g * y, axis=axis, keepdims=True)))
    )


def _axis(name: str, dim: Any, x: np.ndarray) -> int | None:
    """The axis for NumPy: None for a 0-d array, which has none."""
    axis = check_dim(name, dim, x.ndim)
    return axis if x.ndim else None


@half_in_float32
def log_softmax(input: Tensor, dim: int) -> Tensor:
    """input - ln Σ e^input along `dim`.   Gradient: G - softmax · Σ G."""
    x = require_floating("log_softmax", input).array
    axis = _axis("log_softmax", dim, x)
    y = x - np.maximum.reduce(x, axis=axis, keepdims=True, initial=-np.inf)
    y -= np.log(np.add.reduce(np.exp(y), axis=axis, keepdims=True))
    return record(
        "log_softmax",
        y,
        (input, lambda g: g - np.exp(y) * np.add.reduce(g, axis=axis, keepdims=True)),
    )


@half_in_float32
def cumsum(input: Tensor, dim: int) -> Tensor:
    """Running sum along `dim`.   Gradient: the running sum of G from the other end."""
    x = require_tensor("cumsum", input).array
    axis = check_dim("cumsum", dim, x.ndim)
    if not x.ndim:
        return sum(input)
    return record(
        "cumsum",
        x.cumsum(axis=axis),
        (input, lambda g: np.flip(np.flip(g, axis).cumsum(axis=axis), axis)),
    )


@half_in_float32
def norm(input: Tensor, p: Any = 2, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """(Σ |x|^p)^(1/p) over `dim`; p = inf gives the largest |x|, "fro" means 2.   Gradient:
    G · sign(x) (|x| / out)^(p-1), 0 where out = 0."""
    x = require_floating("norm", input).array
    dims = check_dims("norm", dim, x.ndim)
    p = 2 if p == "fro" else p
    if not isinstance(p, int | float) or p <= 0:
        raise ArgumentError(f"norm: p must be a positive number, inf or 'fro', got {p!r}")
    size = np.abs(x)
    if p == math.inf:
        n = np.maximum.reduce(size, axis=dims, keepdims=True, initial=0)
    elif p == 2:
        n = np.sqrt(total(np.square(x), dims, keepdims=True))
    else:
        n = total(size**p, dims, keepdims=True) ** (1 / p)

    def vjp(g: np.ndarray) -> np.ndarray:
        if p == math.inf:
            hits = (size == n) & (n > 0)
            ties = np.add.reduce(hits, axis=dims, dtype=g.dtype, keepdims=True)
            slope = hits / np.maximum(ties, 1)
        else:
            slope = np.where(n == 0, 0, size / np.where(n == 0, 1, n)) ** (p - 1)
            slope = np.where(size == 0, 0, slope)
        return g.reshape(n.shape) * np.sign(x) * slope

    value = n if keepdim else n.squeeze(dims)
    return record("norm", value, (input, vjp))
