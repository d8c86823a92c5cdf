"""What the engine does beside computing: record for gradients, and let an observer see every op."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any, NamedTuple


class Observer(NamedTuple):
    """What sees every op: `forward(name, value, inputs)` after its value is made, whose result the
    node keeps as `origin`; `backward(node, g, contribution)` after each of its gradients."""

    forward: Callable[[str, Any, list[Any]], Any]
    backward: Callable[[Any, Any, Any], None]


class _Mode(threading.local):
    grad = True
    observer: Observer | None = None
    autocast: Any = None  # the dtype of products inside autocast()


class _Settings:
    """How many of these settings, over all threads, are not the default. At 0 an op need not look
    at its own thread's: a look costs 80 ns, and an op took two."""

    __slots__ = ("changed", "lock")

    def __init__(self) -> None:
        self.changed = 0
        self.lock = threading.Lock()


mode = _Mode()
settings = _Settings()


def change(name: str, value: Any) -> Any:
    """Change one of this thread's settings; returns what it was."""
    before, default = getattr(mode, name), getattr(_Mode, name)
    step = (value != default) - (before != default)
    if step > 0:  # up before and down after, so that Ctrl-C in between leaves it too high, which
        _count(step)  # costs 80 ns an op, and never too low, which would record under no_grad
    setattr(mode, name, value)
    if step < 0:
        _count(step)
    return before


def _count(step: int) -> None:
    with settings.lock:
        settings.changed += step


@contextmanager
def changed(name: str, value: Any) -> Iterator[None]:
    """A setting of this thread, inside."""
    before = change(name, value)
    try:
        yield
    finally:
        change(name, before)


def is_grad_enabled() -> bool:
    """Whether ops are being recorded."""
    return mode.grad


class _grad:
    """Record or not in a `with`, which may be entered again; as a decorator, in every call."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self.before: list[bool] = []

    def __enter__(self) -> None:
        self.before.append(change("grad", self.enabled))

    def __exit__(self, *_: Any) -> None:
        change("grad", self.before.pop())

    def __call__(self, function: Callable) -> Callable:
        @wraps(function)
        def whole(*args: Any, **kwargs: Any) -> Any:
            with changed("grad", self.enabled):
                return function(*args, **kwargs)

        @wraps(function)
        def in_turns(*args: Any, **kwargs: Any) -> Any:
            generator = function(*args, **kwargs)
            resume, value = generator.send, None
            while True:
                with changed("grad", self.enabled):  # but not while the caller has the item
                    try:
                        item = resume(value)
                    except StopIteration as end:
                        return end.value
                try:
                    resume, value = generator.send, (yield item)
                except BaseException as error:  # GeneratorExit too: the function may clean up
                    resume, value = generator.throw, error

        return in_turns if isgeneratorfunction(function) else whole


def no_grad(function: Callable | None = None) -> Any:
    """Record nothing inside: results need no gradient. Also a decorator, with () or without."""
    return _grad(False) if function is None else _grad(False)(function)


def enable_grad(function: Callable | None = None) -> Any:
    """Record inside a no_grad block after all. Also a decorator, with () or without."""
    return _grad(True) if function is None else _grad(True)(function)


class set_grad_enabled(_grad):
    """Record ops from now on, or not. In a `with`, or as a decorator, only inside."""

    def __init__(self, mode: bool) -> None:
        super().__init__(mode)
        self.before.append(change("grad", mode))

    def __enter__(self) -> None:  # it holds already
        pass

    def __call__(self, function: Callable) -> Callable:
        self.__exit__()  # it was the function that was meant
        return super().__call__(function)


def observe(observer: Observer) -> Any:
    """Show every op inside, in this thread, to `observer`."""
    return changed("observer", observer)
