"""The normal distribution's function and density, on arrays: what gelu is made of."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

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
    near = max(-x.min(initial=0), x.max(initial=0)) <= _EDGE  # not so where one is NaN
    x = np.clip(x, -_EDGE, _EDGE)
    square = x * x
    phi = _polynomial(_P, square)
    phi *= x
    phi /= _polynomial(_Q, square)
    phi += 0.5
    return phi if near else np.where(np.abs(x) >= _EDGE, x > 0, phi).astype(x.dtype)


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
