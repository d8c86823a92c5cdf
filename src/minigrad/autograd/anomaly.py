"""What detect_anomaly() checks after every op, and what it says."""

from __future__ import annotations

import linecache
import os
import sys
from typing import Any, NamedTuple

import numpy as np

from minigrad.core.mode import Observer, observe
from minigrad.errors import AnomalyError

_PACKAGE = os.path.dirname(os.path.dirname(__file__))  # pathlib takes 4 ms to import
_GIVEN = {"where", "masked_fill"}  # their infinities are the caller's own: a mask


class Origin(NamedTuple):
    """Where an op was called, and its inputs, as they will be told."""

    line: str
    inputs: str


def describe(array: np.ndarray) -> str:
    """Shape, dtype and the statistics of the finite values, in one line."""
    text = f"shape {array.shape} {array.dtype}"
    if not array.size or array.dtype.kind in "biu":
        return text
    finite = array[np.isfinite(array)].astype(np.float64)
    if finite.size:
        text += f", min {finite.min():.3g}, mean {finite.mean():.3g}, max {finite.max():.3g}"
    if finite.size < array.size:
        text += f", {np.isnan(array).sum()} NaN and {np.isinf(array).sum()} inf of {array.size}"
    return text


def caller() -> str:
    """The nearest source line outside minigrad, as `file:line: code`."""
    frame: Any = sys._getframe(1)
    while frame and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    if frame is None:
        return "unknown line"
    name, number = frame.f_code.co_filename, frame.f_lineno
    return f"{name}:{number}: {linecache.getline(name, number).strip()}"


def _worst(array: Any) -> int:
    """0 where every value is finite, 1 with an inf, 2 with a NaN."""
    if array.dtype.kind in "biu":
        return 0
    return 2 if np.isnan(array).any() else int(np.isinf(array).any())


def _kind(worst: int) -> str:
    return "NaN" if worst == 2 else "inf"


def check_forward(name: str, value: np.ndarray, inputs: list[Any]) -> Origin:
    """Raise AnomalyError if the op made a NaN or inf; else where it was called, and with what."""
    arrays = [t.array if hasattr(t, "requires_grad") else np.asarray(t) for t in inputs]
    listed = "".join(f"\n  input {i}: {describe(a)}" for i, a in enumerate(arrays))
    origin = Origin(caller(), listed)
    worst, given = _worst(value), max(map(_worst, arrays), default=0)
    if worst == 0 or (name in _GIVEN and worst == 1) or (worst == 1 and given):
        return origin
    where = "came in with an input" if given == worst else "is the first non-finite value"
    raise AnomalyError(
        f"forward: the result of {name!r} holds {_kind(worst)}, which {where}\n"
        f"  called at {origin.line}{listed}\n  result: {describe(value)}\n"
        "  Look at what made these inputs: a size that grows or vanishes layer by layer, "
        "a log or a division at 0."
    )


def check_backward(node: Any, g: np.ndarray, contribution: np.ndarray) -> None:
    """Raise AnomalyError if the gradient of an op turned non-finite from a finite one."""
    if _worst(contribution) == 0 or _worst(g) == 2:
        return
    origin = getattr(node, "origin", None) or Origin("a line that ran before detect_anomaly()", "")
    raise AnomalyError(
        f"backward: the gradient of {node.name!r} holds {_kind(_worst(contribution))}, which is "
        f"the first non-finite value\n  called at {origin.line}{origin.inputs}\n"
        f"  gradient that came in: {describe(g)}\n  gradient that goes out: "
        f"{describe(contribution)}"
    )


def detect_anomaly() -> Any:
    """Raise AnomalyError at the first op that makes a NaN or inf, forward or backward.

    The error names the op, the statistics of its inputs and the line that called it. Slow: every
    result is checked. For `with`, or as a decorator.
    """
    return observe(Observer(check_forward, check_backward))
