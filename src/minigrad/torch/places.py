"""Values read and written at places given by indices and masks. See `ops`."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

import minigrad as mg
from minigrad.core.graph import record
from minigrad.core.tensor import Tensor, wrap
from minigrad.torch.arrange import _slice
from minigrad.torch.ops import method


@method
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    shape = np.broadcast_shapes(input.shape, mask.shape)
    return mg.broadcast_to(input, shape)[mg.broadcast_to(mask, shape)]


@method
def take(input: Tensor, index: Tensor) -> Tensor:
    return input.reshape(-1)[index]


@method
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    if dim is None:
        return input.reshape(-1)[indices.reshape(-1)]
    dim %= input.ndim
    of = [(*t.shape[:dim], 1, *t.shape[dim + 1 :]) for t in (input, indices)]
    shape = np.broadcast_shapes(*of)
    both = [
        mg.broadcast_to(t, (*shape[:dim], t.shape[dim], *shape[dim + 1 :]))
        for t in (input, indices)
    ]
    return both[0].gather(dim, wrap(both[1].array % both[0].shape[dim]))


def _places(index: Tensor, dim: int) -> tuple[Tensor, ...]:
    at: list[Any] = list(np.indices(index.shape)) if index.ndim else []
    if at:
        at[dim] = index.array
    return tuple(wrap(np.asarray(a)) for a in at)


@method
def scatter_(input: Tensor, dim: int, index: Tensor, src: Any = None, **options: Any) -> Tensor:
    """input[…, index[i], …] = src[i] along ``dim``; ``reduce`` "add" adds instead."""
    src = options.get("value", src)
    if options.get("reduce") == "add":
        return scatter_add_(
            input, dim, index, mg.full(index.shape, src) if not isinstance(src, Tensor) else src
        )
    if options.get("reduce") == "multiply":
        kept = mg.ones_like(input)
        return input.copy_(input * scatter_(kept, dim, index, src))
    if isinstance(src, Tensor) and src.ndim:
        src = src[tuple(builtins.slice(0, n) for n in index.shape)]
    if not index.ndim:
        return input.copy_(src) if isinstance(src, Tensor) else input.fill_(src)
    input[_places(index, dim)] = src
    return input


@method
def scatter(input: Tensor, dim: int, index: Tensor, src: Any = None, **options: Any) -> Tensor:
    return scatter_(input.clone(), dim, index, src, **options)


def _adding(input: Tensor, places: tuple[Tensor, ...], src: Tensor) -> Tensor:
    """input + what src adds at each place, several times at one where it is named so often."""
    value = input.array.copy()
    np.add.at(value, tuple(place.array for place in places), src.array)
    return record("scatter_add", value, (input, lambda g: g), (src, lambda g: g[places]))


@method
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    if not input.ndim:
        return input + src.reshape(())
    src = src[tuple(builtins.slice(0, n) for n in index.shape)]
    return _adding(input, _places(index, dim), src) if index.numel() else input.clone()


@method
def scatter_add_(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    return input.copy_(scatter_add(input, dim, index, src))


@method
def index_add(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    if not input.ndim:
        return input + alpha * source.reshape(())
    shape = [1] * input.ndim
    shape[dim] = -1
    index = index.reshape(*shape).expand(*source.shape)
    return scatter_add(input, dim, index, alpha * source)


@method
def index_add_(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    return input.copy_(index_add(input, dim, index, source, alpha=alpha))


@method
def index_fill_(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    input[_slice(dim, max(input.ndim, 1), index) if input.ndim else ...] = value
    return input


@method
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    return index_fill_(input.clone(), dim, index, value)


@method
def index_copy_(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    input[_slice(dim, input.ndim, index)] = source
    return input


@method
def masked_fill_(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    return input.copy_(input.masked_fill(mask, value))
