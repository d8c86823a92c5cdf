"""Ops that put elements into new memory and change none. G stands for dL/dout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from minigrad.core.broadcast import check_dim, check_dims, total
from minigrad.core.dtype import promote
from minigrad.core.graph import record
from minigrad.core.tensor import Tensor
from minigrad.errors import ArgumentError, ShapeError
from minigrad.functional.operands import require_tensor, to
from minigrad.functional.shape import sizes


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors joined along an existing dimension.   Gradients: the parts of G."""
    tensors = _one_dtype("cat", tensors)
    arrays = [tensor.array for tensor in tensors]
    axis = check_dim("cat", dim, arrays[0].ndim)
    first = arrays[0].shape
    for x in arrays:
        if x.ndim != len(first) or x.shape[:axis] + x.shape[axis + 1 :] != (
            first[:axis] + first[axis + 1 :]
        ):
            raise ShapeError(
                f"cat: shapes must agree except in dim {axis}, got {first} and {x.shape}"
            )
    if not first:
        raise ShapeError("cat: 0-d tensors have no dimension to join along: use stack()")
    edges, start = [], 0
    for tensor, x in zip(tensors, arrays, strict=True):
        edges.append((tensor, _part(axis, slice(start, start + x.shape[axis]))))
        start += x.shape[axis]
    return record("cat", np.concatenate(arrays, axis=axis), *edges)


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors of one shape joined along a new dimension.   Gradients: the slices of G."""
    tensors = _one_dtype("stack", tensors)
    arrays = [tensor.array for tensor in tensors]
    axis = check_dim("stack", dim, arrays[0].ndim + 1)
    for x in arrays:
        if x.shape != arrays[0].shape:
            raise ShapeError(
                f"stack: shapes must be equal, got {arrays[0].shape} and {x.shape}: "
                "cat() joins different sizes"
            )
    edges = [(tensor, _part(axis, i)) for i, tensor in enumerate(tensors)]
    return record("stack", np.stack(arrays, axis=axis), *edges)


def _part(axis: int, at: Any) -> Callable[[Any], Any]:
    """The VJP of one of the joined tensors: its part of G."""
    index = (slice(None),) * axis + (at,)
    return lambda g: g[index]


def _one_dtype(name: str, tensors: Sequence[Tensor]) -> list[Tensor]:
    """The tensors in the dtype that all of them together promote to."""
    if not isinstance(tensors, Sequence) or not tensors:
        raise ArgumentError(f"{name}: needs a non-empty list or tuple of tensors, got {tensors!r}")
    dtype = reduce(promote, (require_tensor(name, t, "every element").dtype for t in tensors))
    return [to(tensor, dtype) for tensor in tensors]


def flip(input: Tensor, dims: Any) -> Tensor:
    """The order along `dims` reversed.   Gradient: G, reversed."""
    x = require_tensor("flip", input).array
    given = sizes((dims,))
    axes = check_dims("flip", given, x.ndim) if given else ()
    return record("flip", np.flip(x, axes).copy(), (input, lambda g: np.flip(g, axes)))


def repeat(input: Tensor, *repeats: Any) -> Tensor:
    """input tiled: `repeats[i]` copies along dimension i.   Gradient: G summed over copies."""
    x = require_tensor("repeat", input).array
    times = sizes(repeats)
    if len(times) < x.ndim or min(times, default=0) < 0:
        raise ShapeError(
            f"repeat: needs one count ≥ 0 for each of {x.ndim} dimensions (more add dimensions in "
            f"front), got {times}"
        )
    shape, padded = x.shape, (1,) * (len(times) - x.ndim) + x.shape
    pairs = tuple(n for pair in zip(times, padded, strict=True) for n in pair)
    copies = tuple(range(0, len(pairs), 2))
    return record(
        "repeat",
        np.tile(x, times),
        (input, lambda g: total(g.reshape(pairs), copies).reshape(shape)),
    )


def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of the last two dimensions, 0 above.   Gradient: the same of G."""
    return _triangle("tril", np.tril, input, diagonal)


def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle of the last two dimensions, 0 below.   Gradient: the same of G."""
    return _triangle("triu", np.triu, input, diagonal)


def _triangle(name: str, keep: Any, input: Tensor, diagonal: int) -> Tensor:
    x = require_tensor(name, input).array
    if x.ndim < 2:
        raise ShapeError(f"{name}: needs at least 2 dimensions, got shape {x.shape}")
    return record(name, keep(x, diagonal), (input, lambda g: keep(g, diagonal)))


def clone(input: Tensor) -> Tensor:
    """A copy.   Gradient: G."""
    return record("clone", require_tensor("clone", input).array.copy(), (input, lambda g: g))


def contiguous(input: Tensor) -> Tensor:
    """The tensor itself where its elements lie in order, else a copy that view() can take."""
    a = require_tensor("contiguous", input)
    return a if a.array.flags.c_contiguous else clone(a)
