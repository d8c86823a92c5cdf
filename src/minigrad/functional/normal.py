"""The normal distribution's function and density, on arrays: what gelu is made of."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.kernels.coefficients import EDGE, P, Q

_erf: Any = np.frompyfunc(math.erf, 1, 1)


def normal_cdf(x: np.ndarray) -> np.ndarray:
    """Φ(x) = ½ (1 + erf(x/√2)): to the last bits in float64, to 3e-7 in float32 and below.

    NumPy has no erf. In float32 a rational function takes a quarter of the time of the usual
    formulas with an exponential.
    """
    if x.dtype == np.float64:
        return 0.5 * (1 + np.asarray(_erf(x / math.sqrt(2)), dtype=np.float64))
    if x.dtype != np.float32:
        return normal_cdf(x.astype(np.float32)).astype(x.dtype)
    near = max(-x.min(initial=0), x.max(initial=0)) <= EDGE  # not so where one is NaN
    x = np.clip(x, -EDGE, EDGE)
    square = x * x
    phi = _polynomial(P, square)
    phi *= x
    phi /= _polynomial(Q, square)
    phi += 0.5
    return phi if near else np.where(np.abs(x) >= EDGE, x > 0, phi).astype(x.dtype)


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
