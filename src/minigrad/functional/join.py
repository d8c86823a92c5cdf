"""Tensors joined along a dimension, and cut apart. G stands for dL/dout."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from minigrad.core.broadcast import check_dim
from minigrad.core.dtype import promote
from minigrad.core.graph import record
from minigrad.core.tensor import Tensor
from minigrad.errors import ArgumentError, ShapeError
from minigrad.functional.operands import numpy_names, require_tensor, to
from minigrad.functional.shape import sizes


@numpy_names
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


@numpy_names
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


def split(
    tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Parts of one size along dim (the last may be smaller), or of the sizes listed."""
    n, axis = _length("split", tensor, dim)
    if isinstance(split_size_or_sections, Sequence):
        parts = list(sizes((split_size_or_sections,)))
        if sum(parts) != n or min(parts, default=0) < 0:
            raise ShapeError(f"split: sizes must add up to {n} (dim {axis}), got {parts}")
    else:
        (size,) = sizes((split_size_or_sections,))
        if size < 1:
            raise ArgumentError(f"split: the size of a part must be at least 1, got {size}")
        parts = [min(size, n - start) for start in range(0, max(n, 1), size)]
    out, start = [], 0
    for part in parts:
        out.append(tensor[(slice(None),) * axis + (slice(start, start + part),)])
        start += part
    return tuple(out)


def _length(name: str, input: Tensor, dim: int) -> tuple[int, int]:
    """The size of the dimension to be cut, and its number."""
    if not require_tensor(name, input).ndim:
        raise ShapeError(f"{name}: needs at least one dimension, got a 0-d tensor")
    axis = check_dim(name, dim, input.ndim)
    return input.shape[axis], axis


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` parts of equal size along dim (the last may be smaller)."""
    n, axis = _length("chunk", input, dim)
    if not isinstance(chunks, int | np.integer) or chunks < 1:
        raise ArgumentError(f"chunk: chunks must be an int ≥ 1, got {chunks!r}")
    if n == 0:
        return split(input, [0] * chunks, axis)
    return split(input, max(math.ceil(n / chunks), 1), axis)
