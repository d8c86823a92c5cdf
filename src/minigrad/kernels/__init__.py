"""Compiled twins of NumPy forms, run in their place where Numba is installed (minigrad[fast]).

`@twin("activation", 4096)` above `def _gelu(x)` says: on float32 arrays of at least 4,096 elements,
below which the call costs more than it gains, run `gelu` of kernels/activation.py. A twin does the
form's passes over memory as one loop, and means nothing of its own: tests hold each to its form.
Numba is imported at the first array that is large enough; it compiles once and keeps the
result on disk. `MINIGRAD_KERNELS=numpy` leaves every form as it is written.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

import numpy as np

Form = Callable[..., Any]
_FLOAT32 = np.dtype(np.float32)
_left = False


def twin(room: str, least: int) -> Callable[[Form], Form]:
    """Run the form's twin of the same name in kernels/`room`.py where the first argument is a
    float32 array of at least `least` elements, or one of several that have so many `together`. What
    else is given by name, the form alone knows."""

    def decorate(form: Form) -> Form:
        name = form.__name__.lstrip("_")

        @wraps(form)
        def choose(x: Any, *rest: Any, together: int | None = None, **rare: Any) -> Any:
            if rare or type(x) is not np.ndarray or x.dtype is not _FLOAT32:
                return form(x, *rest, **rare)
            if (x.size if together is None else together) < least or running() == "numpy":
                return form(x, *rest)
            return compiled(room, name)(x, *rest)

        return choose

    return decorate


@cache
def running() -> str:
    """Which forms run: "numba" or "numpy"."""
    wanted = os.environ.get("MINIGRAD_KERNELS") != "numpy" and not _left
    return "numba" if wanted and importlib.util.find_spec("numba") else "numpy"


def leave() -> None:
    """Run the forms alone from now on."""
    global _left
    _left = True
    running.cache_clear()


@cache
def compiled(room: str, name: str) -> Callable[..., Any]:
    """A twin."""
    return getattr(importlib.import_module(f"minigrad.kernels.{room}"), name)
