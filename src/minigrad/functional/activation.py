"""Activations, each with its derivative below its value. G stands for dL/dout."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.core.dtype import one
from minigrad.core.graph import record
from minigrad.core.random import Generator, rng
from minigrad.core.tensor import Tensor
from minigrad.errors import ArgumentError
from minigrad.functional.operands import floating, require_floating, require_number


def relu(input: Tensor) -> Tensor:
    """max(input, 0).   Gradient: G where input > 0."""
    x = require_number("relu", input).array
    y = np.maximum(x, 0)
    return record("relu", y, (input, lambda g: g * (y > 0)))


def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """input where positive, negative_slope · input elsewhere (Maas et al. 2013)."""
    x = require_floating("leaky_relu", input).array
    y = np.where(x > 0, x, negative_slope * x)
    return record("leaky_relu", y, (input, lambda g: np.where(x > 0, g, negative_slope * g)))


def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """input where positive, alpha (e^input - 1) elsewhere (Clevert et al. 2015)."""
    x = require_floating("elu", input).array
    y = np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))
    return record("elu", y, (input, lambda g: np.where(x > 0, g, g * (y + alpha))))


def tanh(input: Tensor) -> Tensor:
    """Hyperbolic tangent.   Gradient: G (1 - out²)."""
    a = floating("tanh", input)
    y = np.tanh(a.array)
    return record("tanh", y, (a, lambda g: g * (one(y.dtype) - y * y)))


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + e^-input).   Gradient: G · out (1 - out)."""
    a = floating("sigmoid", input)
    y = _sigmoid(a.array)
    return record("sigmoid", y, (a, lambda g: g * y * (one(y.dtype) - y)))


def silu(input: Tensor) -> Tensor:
    """input · sigmoid(input) (Elfwing et al. 2017).   Gradient: G (s + out (1 - s))."""
    x = require_floating("silu", input).array
    s = _sigmoid(x)
    y = x * s
    return record("silu", y, (input, lambda g: g * (s + y * (1 - s))))


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """ln(1 + e^(beta·input)) / beta, and input itself beyond threshold.   Gradient:
    G · sigmoid(beta·input)."""
    x = require_floating("softplus", input).array
    z = beta * x
    y = np.where(z > threshold, x, np.logaddexp(0, z) / beta).astype(x.dtype, copy=False)
    return record("softplus", y, (input, lambda g: np.where(z > threshold, g, g * _sigmoid(z))))


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """input · Φ(input), Φ the normal distribution function (Hendrycks & Gimpel 2016).

    `approximate="tanh"`: 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))).   Gradient:
    G (Φ + x Φ'), Φ' the normal density, or the tanh form's own derivative.
    """
    x = require_floating("gelu", input).array
    if approximate == "tanh":
        t, y = _gelu_tanh(x)
        return record("gelu", y, (input, lambda g: g * _gelu_tanh_slope(x, t)))
    if approximate != "none":
        raise ArgumentError(f"gelu: approximate must be 'none' or 'tanh', got {approximate!r}")
    phi = normal_cdf(x)

    def vjp(g: np.ndarray) -> np.ndarray:
        slope = normal_pdf(x)
        slope *= x
        slope += phi
        slope *= g
        return slope

    return record("gelu", x * phi, (input, vjp))


def dropout(
    input: Tensor, p: float = 0.5, training: bool = True, *, generator: Generator | None = None
) -> Tensor:
    """input with a share p of its elements zeroed and the rest divided by 1 - p (Srivastava et
    al. 2014); input itself when not training.   Gradient: G times the same mask."""
    require_floating("dropout", input)
    if not 0 <= p <= 1:
        raise ArgumentError(f"dropout: p must lie in [0, 1], got {p}")
    if not training or p == 0:
        return input
    kept = rng(generator).random(input.shape, dtype=np.float32) >= p
    mask = kept * input.dtype.type(1 / (1 - p) if p < 1 else 0)
    return record("dropout", input.array * mask, (input, lambda g: g * mask))


# -- the functions behind them, on arrays -------------------------------------------------------


def _sigmoid(x: np.ndarray) -> np.ndarray:
    if x.dtype.itemsize == 2:  # e^11 is beyond float16
        return _sigmoid(x.astype(np.float32)).astype(x.dtype)
    y = np.exp(-x)  # inf where x is very negative, and then 1 / inf = 0 is right
    y += 1
    return 1 / y


_C = math.sqrt(2 / math.pi)


def _gelu_tanh(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    t = np.asarray(x * x)  # as in normal_pdf
    t *= 0.044715 * _C
    t += _C
    t *= x
    np.tanh(t, out=t)
    y = t + 1
    y *= x
    y *= 0.5
    return t, y


def _gelu_tanh_slope(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """0.5 (1 + t) + 0.5 x (1 - t²) √(2/π) (1 + 3 · 0.044715 x²)."""
    slope = x * x
    slope *= 3 * 0.044715 * _C
    slope += _C
    slope *= x
    slope *= 1 - t * t
    slope += t
    slope += 1
    slope *= 0.5
    return slope


_erf: Any = np.frompyfunc(math.erf, 1, 1)
# Φ(x) - ½ = x P(x²) / Q(x²) on [-5.1, 5.1], a least-maximum fit good to 7e-8; beyond, Φ is 0 or 1
_EDGE = 5.1
_P = (-1.50219563e-08, 4.84658853e-06, 3.67548069e-04, 5.79218583e-03, 5.6102418e-02, 0.39894186)
_Q = (1.23297331e-04, 2.99512154e-03, 4.07466313e-02, 0.307287584, 1.0)


def normal_cdf(x: np.ndarray) -> np.ndarray:
    """Φ(x) = ½ (1 + erf(x/√2)): to the last bits in float64, to 3e-7 in float32 and below.

    NumPy has no erf. In float32 a rational function takes a quarter of the time of the usual
    formulas with an exponential.
    """
    if x.dtype == np.float64:
        return 0.5 * (1 + np.asarray(_erf(x / math.sqrt(2)), dtype=np.float64))
    if x.dtype != np.float32:
        return normal_cdf(x.astype(np.float32)).astype(x.dtype)
    x = np.clip(x, -_EDGE, _EDGE)
    square = x * x
    phi = _polynomial(_P, square)
    phi *= x
    phi /= _polynomial(_Q, square)
    phi += 0.5
    return phi


def _polynomial(coefficients: tuple[float, ...], x: np.ndarray) -> np.ndarray:
    """Horner's rule in one array, the highest power first."""
    value = x * x.dtype.type(coefficients[0])
    for c in coefficients[1:-1]:
        value += c
        value *= x
    value += coefficients[-1]
    return value


def normal_pdf(x: np.ndarray) -> np.ndarray:
    """Φ'(x) = e^(-x²/2) / √(2π)."""
    density = np.asarray(x * x)  # NumPy gives a number for 0-d, and out= needs an array
    density *= -0.5
    np.exp(density, out=density)
    density *= 1 / math.sqrt(2 * math.pi)
    return density
