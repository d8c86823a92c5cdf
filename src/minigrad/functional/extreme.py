"""Ops that choose the largest or smallest element. G stands for dL/dout."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from minigrad.core.broadcast import check_dim, check_dims
from minigrad.core.graph import record
from minigrad.core.saved import OUT
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import ShapeError
from minigrad.functional.elementwise import maximum, minimum
from minigrad.functional.index import along, put
from minigrad.functional.operands import numpy_names, require_tensor
from minigrad.functional.reduce import Dim


class ValuesIndices(NamedTuple):
    """What max and min along a dim return, as PyTorch's do."""

    values: Tensor
    indices: Tensor


@numpy_names
def amax(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Maximum over `dim`.   Gradient: G, shared equally between equal maxima."""
    return _extreme("amax", np.maximum, input, dim, keepdim)


@numpy_names
def amin(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Minimum over `dim`.   Gradient: G, shared equally between equal minima."""
    return _extreme("amin", np.minimum, input, dim, keepdim)


def _extreme(
    name: str, ufunc: np.ufunc, input: Tensor, dim: Dim, keepdim: bool, at_nan: bool = False
) -> Tensor:
    x = require_tensor(name, input).array
    dims = check_dims(name, dim, x.ndim)
    _require_elements(name, x, dims)
    kept = ufunc.reduce(x, axis=dims, keepdims=True)

    shape = kept.shape

    def vjp(g: Any, x: Any, out: Any) -> Any:
        out = out.reshape(shape)
        hits = (x == out) | ((x != x) & (out != out)) if at_nan else x == out
        share = g.reshape(shape) / np.add.reduce(hits, axis=dims, dtype=g.dtype, keepdims=True)
        return share * hits

    return record(name, kept if keepdim else kept.squeeze(dims), (input, vjp, input, OUT))


def _require_elements(name: str, x: np.ndarray, dims: tuple[int, ...]) -> None:
    if 0 in [x.shape[d] for d in dims]:
        raise ShapeError(f"{name}: needs at least one element to choose from, got shape {x.shape}")


@numpy_names
def max(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The largest element; with an int `dim`, (values, indices) along it; with a tensor in the
    place of dim, the elementwise maximum."""
    return _choose("max", np.maximum, np.argmax, maximum, input, dim, keepdim)


@numpy_names
def min(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The smallest element; with an int `dim`, (values, indices) along it; with a tensor in the
    place of dim, the elementwise minimum."""
    return _choose("min", np.minimum, np.argmin, minimum, input, dim, keepdim)


def _choose(
    name: str, ufunc: np.ufunc, arg: Any, of_two: Any, input: Tensor, dim: Any, keepdim: bool
) -> Tensor | ValuesIndices:
    if isinstance(dim, Tensor):
        return of_two(input, dim)
    if dim is None:
        return _extreme(name, ufunc, input, None, False, at_nan=True)
    x = require_tensor(name, input).array
    axis = check_dim(name, dim, x.ndim)
    x = x if x.ndim else x.reshape(1)
    _require_elements(name, x, (axis,))
    at = np.expand_dims(arg(x, axis=axis), axis)
    row_shape, shape_in, key = x.shape, input.shape, along(at, axis)

    def vjp(g: Any) -> Any:
        return put(g.reshape(at.shape), row_shape, key).reshape(shape_in)

    shape = at.shape if keepdim and input.ndim else np.squeeze(at, axis).shape
    values = np.take_along_axis(x, at, axis).reshape(shape)
    return ValuesIndices(record(name, values, (input, vjp)), wrap(at.reshape(shape)))


@numpy_names
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the largest element (the first of equals), of the flat tensor or along dim."""
    return _arg("argmax", np.argmax, input, dim, keepdim)


@numpy_names
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the smallest element (the first of equals), of the flat tensor or along dim."""
    return _arg("argmin", np.argmin, input, dim, keepdim)


def _arg(name: str, arg: Any, input: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    x = require_tensor(name, input).array
    axis = None if dim is None else check_dim(name, dim, x.ndim)
    _require_elements(name, x, tuple(range(x.ndim)) if axis is None or not x.ndim else (axis,))
    found = np.asarray(arg(x, axis=axis if x.ndim else None, keepdims=keepdim))
    return wrap(found.astype(np.int64, copy=False))  # 32 bits in a web page
