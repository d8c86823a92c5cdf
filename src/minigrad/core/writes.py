"""Which arrays were changed in place, and when: so that backward() refuses to compute a gradient
from a value that is no longer there.

An op pays nothing for this. Every change in place is noted against a clock that also dates the
ops; backward() compares two numbers per op, and only where something was changed after the op ran
does it look whether the op's gradient holds that memory (a view of it counts).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import numpy as np

clock = count(0, -1)  # newer times are smaller numbers: a heap pops the newest op first
_changed: dict[int, list[Any]] = {}  # id of an array -> [weak reference to it, time of its change]
newest = 1  # the time of the last change: after an op that ran at `time` if newest < time


def note(array: np.ndarray) -> None:
    """Remember that `array` has just been changed in place."""
    global newest
    newest = next(clock)
    owner = _owner(array)
    key = id(owner)
    if key in _changed:
        _changed[key][1] = newest
    else:
        _changed[key] = [weakref.ref(owner, lambda _: _changed.pop(key, None)), newest]


def stale(vjp: Callable, time: int) -> np.ndarray | None:
    """An array that `vjp` holds and that was changed after `time`, if there is one."""
    for array in _held(vjp):
        entry = _changed.get(id(_owner(array)))
        if entry is not None and entry[1] < time:
            return array
    return None


def _owner(array: np.ndarray) -> np.ndarray:
    """The array whose memory `array` is a view of."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _held(value: Any) -> Iterator[np.ndarray]:
    """The arrays in a function's closure, those of the functions and lists in it included."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _held(item)
    elif callable(value):
        for cell in getattr(value, "__closure__", None) or ():
            yield from _held(cell.cell_contents)
