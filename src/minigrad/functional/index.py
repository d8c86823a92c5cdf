"""Ops that pick elements by position or by mask. G stands for dL/dout."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from minigrad.core.broadcast import check_broadcast, check_dim
from minigrad.core.graph import record
from minigrad.core.tensor import Tensor, to_array, wrap
from minigrad.errors import ArgumentError, DtypeError, IndexRangeError, ShapeError
from minigrad.functional.elementwise import where
from minigrad.functional.operands import require_floating, require_tensor, to
from minigrad.functional.views import share
from minigrad.kernels import twin


def getitem(input: Tensor, index: Any) -> Tensor:
    """input[index]: ints, slices, None, Ellipsis, integer tensors, boolean masks.   Gradient: G
    put back where it came from, added up where an element was picked twice."""
    x = require_tensor("getitem", input).array
    shape, (basic, arrays) = x.shape, split_index(index)
    vjp = lambda g, *arrays: put(g, shape, arrays, basic)  # noqa: E731
    out = record("getitem", pick("getitem", x, basic, arrays), (input, vjp, *arrays))
    return out if arrays else share(out, input, getitem, index)


def put(g: Any, shape: tuple[int, ...], arrays: tuple, basic: tuple = (...,)) -> Any:
    """Zeros of `shape` with g added at a split index: the gradient of picking there. Of a Tensor it
    is recorded, and its own gradient is to pick."""
    if isinstance(g, Tensor):
        vjp = lambda h: h[basic][arrays] if arrays else h[basic]  # noqa: E731
        return record("put", put(g.array, shape, arrays, basic), (g, vjp))
    full = np.zeros(shape, g.dtype)
    if not arrays:
        full[basic] = g
    elif len(arrays) == 1 and arrays[0].dtype != bool and basic in ((...,), (slice(None), ...)):
        _add_rows(full, arrays[0].reshape(-1), g, together=g.size)
    else:
        np.add.at(full[basic], arrays, g)
    return full


@twin("index", 16384)
def _add_rows(full: np.ndarray, at: np.ndarray, g: np.ndarray) -> None:
    """full[at] += g, rows named twice included: sorted runs summed at once are 5 to 20 times as
    fast as np.add.at."""
    at = at % max(len(full), 1)  # -1 and the last are one row
    order = np.argsort(at, kind="stable")
    rows, starts = np.unique(at[order], return_index=True)
    if rows.size:
        g = g.reshape(at.size, *full.shape[1:])
        full[rows] = np.add.reduceat(g[order], starts, axis=0)


def along(at: np.ndarray, axis: int) -> tuple[np.ndarray, ...]:
    """The index arrays of positions `at` along `axis`, each in its own place otherwise."""
    grid: list[Any] = list(np.indices(at.shape, sparse=True))
    grid[axis] = at
    return tuple(grid)


def pick(name: str, x: np.ndarray, basic: tuple, arrays: tuple) -> np.ndarray:
    """x at an index split by split_index(); raises IndexRangeError where it does not fit."""
    try:
        view = x[basic]
        return np.asarray(view[arrays], order="C") if arrays else view  # C: so that it has a view
    except IndexError as error:
        raise IndexRangeError(f"{name}: index must fit shape {x.shape}: {error}") from None


def split_index(index: Any) -> tuple[tuple, tuple]:
    """`index` in two steps, as PyTorch takes it: ints, slices, None and Ellipsis, which give a
    view, and then the index arrays (none: an empty tuple) on that view."""
    basic: list[Any] = []
    arrays: list[Any] = []
    for part in map(_part, index if isinstance(index, tuple) else (index,)):
        if isinstance(part, np.ndarray):
            basic += [slice(None)] * (part.ndim if part.dtype == bool else 1)
            arrays.append(part)
        else:
            basic.append(part)
            if not isinstance(part, int):
                arrays.append(part if part is Ellipsis else slice(None))
    if Ellipsis not in basic:
        basic.append(Ellipsis)  # so that a single element is a view as well
    return tuple(basic), tuple(arrays) if any(isinstance(p, np.ndarray) for p in arrays) else ()


def _part(part: Any) -> Any:
    """One part of an index as an int, a slice, None, Ellipsis or an array."""
    if part is None or part is Ellipsis:
        return part
    if isinstance(part, slice):
        for end in (part.start, part.stop, part.step):
            if end is not None and not hasattr(end, "__index__"):
                raise DtypeError(f"a slice is made of ints, got {end!r}")
        if part.step is not None and operator.index(part.step) < 1:
            raise ArgumentError(f"a slice needs a step > 0, got {part.step}: flip() reverses")
        return part
    part = list(part) if isinstance(part, range) else part
    if not isinstance(part, Tensor | np.ndarray | list | int | np.integer | np.bool_):
        raise DtypeError(
            "an index is made of ints, slices, None, ..., integer tensors and boolean masks, got "
            f"{type(part).__name__}"
        )
    array = to_array(part, np.int64 if isinstance(part, list) and not part else None)
    if array.dtype.kind not in "bi":
        raise DtypeError(f"an index tensor must be integer or boolean, got {array.dtype}")
    return int(array) if array.dtype != bool and not array.ndim else array


def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """out[i][j] = input[index[i][j]][j] for dim = 0, and so on; index has input's ndim and is no
    larger outside `dim`.   Gradient: G added up where it came from."""
    x = require_tensor("gather", input).array
    at = _indices("gather", index)
    axis = check_dim("gather", dim, x.ndim)
    if at.ndim != x.ndim or any(
        n > m for i, (n, m) in enumerate(zip(at.shape, x.shape, strict=True)) if i != axis
    ):
        raise ShapeError(
            f"gather: index must have {x.ndim} dimensions and be no larger than {x.shape} outside "
            f"dim {axis}, got {at.shape}"
        )
    check_range("gather", at, x.shape[axis] if x.ndim else 1)
    key, shape = along(at, axis) if x.ndim else (), x.shape
    return record("gather", x[key], (input, lambda g, *key: put(g, shape, key), *key))


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices of input along `dim` at the positions in `index` (1-d)."""
    axis = check_dim("index_select", dim, require_tensor("index_select", input).ndim)
    at = _indices("index_select", index)
    if at.ndim > 1:
        raise ShapeError(f"index_select: index must be 1-d, got shape {at.shape}")
    check_range("index_select", at, input.shape[axis] if input.ndim else 1)
    return getitem(input, (slice(None),) * axis + (at.reshape(-1),))


def masked_fill(input: Tensor, mask: Tensor, value: float) -> Tensor:
    """input with `value` where mask (boolean, broadcast) is true.   Gradient: G elsewhere."""
    x, m = require_tensor("masked_fill", input).array, require_tensor("masked_fill", mask).array
    if m.dtype != bool:
        raise DtypeError(f"masked_fill: mask must be boolean, got {m.dtype}: compare (mask == 0)")
    check_broadcast("masked_fill", x.shape, m.shape)
    if isinstance(value, Tensor):
        if value.ndim:
            raise ShapeError(f"masked_fill: value must be a number or 0-d, got {value.shape}")
        return where(mask, to(value, x.dtype), input)
    return record(
        "masked_fill",
        np.where(m, to_array(value, x.dtype), x),
        (input, lambda g, m: np.where(m, 0, g), mask),
    )


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """int64 tensor (...) of labels -> (..., num_classes) of 0 and 1; -1: as many as appear."""
    labels = _indices("one_hot", tensor)
    classes = int(labels.max(initial=-1)) + 1 if num_classes == -1 else num_classes
    if classes < 1:
        raise ArgumentError(
            f"one_hot: num_classes must be at least 1 (or -1, for as many as appear), got {classes}"
        )
    check_range("one_hot", labels, classes)
    return wrap((labels[..., None] == np.arange(classes)).astype(np.int64))


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """Rows of weight (V, D) at integer input (...) -> (..., D).   Gradient of weight: the rows of
    G added up per index, none for `padding_idx`."""
    at, w = _indices("embedding", input), require_floating("embedding", weight, "weight").array
    if w.ndim != 2:
        raise ShapeError(f"embedding: weight must be 2-d (V, D), got shape {w.shape}")
    shape = w.shape  # (V, D)
    check_range("embedding", at, shape[0])
    if padding_idx is not None and not -shape[0] <= padding_idx < shape[0]:
        raise IndexRangeError(
            f"embedding: padding_idx must lie in [{-shape[0]}, {shape[0] - 1}], got {padding_idx}"
        )

    def vjp(g: Any, at: np.ndarray) -> Any:
        if padding_idx is not None:
            g = np.where((at == padding_idx % shape[0])[..., None], 0, g)
        return put(g, shape, (at,))

    return record("embedding", w[at], (weight, vjp, at))


def _indices(name: str, tensor: Any) -> np.ndarray:
    at = require_tensor(name, tensor, "index").array
    if at.dtype.kind != "i":
        raise DtypeError(f"{name}: indices must be integers, got {at.dtype}: convert with .long()")
    return at


def check_range(name: str, at: np.ndarray, n: int, classes: bool = False) -> None:
    """Raise IndexRangeError where an index (or a class label) lies outside [0, n - 1]."""
    if at.size and (at.min() < 0 or at.max() >= n):
        bad = at[(at < 0) | (at >= n)].flat[0]
        if classes:
            raise IndexRangeError(
                f"{name}: class labels must lie in [0, {n - 1}] for {n} classes, got {bad}: labels "
                "count from 0"
            )
        raise IndexRangeError(f"{name}: indices must lie in [0, {n - 1}], got {bad}")
