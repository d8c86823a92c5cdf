"""Ops that work element by element, with broadcasting. G stands for dL/dout."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.core.broadcast import check_broadcast, unbroadcast
from minigrad.core.dtype import boolean, is_floating
from minigrad.core.graph import record
from minigrad.core.tensor import Tensor, to_array, wrap
from minigrad.errors import ArgumentError, DtypeError
from minigrad.functional.operands import floating, operands, require_number, require_tensor


def _same(g: np.ndarray) -> np.ndarray:
    """The gradient of a term of a sum."""
    return g


def add(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """input + alpha · other.   d/dinput = G, d/dother = alpha G."""
    a, b, x, y = operands("add", input, other if alpha == 1 else other * alpha)
    return record("add", x + y, (a, _same), (b, _same))


def sub(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """input - alpha · other.   d/dinput = G, d/dother = -alpha G."""
    a, b, x, y = operands("sub", input, other if alpha == 1 else other * alpha)
    try:
        value = x - y
    except TypeError:
        raise DtypeError(
            "sub: booleans cannot be subtracted, convert with .float() or use !="
        ) from None
    return record("sub", value, (a, _same), (b, np.negative))


def mul(input: Any, other: Any) -> Tensor:
    """input · other.   d/dinput = G · other, d/dother = G · input."""
    a, b, x, y = operands("mul", input, other)
    return record(
        "mul",
        x * y,
        (a, lambda g: g * y),
        (b, lambda g: g * x),
    )


def div(input: Any, other: Any) -> Tensor:
    """input / other, of integers in the default dtype.   d/dinput = G / other,
    d/dother = -G · input / other²."""
    a, b, x, y = operands("div", input, other)
    if not is_floating(x.dtype if isinstance(a, Tensor) else y.dtype):
        a, b = (floating("div", t) if isinstance(t, Tensor) else t for t in (a, b))
        return div(a, b)
    if not isinstance(b, Tensor) and b == 0:  # Python would raise; a tensor gives inf or nan
        y = x.dtype.type(b)
    return record(
        "div",
        x / y,
        (a, lambda g: g / y),
        (b, lambda g: -g * x / (y * y)),
    )


def pow(input: Any, exponent: Any) -> Tensor:
    """input ** exponent.   d/dinput = G · exponent · input^(exponent-1),
    d/dexponent = G · out · ln(input), 0 where input = 0 and exponent ≥ 0."""
    a, b, x, y = operands("pow", input, exponent)
    dtype = y.dtype if isinstance(b, Tensor) else x.dtype
    if dtype == boolean:
        raise DtypeError("pow: booleans have no powers: convert with .float()")
    if not is_floating(dtype) and np.any(np.less(y, 0)):
        raise ArgumentError("pow: an integer tensor needs exponents ≥ 0: convert with .float()")
    value = np.square(x) if y is exponent and y == 2 else np.power(x, y)

    def vjp_input(g: np.ndarray) -> np.ndarray:
        if y is exponent and y == 2:
            return g * (2 * x)
        return g * np.where(np.equal(y, 0), 0, y * np.power(x, y - 1))

    def vjp_exponent(g: np.ndarray) -> np.ndarray:
        zero = np.equal(x, 0) & np.greater_equal(y, 0)
        log = np.log(np.where(zero, 1, x)).astype(y.dtype, copy=False)
        return g * value * log

    return record("pow", value, (a, vjp_input), (b, vjp_exponent))


def neg(input: Tensor) -> Tensor:
    """-input.   Gradient: -G."""
    x = require_number("neg", input).array
    return record("neg", -x, (input, lambda g: -g))


def exp(input: Tensor) -> Tensor:
    """e^input.   Gradient: G · out."""
    a = floating("exp", input)
    y = np.exp(a.array)
    return record("exp", y, (a, lambda g: g * y))


def log(input: Tensor) -> Tensor:
    """Natural logarithm; -inf at 0, nan below.   Gradient: G / input."""
    a = floating("log", input)
    x = a.array
    return record("log", np.log(x), (a, lambda g: g / x))


def log1p(input: Tensor) -> Tensor:
    """ln(1 + input), accurate near 0.   Gradient: G / (1 + input)."""
    a = floating("log1p", input)
    x = a.array
    return record("log1p", np.log1p(x), (a, lambda g: g / (1 + x)))


def sqrt(input: Tensor) -> Tensor:
    """Square root.   Gradient: G / (2 out)."""
    a = floating("sqrt", input)
    y = np.sqrt(a.array)
    return record("sqrt", y, (a, lambda g: g / (2 * y)))


def rsqrt(input: Tensor) -> Tensor:
    """1 / sqrt(input).   Gradient: -G · out³ / 2."""
    a = floating("rsqrt", input)
    y = 1 / np.sqrt(a.array)
    return record("rsqrt", y, (a, lambda g: -0.5 * g * (y * y * y)))


def reciprocal(input: Tensor) -> Tensor:
    """1 / input.   Gradient: -G · out²."""
    a = floating("reciprocal", input)
    y = 1 / a.array
    return record("reciprocal", y, (a, lambda g: -g * (y * y)))


def abs(input: Tensor) -> Tensor:
    """Absolute value.   Gradient: G · sign(input), 0 at 0."""
    x = require_number("abs", input).array
    return record("abs", np.abs(x), (input, lambda g: g * np.sign(x)))


def sign(input: Tensor) -> Tensor:
    """-1, 0 or 1.   Gradient: 0."""
    x = require_number("sign", input).array
    return record("sign", np.sign(x), (input, lambda g: np.zeros_like(g)))


def sin(input: Tensor) -> Tensor:
    """Sine of radians.   Gradient: G · cos(input)."""
    a = floating("sin", input)
    x = a.array
    return record("sin", np.sin(x), (a, lambda g: g * np.cos(x)))


def cos(input: Tensor) -> Tensor:
    """Cosine of radians.   Gradient: -G · sin(input)."""
    a = floating("cos", input)
    x = a.array
    return record("cos", np.cos(x), (a, lambda g: -g * np.sin(x)))


def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """input limited to [min, max] (numbers or tensors; at least one).   Gradient: G where
    input is kept, to the bound where it is replaced."""
    if min is None and max is None:
        raise ArgumentError("clamp: give min, max or both")
    if isinstance(min, Tensor) or isinstance(max, Tensor):
        out, nan = input, isnan(input)
        out = out if min is None else where(logical_or(ge(out, min), nan), out, min)
        return out if max is None else where(logical_or(le(out, max), nan), out, max)
    low, high = -math.inf if min is None else min, math.inf if max is None else max
    a = require_tensor("clamp", input)
    for bound in (min, max):
        a = a if bound is None else operands("clamp", a, bound)[0]
    x = a.array
    value = x if min is None else np.maximum(x, x.dtype.type(min))
    value = value if max is None else np.minimum(value, x.dtype.type(max))
    return record("clamp", value, (a, lambda g: g * ((x >= low) & (x <= high))))


def maximum(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise maximum; nan wins.   Gradient: G to the larger, half to each of equals."""
    a, b, x, y = operands("maximum", require_tensor("maximum", input), other)
    return record(
        "maximum",
        np.maximum(x, y),
        (a, lambda g: g * _share(x < y, x == y, g)),
        (b, lambda g: g * _share(y < x, x == y, g)),
    )


def minimum(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise minimum; nan wins.   Gradient: G to the smaller, half to each of equals."""
    a, b, x, y = operands("minimum", require_tensor("minimum", input), other)
    return record(
        "minimum",
        np.minimum(x, y),
        (a, lambda g: g * _share(x > y, x == y, g)),
        (b, lambda g: g * _share(y > x, x == y, g)),
    )


def _share(loses: np.ndarray, ties: np.ndarray, g: np.ndarray) -> np.ndarray:
    return np.subtract(~loses, 0.5 * ties, dtype=g.dtype)


def where(condition: Tensor, input: Any, other: Any) -> Tensor:
    """input where condition, else other.   Gradient: G to whichever was taken."""
    c = require_tensor("where", condition, "condition").array
    if c.dtype != bool:
        raise DtypeError(f"where: condition must be boolean, got {c.dtype}: compare first (x > 0)")
    if not isinstance(input, Tensor) and not isinstance(other, Tensor):
        input = wrap(to_array(input))
    a, b, x, y = operands("where", input, other)
    both = check_broadcast("where", np.shape(x), np.shape(y))
    check_broadcast("where", c.shape, both)
    dtype = x.dtype if isinstance(a, Tensor) else y.dtype
    return record(
        "where",
        np.where(c, x, y).astype(dtype, copy=False),
        (a, lambda g: unbroadcast(np.where(c, g, 0), both)),
        (b, lambda g: unbroadcast(np.where(c, 0, g), both)),
    )


# -- comparisons: boolean, without gradient ----------------------------------------------------


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
    _, _, x, y = operands(name, input, other)
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
