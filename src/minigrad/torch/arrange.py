"""Where values stand: views and joins that scripts name. See `ops`."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

import minigrad as mg
from minigrad.core.tensor import Tensor, wrap
from minigrad.torch.ops import method


def _slice(dim: int, ndim: int, part: Any) -> tuple[Any, ...]:
    return (*[builtins.slice(None)] * (dim % ndim), part)


@method
def select(input: Tensor, dim: int, index: int) -> Tensor:
    return input[_slice(dim, input.ndim, index)]


@method
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    start = int(start) % max(input.shape[dim], 1) if int(start) < 0 else int(start)
    return input[_slice(dim, input.ndim, builtins.slice(start, start + length))]


@method
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    return tuple(select(input, dim, i) for i in range(input.shape[dim]))


@method
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    dim %= input.ndim
    sizes = list(sizes)
    if -1 in sizes:
        sizes[sizes.index(-1)] = input.shape[dim] // -int(np.prod(sizes))
    return input.reshape(*input.shape[:dim], *sizes, *input.shape[dim + 1 :])


@method
def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    sources, targets = ([d] if isinstance(d, int) else list(d) for d in (source, destination))
    order = [d for d in range(input.ndim) if d not in [x % input.ndim for x in sources]]
    for target, moved in sorted(zip((d % input.ndim for d in targets), sources, strict=True)):
        order.insert(target, moved % input.ndim)
    return input.permute(*order) if order else input


@method
def swapaxes(input: Tensor, dim0: int, dim1: int) -> Tensor:
    return input.transpose(dim0, dim1)


swapdims = method(swapaxes)
moveaxis = method(movedim)


@method
def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    if dims is None:
        return roll(input.reshape(-1), shifts, 0).reshape(*input.shape)
    pairs = [(shifts, dims)] if isinstance(dims, int) else list(zip(shifts, dims, strict=True))
    for shift, dim in pairs:
        n = input.shape[dim]
        at = np.roll(np.arange(n), shift)
        input = input[_slice(dim, input.ndim, wrap(at))] if n else input.clone()
    return input


@method
def repeat_interleave(input: Tensor, repeats: Any, dim: int | None = None, **kwargs: Any) -> Tensor:
    if dim is None:
        input, dim = input.reshape(-1), 0
    counts = repeats.array if isinstance(repeats, Tensor) else repeats
    return input[_slice(dim, input.ndim, wrap(np.repeat(np.arange(input.shape[dim]), counts)))]


@method
def tile(input: Tensor, *dims: Any) -> Tensor:
    sizes = dims[0] if len(dims) == 1 and not isinstance(dims[0], int) else dims
    sizes = (*[1] * (input.ndim - len(sizes)), *sizes)
    return input.repeat(*sizes) if len(sizes) else input.clone()


def _at_least(n: int, tensors: tuple[Any, ...], front: bool = True) -> list[Tensor]:
    return [t.reshape(*[1] * (n - t.ndim), *t.shape) if t.ndim < n else t for t in tensors]


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    parts = _at_least(1, tuple(tensors))
    return mg.cat(parts, 0 if parts[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    return mg.cat(_at_least(2, tuple(tensors)), 0)


concat = concatenate = mg.cat


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    parts = tensors[0] if len(tensors) == 1 and not isinstance(tensors[0], Tensor) else tensors
    parts = [p.reshape(-1) for p in parts]
    swap = indexing == "xy" and len(parts) > 1
    if swap:
        parts[:2] = parts[1::-1]
    shape = [len(p) for p in parts]
    grids = [
        p.reshape(*(n if i == j else 1 for j, n in enumerate(shape))).expand(*shape)
        for i, p in enumerate(parts)
    ]
    if swap:
        grids[:2] = grids[1::-1]
    return tuple(grids)


def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    shape = np.broadcast_shapes(*(t.shape for t in tensors))
    return tuple(mg.broadcast_to(t, shape) for t in tensors)


@method
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    a, b = dim1 % input.ndim, dim2 % input.ndim
    rest = [d for d in range(input.ndim) if d not in (a, b)]
    moved = input.permute(a, b, *rest)
    n, m = moved.shape[:2]
    count = max(min(n + min(offset, 0), m - max(offset, 0)), 0)
    at = np.arange(count)
    found = moved[wrap(at + max(-offset, 0)), wrap(at + max(offset, 0))]  # (count, …)
    return found.permute(*range(1, found.ndim), 0)


@method
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    if input.ndim == 2:
        return _diagonal(input, diagonal)
    n = len(input) + abs(diagonal)
    at = np.zeros((n, n), np.int64)
    keep = np.eye(n, k=diagonal, dtype=bool)
    at[keep] = np.arange(len(input))
    if not len(input):
        return mg.zeros(n, n, dtype=input.dtype)
    return mg.where(wrap(keep), input[wrap(at)], mg.zeros(n, n, dtype=input.dtype))


_diagonal = diagonal


def tril_indices(row: int, col: int, offset: int = 0, **kwargs: Any) -> Tensor:
    return wrap(np.stack(np.tril_indices(row, offset, col)))


def triu_indices(row: int, col: int, offset: int = 0, **kwargs: Any) -> Tensor:
    return wrap(np.stack(np.triu_indices(row, offset, col)))
