"""What the engine does beside computing: record for gradients, and check for anomalies."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
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
def _grad(enabled: bool) -> Iterator[None]:
    before, mode.grad = mode.grad, enabled
    try:
        yield
    finally:
        mode.grad = before


def no_grad(function: Callable | None = None) -> Any:
    """Record nothing inside: results need no gradient. Also a decorator, with () or without."""
    return _grad(False) if function is None else _grad(False)(function)


def enable_grad(function: Callable | None = None) -> Any:
    """Record inside a no_grad block after all. Also a decorator, with () or without."""
    return _grad(True) if function is None else _grad(True)(function)


class set_grad_enabled:
    """Record ops from now on, or not. In a `with`, or as a decorator, only inside."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self.before, mode.grad = mode.grad, enabled

    def __enter__(self) -> None:
        mode.grad = self.enabled

    def __exit__(self, *_: Any) -> None:
        mode.grad = self.before

    def __call__(self, function: Callable) -> Callable:
        mode.grad = self.before  # it was the function that was meant
        return _grad(self.enabled)(function)


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
