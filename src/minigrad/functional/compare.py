"""Comparisons and tests, elementwise: boolean, without gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.core.broadcast import check_broadcast
from minigrad.core.tensor import Tensor, wrap
from minigrad.functional.operands import operands, require_tensor


def eq(input: Tensor, other: Any) -> Tensor:
    """input == other, elementwise."""
    return _compare("eq", np.equal, input, other)


def ne(input: Tensor, other: Any) -> Tensor:
    """input != other, elementwise."""
    return _compare("ne", np.not_equal, input, other)


def lt(input: Tensor, other: Any) -> Tensor:
    """input < other, elementwise."""
    return _compare("lt", np.less, input, other)


def le(input: Tensor, other: Any) -> Tensor:
    """input <= other, elementwise."""
    return _compare("le", np.less_equal, input, other)


def gt(input: Tensor, other: Any) -> Tensor:
    """input > other, elementwise."""
    return _compare("gt", np.greater, input, other)


def ge(input: Tensor, other: Any) -> Tensor:
    """input >= other, elementwise."""
    return _compare("ge", np.greater_equal, input, other)


def _compare(name: str, ufunc: np.ufunc, input: Any, other: Any) -> Tensor:
    a, b, x, y = operands(name, input, other)
    check_broadcast(name, np.shape(x), np.shape(y))
    if type(y) is np.float32 or type(x) is np.float32:  # beside half precision: in it, here
        x, y = (v.astype((a if isinstance(a, Tensor) else b).dtype) for v in (x, y))
    return wrap(np.asarray(ufunc(x, y)))


def isnan(input: Tensor) -> Tensor:
    """Where input is nan."""
    return wrap(np.asarray(np.isnan(require_tensor("isnan", input).array)))


def isfinite(input: Tensor) -> Tensor:
    """Where input is neither nan nor infinite."""
    return wrap(np.asarray(np.isfinite(require_tensor("isfinite", input).array)))


def logical_not(input: Tensor) -> Tensor:
    """Where input is false or 0."""
    return wrap(np.asarray(np.logical_not(require_tensor("logical_not", input).array)))


def logical_and(input: Tensor, other: Any) -> Tensor:
    """Where both are true."""
    return _compare("logical_and", np.logical_and, input, other)


def logical_or(input: Tensor, other: Any) -> Tensor:
    """Where at least one is true."""
    return _compare("logical_or", np.logical_or, input, other)
