"""Ops that give the same memory another shape: views, which follow changes in place. G stands for
dL/dout."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.core.broadcast import Shape, check_dim, check_dims, total
from minigrad.core.graph import record
from minigrad.core.tensor import Tensor
from minigrad.errors import ArgumentError, DimError, ShapeError
from minigrad.functional.operands import require_tensor
from minigrad.functional.views import share


def sizes(args: tuple[Any, ...]) -> Shape:
    """(2, 3) and ((2, 3),) and ([2, 3],) as (2, 3): both ways PyTorch lets one write a shape."""
    if len(args) == 1 and isinstance(args[0], Sequence):
        args = tuple(args[0])
    for n in args:
        if not isinstance(n, int | np.integer | Tensor):
            raise ArgumentError(f"a shape is made of ints, got {n!r}")
    return tuple(operator.index(n) for n in args)


def reshape(input: Tensor, shape: Any) -> Tensor:
    """The same elements in `shape`; one size may be -1.   Gradient: G in input's shape."""
    x = require_tensor("reshape", input).array
    old, new = x.shape, _fill_in("reshape", x, sizes((shape,)))
    out = record("reshape", x.reshape(new), (input, lambda g: g.reshape(old)))
    return share(out, input, reshape, new)


def view(input: Tensor, *shape: Any) -> Tensor:
    """reshape that shares memory. Raises ShapeError where that is impossible."""
    x = require_tensor("view", input).array
    value, old = x.reshape(_fill_in("view", x, sizes(shape))), x.shape
    if x.size and not np.may_share_memory(value, x):
        raise ShapeError(
            f"view: shape {x.shape} with these strides has no view as {value.shape}: "
            "use reshape(), which copies where it must"
        )
    out = record("view", value, (input, lambda g: g.reshape(old)))
    return share(out, input, reshape, value.shape)


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
    out = record(
        "transpose",
        x.swapaxes(i, j) if x.ndim else x,
        (input, lambda g: g.swapaxes(i, j) if g.ndim else g),
    )
    return share(out, input, transpose, i, j)


def permute(input: Tensor, dims: Any) -> Tensor:
    """Dimensions in the order `dims`.   Gradient: G, in the order back."""
    x = require_tensor("permute", input).array
    order = tuple(check_dim("permute", d, x.ndim) for d in sizes((dims,)))
    if sorted(order) != list(range(x.ndim)):
        raise DimError(f"permute: dims must name each of {x.ndim} dimensions once, got {dims}")
    back = tuple(int(i) for i in np.argsort(order))
    out = record("permute", x.transpose(order), (input, lambda g: np.transpose(g, back)))
    return share(out, input, permute, order)


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
    return share(record("expand", value, (input, lambda g: g)), input, expand, new)


def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """expand, with the shape as one argument."""
    return expand(input, size)


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
