"""What the engine does beside computing: record for gradients, and let an observer see every op."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any, NamedTuple

from minigrad.core.anomaly import check_backward, check_forward


class Observer(NamedTuple):
    """What sees every op: `forward(name, value, inputs)` after its value is made, whose result the
    node keeps as `origin`; `backward(node, g, contribution)` after each of its gradients."""

    forward: Callable[[str, Any, list[Any]], Any]
    backward: Callable[[Any, Any, Any], None]


class _Mode(threading.local):
    grad = True
    observer: Observer | None = None
    pending: Sequence[Any] = ()  # what the backward pass under way has yet to visit


class _Unusual:
    """How many settings of grad and observer, over all threads, are not the default. At 0 an op
    need not look at its own thread's: a look costs 80 ns, and an op took two."""

    count = 0
    lock = threading.Lock()


mode = _Mode()
unusual = _Unusual()


def _set(name: str, value: Any) -> Any:
    """Change one of this thread's settings; returns what it was."""
    before, default = getattr(mode, name), getattr(_Mode, name)
    with unusual.lock:
        unusual.count += (value != default) - (before != default)
    setattr(mode, name, value)
    return before


def is_grad_enabled() -> bool:
    """Whether ops are being recorded."""
    return mode.grad


class _grad:
    """Record or not in a `with`, which may be entered again; as a decorator, in every call."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self.before: list[bool] = []

    def __enter__(self) -> None:
        self.before.append(_set("grad", self.enabled))

    def __exit__(self, *_: Any) -> None:
        _set("grad", self.before.pop())

    def __call__(self, function: Callable) -> Callable:
        @wraps(function)
        def whole(*args: Any, **kwargs: Any) -> Any:
            with _grad(self.enabled):
                return function(*args, **kwargs)

        @wraps(function)
        def in_turns(*args: Any, **kwargs: Any) -> Any:
            generator, sent = function(*args, **kwargs), None
            while True:
                with _grad(self.enabled):  # but not while the caller has the item
                    try:
                        item = generator.send(sent)
                    except StopIteration as end:
                        return end.value
                sent = yield item

        return in_turns if isgeneratorfunction(function) else whole


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
        self.before = _set("grad", enabled)

    def __enter__(self) -> None:
        _set("grad", self.enabled)

    def __exit__(self, *_: Any) -> None:
        _set("grad", self.before)

    def __call__(self, function: Callable) -> Callable:
        _set("grad", self.before)  # it was the function that was meant
        return _grad(self.enabled)(function)


@contextmanager
def observe(observer: Observer) -> Iterator[None]:
    """Show every op inside, in this thread, to `observer`."""
    before = _set("observer", observer)
    try:
        yield
    finally:
        _set("observer", before)


def detect_anomaly() -> Any:
    """Raise AnomalyError at the first op that makes a NaN or inf, forward or backward.

    The error names the op, the statistics of its inputs and the line that called it. Slow: every
    result is checked. For `with`, or as a decorator.
    """
    return observe(Observer(check_forward, check_backward))
