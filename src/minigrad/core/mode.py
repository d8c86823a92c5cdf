"""What the engine does beside computing: record for gradients, and check for anomalies."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class _Mode(threading.local):
    grad = True
    anomaly = False
    pending: Sequence[Any] = ()  # what the backward pass under way has yet to visit


mode = _Mode()


def is_grad_enabled() -> bool:
    """Whether ops are being recorded."""
    return mode.grad


@contextmanager
def set_grad_enabled(enabled: bool) -> Iterator[None]:
    """Record ops inside, or not. Also a decorator."""
    before, mode.grad = mode.grad, enabled
    try:
        yield
    finally:
        mode.grad = before


def no_grad() -> Any:
    """Record nothing inside: results need no gradient. Also a decorator."""
    return set_grad_enabled(False)


def enable_grad() -> Any:
    """Record inside a no_grad block after all. Also a decorator."""
    return set_grad_enabled(True)


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise AnomalyError at the first op that makes a NaN or inf, forward or backward.

    The error names the op, the statistics of its inputs and the line that called it. Slow: every
    result is checked.
    """
    before, mode.anomaly = mode.anomaly, True
    try:
        yield
    finally:
        mode.anomaly = before
