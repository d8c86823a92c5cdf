"""Comparing and printing what an exercise returned."""

from __future__ import annotations

from typing import Any

import numpy as np


def kind(value: Any) -> str:
    """ "number", "array", "Tensor", "tuple", "list", "text", … in a learner's words."""
    if value is None:
        return "None"
    if _is_tensor(value):
        return "Tensor"
    if isinstance(value, bool | np.bool_):
        return "True or False"
    if isinstance(value, int | float | np.number):
        return "number"
    if isinstance(value, np.ndarray):
        return "number" if value.ndim == 0 else "array"
    names: dict[type, str] = {str: "text", tuple: "tuple", list: "list", dict: "dict"}
    return names.get(type(value), type(value).__name__)


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
    return np.asarray(value.array if _is_tensor(value) else value)


def agree(received: Any, expected: Any, rtol: float, atol: float) -> bool:
    """Whether two values are the same within the tolerance: numbers, arrays, text, nested."""
    if isinstance(expected, tuple | list) and not _numeric(expected):
        return len(received) == len(expected) and all(
            agree(r, e, rtol, atol) for r, e in zip(received, expected, strict=True)
        )
    if isinstance(expected, dict):
        return (
            isinstance(received, dict)
            and received.keys() == expected.keys()
            and all(agree(received[k], expected[k], rtol, atol) for k in expected)
        )
    r, e = array(received), array(expected)
    if e.dtype.kind not in "fiub":
        return bool(np.array_equal(r, e))
    if r.dtype.kind not in "fiub":
        return False
    if e.ndim == 0 and r.size == 1:
        r = r.reshape(())
    if r.shape != e.shape:
        return False
    r, e = r.astype(np.float64), e.astype(np.float64)
    return bool(np.allclose(r, e, rtol=rtol, atol=atol, equal_nan=True))


def _numeric(value: Any) -> bool:
    """Whether a list is one plain block of numbers (a tuple is several answers)."""
    return isinstance(value, list) and all(kind(v) == "number" for v in value)


def describe(value: Any) -> str:
    """A value in a few characters: four significant digits, small arrays whole, large by shape."""
    if kind(value) == "number":
        number = array(value).item()
        return str(number) if isinstance(number, int) else f"{number:#.4g}"
    if isinstance(value, tuple):
        return "(" + ", ".join(describe(v) for v in value) + ")"
    if kind(value) in ("array", "Tensor", "list"):
        numbers = array(value)
        if numbers.dtype.kind in "fiub" and numbers.size <= 12:
            return np.array2string(numbers, precision=4, suppress_small=True, separator=", ")
        if numbers.dtype.kind in "fiub":
            return f"an array of shape {numbers.shape}"
    return repr(value)


def first_difference(
    received: Any, expected: Any, rtol: float, atol: float
) -> tuple[str, str, str]:
    """(received, expected, where) for a message: the whole if small, else the first entry."""
    if isinstance(expected, tuple) and len(expected) > 1:
        for i, (r, e) in enumerate(zip(received, expected, strict=True)):
            if not agree(r, e, rtol, atol):
                shown, wanted, where = first_difference(r, e, rtol, atol)
                return shown, wanted, f"answer {i + 1}{', ' + where if where else ''}"
    if isinstance(expected, dict):
        if received.keys() != expected.keys():
            return f"the keys {list(received)}", f"{list(expected)}", ""
        key = next(k for k in expected if not agree(received[k], expected[k], rtol, atol))
        return describe(received[key]), describe(expected[key]), repr(key)
    r, e = array(received), array(expected)
    if e.ndim == 0 and r.size == 1:
        return describe(r.item()), describe(expected), ""
    if r.shape != e.shape:
        return f"shape {r.shape}", f"shape {e.shape}", ""
    if e.size <= 12 or e.dtype.kind not in "fiub":
        return describe(received), describe(expected), ""
    wrong = ~np.isclose(
        r.astype(np.float64), e.astype(np.float64), rtol=rtol, atol=atol, equal_nan=True
    )
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    return describe(r[at]), describe(e[at]), f"entry [{', '.join(map(str, at))}]"
