"""What a gradient needs of its op's values: kept when the op runs, handed back when backward comes.

A saved value is kept as the array it was, beside what it was saved as. Every change in place is
noted against the clock that also dates the ops, so that backward() can refuse to compute a gradient
from a value that is no longer there; an op pays nothing for it.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np

from minigrad.core.tensor import Tensor

# the clock of ops and changes in place: it counts down, so that a heap gives the newest op first
now = count(-1, -1).__next__
newest = 0  # the time of the last change
_changed: dict[int, list[Any]] = {}  # id of an array -> [weak reference to it, time of its change]


class _Out:
    def __repr__(self) -> str:
        return "OUT"


OUT = _Out()  # in the place of a saved value: the op's own result, without a cycle


def stand_in(tensor: Tensor, array: np.ndarray) -> tuple[Any, np.ndarray]:
    """A saved value: `array`, in the tensor's place in the graph, without holding the tensor."""
    return (tensor.node or tensor) if tensor.requires_grad else None, array


def keep(saved: Sequence[Any], out: np.ndarray) -> list[Any]:
    """The values of `saved` as they are now: the arrays of Tensors, of OUT and of stand_in(), and
    all else as it is."""
    kept = []
    for value in saved:
        if isinstance(value, Tensor):
            kept.append(value.array)
        elif value is OUT:
            kept.append(out)
        else:
            kept.append(value[1] if type(value) is tuple else value)
    return kept


def listed(kept: Any) -> list[Any]:
    """What an edge keeps, one by one."""
    return kept if type(kept) is list else [] if kept is None else [kept]


def note(array: np.ndarray) -> None:
    """Remember that `array` has just been changed in place."""
    global newest
    newest = now()
    whole = owner(array)
    key = id(whole)
    if key in _changed:
        _changed[key][1] = newest
    else:
        _changed[key] = [weakref.ref(whole, lambda _: _changed.pop(key, None)), newest]


def changed_since(array: Any, time: int) -> bool:
    """Whether the memory of `array` was changed in place after `time`."""
    entry = _changed.get(id(owner(array)))
    return entry is not None and entry[1] < time


def owner(array: Any) -> Any:
    """The array whose memory `array` is a view of."""
    while isinstance(getattr(array, "base", None), np.ndarray):
        array = array.base
    return array
