"""What a gradient needs of its op's values: kept when the op runs, handed back when backward comes.

A saved value is kept as the array it was, beside the place in the graph it came from. Every change
in place is noted against the clock that also dates the ops, so that backward() can refuse to
compute a gradient from a value that is no longer there; an op pays nothing for it.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np

from minigrad.core.tensor import Tensor

now = count(1).__next__  # the clock: ops and changes in place, in the order they happened
newest = 0  # the time of the last change
_changed: dict[int, list[Any]] = {}  # id of an array -> [weak reference to it, time of its change]


class _Place:
    """Where a saved value came from, if from no input: a name that prints."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


OUT = _Place("OUT")  # in the place of a saved value: the op's own result
BARE = _Place("BARE")  # an array the op made: what it depends on is not known


def keep(saved: Sequence[Any], out: np.ndarray) -> tuple[list[Any], list[Any]]:
    """The arrays of `saved` as they are now, and the place of each: a node or leaf, OUT, BARE, or
    None for a constant. (tensor, array) is that array in the tensor's place."""
    arrays, places = [], []
    for value in saved:
        place: Any = None
        if isinstance(value, tuple):
            tensor, value = value
            place = tensor.node or tensor if tensor.requires_grad else None
        elif isinstance(value, Tensor):
            if value.requires_grad:
                place = value.node or value
            value = value.array
        elif value is OUT:
            value, place = out, OUT
        elif type(value) is np.ndarray:
            place = BARE
        arrays.append(value)
        places.append(place)
    return arrays, places


def note(array: np.ndarray) -> None:
    """Remember that `array` has just been changed in place."""
    global newest
    newest = now()
    owner = _owner(array)
    key = id(owner)
    if key in _changed:
        _changed[key][1] = newest
    else:
        _changed[key] = [weakref.ref(owner, lambda _: _changed.pop(key, None)), newest]


def changed_since(array: Any, time: int) -> bool:
    """Whether the memory of `array` was changed in place after `time`."""
    entry = _changed.get(id(_owner(array)))
    return entry is not None and entry[1] > time


def _owner(array: Any) -> Any:
    """The array whose memory `array` is a view of."""
    while isinstance(getattr(array, "base", None), np.ndarray):
        array = array.base
    return array
