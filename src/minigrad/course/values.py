"""Comparing and printing what an exercise returned."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from numbers import Number
from typing import Any

import numpy as np


def kind(value: Any) -> str:
    """ "number", "array", "Tensor", "tuple", "list", "text", … in a learner's words.

    A subclass is what its class is: a Fraction is a number, a defaultdict is a dict.
    """
    if value is None:
        return "None"
    if _is_tensor(value):
        return "Tensor"
    if isinstance(value, bool | np.bool_):
        return "True or False"
    if isinstance(value, Number) and not isinstance(value, complex):
        return "number"
    if isinstance(value, np.ndarray):
        return "array" if value.ndim else "number"
    for type_, name in ((str, "text"), (Mapping, "dict"), (tuple, "tuple"), (list, "list")):
        if isinstance(value, type_):
            return name
    return "function" if isinstance(value, Callable) else type(value).__name__  # type: ignore[arg-type]


def a_kind(value: Any) -> str:
    """The kind with its article: "a number", "an array"."""
    word = kind(value)
    if word in ("None", "True or False", "text"):
        return word
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "backward") and hasattr(value, "requires_grad")


def array(value: Any) -> np.ndarray:
    """The numbers of an array, a Tensor, a list or a number."""
    numbers = np.asarray(value.array if _is_tensor(value) else value)
    if numbers.dtype == object and all(kind(v) == "number" for v in numbers.ravel()):
        return numbers.astype(np.float64)  # Fractions
    return numbers


def same_kind(received: Any, expected: Any) -> bool:
    """Whether the answer is of the type that was asked for; any number will do for a number."""
    wanted, got = kind(expected), kind(received)
    if wanted == "tuple":
        return (
            (got in ("tuple", "list") or _stacked(received, expected))
            and len(received) == len(expected)
            and all(map(same_kind, received, expected))
        )
    if wanted == "number":
        return got == "number" or (got in ("array", "Tensor") and array(received).size == 1)
    if wanted == "list":
        return got in ("list", "tuple", "array")
    return got == wanted


def _stacked(received: Any, expected: tuple[Any, ...]) -> bool:
    """Whether an array holds one answer per entry, and is not a single answer of that length."""
    shapes = {np.shape(array(e)) for e in expected}
    return kind(received) == "array" and shapes == {received.shape[1:]}


def agree(received: Any, expected: Any, rtol: float, atol: float) -> bool:
    """Whether two values are the same within the tolerance: numbers, arrays, text, nested."""
    return difference(received, expected, rtol, atol) is None


def difference(
    received: Any, expected: Any, rtol: float, atol: float, names: Sequence[str] = ()
) -> tuple[str, str, str] | None:
    """(received, expected, where) for a message, None where `agree` holds: the whole if small, else
    the first entry. ``names`` are what the answers of a tuple are called.
    """
    if isinstance(expected, Mapping):
        if not isinstance(received, Mapping):
            return a_kind(received), a_kind(expected), ""
        if received.keys() != expected.keys():
            return f"the keys {list(received)}", f"{list(expected)}", ""
        parts = [(str(key), received[key], expected[key]) for key in expected]
    elif isinstance(expected, tuple | list) and not _numeric(expected) and received is not None:
        if len(received) != len(expected):
            return f"{len(received)} of them", f"{len(expected)}", ""
        both = enumerate(zip(received, expected, strict=True))
        parts = [(answer(i, names), *pair) for i, pair in both]
    else:
        return _of_one(received, expected, rtol, atol)
    for key, one, meant in parts:
        if found := difference(one, meant, rtol, atol):
            if not same_kind(one, meant):
                return a_kind(one), a_kind(meant), key
            shown, wanted, where = found
            return shown, wanted, f"{key}, {where}" if where else key
    return None


def _of_one(received: Any, expected: Any, rtol: float, atol: float) -> tuple[str, str, str] | None:
    """The difference of one answer: a number, an array, a Tensor, text."""
    r, e = array(received), array(expected)
    if e.ndim == 0 and r.size == 1:
        r = r.reshape(())
    if e.dtype.kind not in "fiub" or r.dtype.kind not in "fiub":  # text, None, a function
        alike = expected is not None and r.dtype.kind == e.dtype.kind and np.array_equal(r, e)
        if alike or received is expected:
            return None
        return describe(received), describe(expected), ""
    if r.shape != e.shape:
        return f"shape {r.shape}", f"shape {e.shape}", ""
    if other_type(received, expected):
        return str(r.dtype), str(e.dtype), "its dtype"
    wide = r.astype(np.float64), e.astype(np.float64)
    close = np.isclose(*wide, rtol=rtol, atol=atol, equal_nan=True)
    if close.all():
        return None
    if e.size <= 12:
        return describe(r), describe(e), ""
    at = tuple(int(i) for i in np.argwhere(~close)[0])
    return describe(r[at]), describe(e[at]), f"entry [{', '.join(map(str, at))}]"


def other_type(received: Any, expected: Any) -> bool:
    """Whether the dtype differs where it matters: of a Tensor, and of what is meant for float16."""
    if not hasattr(expected, "dtype") or not hasattr(received, "dtype"):
        return False
    meant = kind(expected) == "Tensor" or expected.dtype == np.float16
    return bool(meant and array(received).dtype != array(expected).dtype)


def _numeric(value: Sequence[Any]) -> bool:
    """Whether a list is one plain block of numbers (a tuple is several answers)."""
    return isinstance(value, list) and all(kind(v) == "number" for v in value)


def describe(value: Any) -> str:
    """A value in a few characters: four significant digits, small arrays whole, large by shape."""
    if kind(value) == "number":
        number = array(value).item()
        return str(number) if isinstance(number, int) else f"{number:#.4g}"
    if isinstance(value, str):
        return repr(str(value))
    if isinstance(value, tuple):
        return "(" + ", ".join(describe(v) for v in value) + ")"
    if isinstance(value, list) and not _numeric(value):
        return "[" + ", ".join(describe(v) for v in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k!r}: {describe(v)}" for k, v in value.items()) + "}"
    if kind(value) in ("array", "Tensor", "list"):
        numbers = array(value)
        if numbers.dtype.kind in "fiub" and numbers.size <= 12:
            return np.array2string(numbers, precision=4, suppress_small=True, separator=", ")
        if numbers.dtype.kind in "fiub":
            return f"an array of shape {numbers.shape}"
    return repr(value)


def answer(i: int, names: Sequence[str]) -> str:
    """What one of several answers is called."""
    return names[i] if i < len(names) else f"answer {i + 1}"


def numbers_in(value: Any) -> list[float]:
    """Every number of a value, however nested; NaN stands for what is not a number."""
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, tuple | list):
        return [n for v in value for n in numbers_in(v)]
    if kind(value) in ("number", "array", "Tensor"):
        return [float(n) for n in array(value).ravel()]
    return [math.nan]
