"""Sorted, counted and found: orders that scripts name. See `ops`."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

import minigrad as mg
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import IndexRangeError
from minigrad.torch.arrange import narrow
from minigrad.torch.ops import METHODS, method

Sorted = namedtuple("Sorted", ("values", "indices"))
Counted = namedtuple("Counted", ("hist", "bin_edges"))


@method
def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Sorted:
    if not input.ndim:
        return Sorted(input.clone(), mg.zeros((), dtype=mg.int64))
    x = input.array
    if descending:  # the first of equals stays first
        flipped = np.argsort(np.flip(x, dim), axis=dim, kind="stable")
        at = x.shape[dim] - 1 - np.flip(flipped, dim)
    else:
        at = np.argsort(x, axis=dim, kind="stable")
    indices = wrap(np.ascontiguousarray(at))
    return Sorted(input.gather(dim, indices), indices)


@method
def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    return sort(input, dim, descending).indices


@method
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Sorted:
    if not input.ndim:
        return sort(input)
    if not 0 <= k <= input.shape[dim]:
        raise IndexRangeError(f"topk: k must be within 0 … {input.shape[dim]}, got {k}")
    indices = narrow(sort(input, dim, descending=largest).indices, dim, 0, k)
    return Sorted(input.gather(dim, indices), indices)


@method
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Sorted:
    if not input.ndim:
        return sort(input)
    found = [narrow(part, dim, k - 1, 1) for part in sort(input, dim)]
    return Sorted(*(found if keepdim else [part.squeeze(dim) for part in found]))


@method
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    if dim is None:
        flat = input.reshape(-1)
        return kthvalue(flat, (len(flat) + 1) // 2, 0).values
    return kthvalue(input, (input.shape[dim] + 1) // 2 if input.ndim else 1, dim, keepdim)


@method
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    found = np.unique(input.array, return_inverse=True, return_counts=True, axis=dim)
    values, inverse, counts = (wrap(np.asarray(x)) for x in found)
    inverse = inverse.reshape(*input.shape) if dim is None else inverse.reshape(-1)
    asked = [x for x, wanted in ((inverse, return_inverse), (counts, return_counts)) if wanted]
    return (values, *asked) if asked else values


@method
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    return wrap(np.bincount(input.array, None if weights is None else weights.array, minlength))


@method
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    x = input.detach().array
    low, high = (x.min(), x.max()) if min == max == 0 and x.size else (min, max)
    return wrap(np.histogram(x, bins, (low, high))[0].astype(x.dtype))


def searchsorted(
    sorted_sequence: Tensor,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Where values go in a sorted row: (n,) for all of them, or (…, n) row by row."""
    rows = sorted_sequence if sorter is None else sorted_sequence.gather(-1, sorter)
    x = np.asarray(input.array if isinstance(input, Tensor) else input)
    to: Any = side or ("right" if right else "left")
    if rows.ndim < 2:
        return wrap(np.asarray(np.searchsorted(rows.array, x, to)))
    pairs = zip(rows.array.reshape(-1, rows.shape[-1]), x.reshape(-1, x.shape[-1]), strict=True)
    found = [np.searchsorted(row, values, to) for row, values in pairs]
    return wrap(np.array(found, np.int64).reshape(x.shape))


def bucketize(
    input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    return searchsorted(boundaries, input, right=right)


@method
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    found = np.nonzero(np.atleast_1d(input.array))[: max(input.ndim, 1)]
    if as_tuple:
        return tuple(wrap(np.asarray(x)) for x in found)
    return wrap(
        np.stack(found[: input.ndim], 1) if input.ndim else np.zeros((len(found[0]), 0), int)
    )


argwhere = method(nonzero)


def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """minigrad.where; with a condition alone, where it holds."""
    return nonzero(condition, as_tuple=True) if input is None else mg.where(condition, input, other)


@method
def histogram(
    input: Tensor,
    bins: int = 100,
    *,
    range: tuple[float, float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> Counted:
    """Counts (bins,) in the input's dtype, or their density, and the edges (bins + 1,)."""
    weights = None if weight is None else weight.array.reshape(-1)
    counts, edges = np.histogram(input.array.reshape(-1), bins, range, density, weights)
    return Counted(*(wrap(a.astype(input.dtype)) for a in (counts, edges)))


@method
def clamp_min(input: Tensor, min: float) -> Tensor:
    return input.clamp(min=min)


@method
def clamp_max(input: Tensor, max: float) -> Tensor:
    return input.clamp(max=max)


METHODS |= {
    "clamp_min_": lambda self, min: self.clamp_(min=min),
    "clamp_max_": lambda self, max: self.clamp_(max=max),
}
