"""Broadcasting's checks, and its reverse for gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.errors import DimError, ShapeError

Shape = tuple[int, ...]


def unbroadcast(g: Any, shape: Shape, name: str = "unbroadcast") -> Any:
    """Sum `g` (an array or a Tensor) over the dimensions that broadcasting added or stretched, back
    to `shape`. Raises ShapeError, naming the op, where no broadcast of `shape` gives g's."""
    added = g.ndim - len(shape)
    if added < 0 or any(n not in (1, m) for n, m in zip(shape, g.shape[added:], strict=True)):
        raise ShapeError(
            f"{name}: a gradient must have its input's shape {shape}, or one that it broadcasts "
            f"to, got {g.shape}: the op's VJP is wrong"
        )
    stretched = [added + i for i, n in enumerate(shape) if n == 1 and g.shape[added + i] != 1]
    return total(g, (*range(added), *stretched)).reshape(shape)


_BLOCK = 512  # rows: the longest sum of float32 whose rounding does not yet show


def total(x: Any, axes: tuple[int, ...], keepdims: bool = False) -> Any:
    """x.sum(axes) of an array or a Tensor; float16 is added up in float32, whose digits do not run
    out at 2,048 ones. Over leading dimensions NumPy adds row by row: a product with ones, in
    blocks, is several times as fast and as accurate as the sum of a row."""
    if not isinstance(x, np.ndarray | np.generic):
        return x.sum(axes, keepdims) if axes else x
    if x.dtype.itemsize == 2:
        return total(x.astype(np.float32), axes, keepdims).astype(x.dtype)
    if axes and len(axes) < x.ndim and axes == tuple(range(len(axes))) and x.dtype.kind == "f":
        rest = x.shape[len(axes) :]
        rows = x.reshape(math.prod(x.shape[: len(axes)]), math.prod(rest))
        while len(rows) > _BLOCK:
            n = len(rows) // _BLOCK
            blocks = rows[: n * _BLOCK].reshape(n, _BLOCK, rows.shape[1])
            rows = np.concatenate([np.ones(_BLOCK, x.dtype) @ blocks, rows[n * _BLOCK :]])
        return (np.ones(len(rows), x.dtype) @ rows).reshape((1,) * len(axes) * keepdims + rest)
    add: Any = np.add  # NumPy's annotations have no case for a keepdims that is a variable
    return add.reduce(x, axis=axes, keepdims=keepdims)


def check_broadcast(name: str, *shapes: Shape) -> Shape:
    """The shape that `shapes` broadcast to; raises ShapeError naming the first dimension that
    does not fit."""
    ndim = max(map(len, shapes))
    result = []
    for i in range(-ndim, 0):
        sizes = {shape[i] for shape in shapes if len(shape) >= -i} - {1}
        if len(sizes) > 1:
            listed = " and ".join(map(str, shapes))
            found = " and ".join(map(str, sorted(sizes)))
            raise ShapeError(
                f"{name}: shapes must broadcast (compared from the right, sizes equal or 1), got "
                f"{listed}: dimension {i} is {found}. Reshape one of them, or unsqueeze() a "
                "dimension of size 1."
            )
        result.append(sizes.pop() if sizes else 1)
    return tuple(result)


def check_dim(name: str, dim: Any, ndim: int) -> int:
    """`dim` as a non-negative number below `ndim` (a 0-d tensor answers to 0 and -1)."""
    if not isinstance(dim, int | np.integer) or isinstance(dim, bool):
        raise DimError(f"{name}: dim must be an int, got {dim!r}")
    span = max(ndim, 1)
    if not -span <= dim < span:
        raise DimError(
            f"{name}: dim must lie in [{-span}, {span - 1}] for a {ndim}-d tensor, got {dim}"
        )
    return int(dim) % span


def check_dims(name: str, dim: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """`dim` (an int, several, or None for all) as a tuple of distinct non-negative ints."""
    if dim is None or (isinstance(dim, Sequence) and not dim):
        return tuple(range(ndim))
    dims = tuple(check_dim(name, d, ndim) for d in (dim if isinstance(dim, Sequence) else (dim,)))
    if len(set(dims)) < len(dims):
        raise DimError(f"{name}: each dim may appear once, got {dim}")
    return dims if ndim else ()
