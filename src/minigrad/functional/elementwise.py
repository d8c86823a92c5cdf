"""Ops that work element by element, with broadcasting. G stands for dL/dout."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.core.broadcast import check_broadcast
from minigrad.core.dtype import boolean
from minigrad.core.graph import record
from minigrad.core.saved import OUT
from minigrad.core.tensor import Tensor, to_array, wrap
from minigrad.errors import ArgumentError, DtypeError
from minigrad.functional.compare import ge, isnan, le, logical_or
from minigrad.functional.operands import (
    binary,
    floating,
    operands,
    require_number,
    require_tensor,
    wide,
)


def _same(g: Any) -> Any:
    """The gradient of a term of a sum."""
    return g


def add(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """input + alpha · other.   d/dinput = G, d/dother = alpha G."""
    a, b, value = binary("add", np.add, input, other if alpha == 1 else other * alpha)
    return record("add", value, (a, _same), (b, _same))


def sub(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """input - alpha · other.   d/dinput = G, d/dother = -alpha G."""
    try:
        a, b, value = binary("sub", np.subtract, input, other if alpha == 1 else other * alpha)
    except TypeError:
        raise DtypeError(
            "sub: booleans cannot be subtracted, convert with .float() or use !="
        ) from None
    return record("sub", value, (a, _same), (b, np.negative))


def mul(input: Any, other: Any) -> Tensor:
    """input · other.   d/dinput = G · other, d/dother = G · input."""
    a, b, value = binary("mul", np.multiply, input, other)
    return record("mul", value, (a, np.multiply, b), (b, np.multiply, a))


def div(input: Any, other: Any) -> Tensor:
    """input / other, of integers in the default dtype.   d/dinput = G / other,
    d/dother = -G · out / other, whose size is its own at every scale of other."""
    a, b, value = binary("div", np.divide, input, other)
    if (a if isinstance(a, Tensor) else b).dtype.kind in "bi":
        return div(*(floating("div", t) if isinstance(t, Tensor) else t for t in (a, b)))
    return record(
        "div",
        value,
        (a, lambda g, y: g / y, b),
        (b, lambda g, q, y: -g * (q / y), OUT, b),
    )


def pow(input: Any, exponent: Any) -> Tensor:
    """input ** exponent.   d/dinput = G · exponent · input^(exponent-1),
    d/dexponent = G · out · ln(input), 0 where input = 0 and exponent ≥ 0."""
    a, b, x, y = operands("pow", input, exponent)
    check_broadcast("pow", np.shape(x), np.shape(y))
    dtype = (a if isinstance(a, Tensor) else b).dtype
    if dtype == boolean:
        raise DtypeError("pow: booleans have no powers: convert with .float()")
    if dtype.kind == "i" and np.any(np.less(y, 0)):
        raise ArgumentError("pow: an integer tensor needs exponents ≥ 0: convert with .float()")
    if y is b and y == 2:  # by a number
        return record("pow", np.square(x), (a, lambda g, x: g * (x + x), a))

    if type(a) in (int, float):
        a = y.dtype.type(a)  # its logarithm's dtype is the result's

    def vjp_exponent(g: Any, x: Any, y: Any, out: Any) -> Any:
        return g * out * np.log(np.where((x == 0) & (y >= 0), 1, x))

    return record(
        "pow",
        np.power(x, y),
        (a, lambda g, x, y: g * np.where(y == 0, 0, y * x ** (y - 1)), a, b),
        (b, vjp_exponent, a, b, OUT),
    )


def neg(input: Tensor) -> Tensor:
    """-input.   Gradient: -G."""
    x = require_number("neg", input).array
    return record("neg", -x, (input, lambda g: -g))


def exp(input: Tensor) -> Tensor:
    """e^input.   Gradient: G · out."""
    a = floating("exp", input)
    return record("exp", np.exp(a.array), (a, lambda g, y: g * y, OUT))


def log(input: Tensor) -> Tensor:
    """Natural logarithm; -inf at 0, nan below.   Gradient: G / input."""
    a = floating("log", input)
    return record("log", np.log(a.array), (a, lambda g, x: g / x, a))


def log1p(input: Tensor) -> Tensor:
    """ln(1 + input), accurate near 0.   Gradient: G / (1 + input)."""
    a = floating("log1p", input)
    return record("log1p", np.log1p(a.array), (a, lambda g, x: g / (1 + x), a))


def sqrt(input: Tensor) -> Tensor:
    """Square root.   Gradient: G / (2 out)."""
    a = floating("sqrt", input)
    return record("sqrt", np.sqrt(a.array), (a, lambda g, y: g / (2 * y), OUT))


def rsqrt(input: Tensor) -> Tensor:
    """1 / sqrt(input).   Gradient: -G · out³ / 2."""
    a = floating("rsqrt", input)
    y = 1 / np.sqrt(wide(a))
    return record("rsqrt", y, (a, lambda g, y: -0.5 * g * (y * y * y), OUT))


def reciprocal(input: Tensor) -> Tensor:
    """1 / input.   Gradient: -G · out²."""
    a = floating("reciprocal", input)
    return record("reciprocal", 1 / a.array, (a, lambda g, y: -g * (y * y), OUT))


def abs(input: Tensor) -> Tensor:
    """Absolute value.   Gradient: G · sign(input), 0 at 0."""
    x = require_number("abs", input).array
    vjp = lambda g, x: np.where(x > 0, g, np.where(x < 0, -g, 0))  # noqa: E731
    return record("abs", np.abs(x), (input, vjp, input))


def sign(input: Tensor) -> Tensor:
    """-1, 0 or 1; 0 for nan.   Gradient: 0."""
    x = require_number("sign", input).array
    return record("sign", np.where(x == x, np.sign(x), x.dtype.type(0)), (input, lambda g: g * 0))


def sin(input: Tensor) -> Tensor:
    """Sine of radians.   Gradient: G · cos(input)."""
    a = floating("sin", input)
    return record("sin", np.sin(a.array), (a, lambda g, x: g * np.cos(x), a))


def cos(input: Tensor) -> Tensor:
    """Cosine of radians.   Gradient: -G · sin(input)."""
    a = floating("cos", input)
    return record("cos", np.cos(a.array), (a, lambda g, x: -g * np.sin(x), a))


def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """input limited to [min, max] (numbers or tensors; at least one).   Gradient: G where
    input is kept, to the bound where it is replaced."""
    if min is None and max is None:
        raise ArgumentError("clamp: give min, max or both")
    if isinstance(min, Tensor) or isinstance(max, Tensor):
        out, nan = input, isnan(input)
        out = out if min is None else where(logical_or(ge(out, min), nan), out, min)
        return out if max is None else where(logical_or(le(out, max), nan), out, max)
    a = require_tensor("clamp", input)
    for bound in (min, max):
        a = a if bound is None else operands("clamp", a, bound)[0]
    number = a.array.dtype.type
    low, high = (None if bound is None else number(bound) for bound in (min, max))
    value = np.clip(a.array, low, high)
    low, high = (-math.inf if min is None else low), (math.inf if max is None else high)
    return record("clamp", value, (a, lambda g, x: g * ((x >= low) & (x <= high)), a))


def maximum(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise maximum; nan wins.   Gradient: G to the larger, half to each of equals."""
    a, b, value = binary("maximum", np.maximum, require_tensor("maximum", input), other)
    return record(
        "maximum",
        value,
        (a, lambda g, x, y: _share(g, x < y, x == y), a, b),
        (b, lambda g, x, y: _share(g, y < x, x == y), a, b),
    )


def minimum(input: Tensor, other: Tensor) -> Tensor:
    """Elementwise minimum; nan wins.   Gradient: G to the smaller, half to each of equals."""
    a, b, value = binary("minimum", np.minimum, require_tensor("minimum", input), other)
    return record(
        "minimum",
        value,
        (a, lambda g, x, y: _share(g, x > y, x == y), a, b),
        (b, lambda g, x, y: _share(g, y > x, x == y), a, b),
    )


def _share(g: Any, loses: Any, ties: Any) -> Any:
    return np.where(loses, 0, np.where(ties, 0.5 * g, g))


def where(condition: Tensor, input: Any, other: Any) -> Tensor:
    """input where condition, else other.   Gradient: G to whichever was taken."""
    c = require_tensor("where", condition, "condition").array
    if c.dtype != bool:
        raise DtypeError(f"where: condition must be boolean, got {c.dtype}: compare first (x > 0)")
    if not isinstance(input, Tensor) and not isinstance(other, Tensor):
        input = wrap(to_array(input))
    a, b, x, y = operands("where", input, other)
    check_broadcast("where", c.shape, np.shape(x), np.shape(y))
    return record(
        "where",
        np.where(c, x, y),
        (a, lambda g, c: np.where(c, g, 0), condition),
        (b, lambda g, c: np.where(c, 0, g), condition),
    )
