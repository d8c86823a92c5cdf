"""Ops that rearrange elements and change none. G stands for dL/dout."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from minigrad.core.broadcast import Shape, check_dim, check_dims, total
from minigrad.core.dtype import promote
from minigrad.core.graph import record
from minigrad.core.tensor import Tensor
from minigrad.errors import ArgumentError, DimError, ShapeError
from minigrad.functional.operands import require_tensor, to


def sizes(args: tuple[Any, ...]) -> Shape:
    """(2, 3) and ((2, 3),) and ([2, 3],) as (2, 3): both ways PyTorch lets one write a shape."""
    if len(args) == 1 and isinstance(args[0], Sequence):
        args = tuple(args[0])
    for n in args:
        if not isinstance(n, int | np.integer):
            raise ArgumentError(f"a shape is made of ints, got {n!r}")
    return tuple(int(n) for n in args)


def reshape(input: Tensor, shape: Any) -> Tensor:
    """The same elements in `shape`; one size may be -1.   Gradient: G in input's shape."""
    x = require_tensor("reshape", input).array
    old, new = x.shape, _fill_in("reshape", x, sizes((shape,)))
    return record("reshape", x.reshape(new), (input, lambda g: g.reshape(old)))


def view(input: Tensor, *shape: Any) -> Tensor:
    """reshape that shares memory. Raises ShapeError where that is impossible."""
    x = require_tensor("view", input).array
    value, old = x.reshape(_fill_in("view", x, sizes(shape))), x.shape
    if x.size and not np.may_share_memory(value, x):
        raise ShapeError(
            f"view: shape {x.shape} with these strides has no view as {value.shape}: "
            "use reshape(), which copies where it must"
        )
    return record("view", value, (input, lambda g: g.reshape(old)))


def _fill_in(name: str, x: np.ndarray, shape: Shape) -> Shape:
    """`shape` with its -1 replaced; raises ShapeError where the elements do not fill it."""
    known = math.prod(n for n in shape if n != -1)
    open_ = shape.count(-1)
    if open_ > 1 or min(shape, default=0) < -1:
        raise ShapeError(f"{name}: sizes must be ≥ 0, with at most one -1, got {shape}")
    if open_ and known == 0:
        raise ShapeError(f"{name}: -1 is ambiguous beside a size of 0, got {shape}")
    if open_:
        shape = tuple(x.size // known if n == -1 else n for n in shape)
    if math.prod(shape) != x.size:
        raise ShapeError(
            f"{name}: {x.size} elements (shape {x.shape}) do not fill shape {shape}: the products "
            "of the sizes must be equal"
        )
    return shape


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Dimensions start_dim … end_dim joined into one."""
    shape = require_tensor("flatten", input).shape
    start = check_dim("flatten", start_dim, len(shape))
    end = check_dim("flatten", end_dim, len(shape))
    if start > end:
        raise DimError(
            f"flatten: start_dim must not come after end_dim, got {start_dim}, {end_dim}"
        )
    return reshape(input, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions swapped.   Gradient: G, swapped back."""
    x = require_tensor("transpose", input).array
    i, j = check_dim("transpose", dim0, x.ndim), check_dim("transpose", dim1, x.ndim)
    if not x.ndim:
        return record("transpose", x, (input, lambda g: g))
    return record("transpose", x.swapaxes(i, j), (input, lambda g: g.swapaxes(i, j)))


def permute(input: Tensor, dims: Any) -> Tensor:
    """Dimensions in the order `dims`.   Gradient: G, in the order back."""
    x = require_tensor("permute", input).array
    order = tuple(check_dim("permute", d, x.ndim) for d in sizes((dims,)))
    if sorted(order) != list(range(x.ndim)):
        raise DimError(f"permute: dims must name each of {x.ndim} dimensions once, got {dims}")
    back = tuple(int(i) for i in np.argsort(order))
    return record("permute", x.transpose(order), (input, lambda g: np.transpose(g, back)))


def t(input: Tensor) -> Tensor:
    """A matrix transposed (vectors and scalars as they are)."""
    if require_tensor("t", input).ndim > 2:
        raise DimError(f"t: needs at most 2 dimensions, got {input.ndim}: use mT or transpose()")
    return transpose(input, 0, 1) if input.ndim == 2 else input


def mT(input: Tensor) -> Tensor:
    """The last two dimensions swapped: a batch of matrices transposed."""
    if require_tensor("mT", input).ndim < 2:
        raise DimError(f"mT: needs at least 2 dimensions, got {input.ndim}")
    return transpose(input, -2, -1)


def squeeze(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """Without its dimensions of size 1 (only those in `dim`, if given)."""
    x = require_tensor("squeeze", input).array
    dims: Any = range(x.ndim)
    if dim is not None:
        dims = () if isinstance(dim, Sequence) and not dim else check_dims("squeeze", dim, x.ndim)
    return reshape(input, tuple(n for i, n in enumerate(x.shape) if n != 1 or i not in dims))


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """With a new dimension of size 1 at `dim`."""
    shape = require_tensor("unsqueeze", input).shape
    at = check_dim("unsqueeze", dim, len(shape) + 1)
    return reshape(input, (*shape[:at], 1, *shape[at:]))


def expand(input: Tensor, *shape: Any) -> Tensor:
    """Dimensions of size 1 (and new ones in front) stretched without a copy; -1 keeps a size.
    Gradient: G summed over what was stretched."""
    x = require_tensor("expand", input).array
    wanted, shape_in = sizes(shape), x.shape
    added = len(wanted) - x.ndim
    old = (1,) * max(added, 0) + shape_in
    new = tuple(
        o if n == -1 and i >= added else n
        for i, (n, o) in enumerate(zip(wanted, old, strict=False))
    )
    if added < 0 or any(n < 0 or o not in (1, n) for n, o in zip(new, old, strict=False)):
        raise ShapeError(
            f"expand: only dimensions of size 1 stretch, and new ones go in front: shape {x.shape} "
            f"does not expand to {wanted}"
        )
    value = x if new == shape_in else np.broadcast_to(x, new)
    return record("expand", value, (input, lambda g: g))


def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """expand, with the shape as one argument."""
    return expand(input, size)


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
