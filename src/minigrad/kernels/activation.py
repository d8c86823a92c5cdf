"""Twins of functional/activation.py's forms: one pass each over flat arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import prange

from minigrad.kernels import coefficients
from minigrad.kernels.compile import PARTS, exp, flat, inline, parallel

f = np.float32
EDGE, HALF, ONE, ZERO = f(coefficients.EDGE), f(0.5), f(1), f(0)
P, Q = tuple(map(f, coefficients.P)), tuple(map(f, coefficients.Q))
DENSITY = f(1 / math.sqrt(2 * math.pi))


def gelu(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y, phi = np.empty(x.shape, x.dtype), np.empty(x.shape, x.dtype)
    _gelu(flat(x), flat(y), flat(phi))
    return y, phi


def gelu_gradient(g: np.ndarray, x: np.ndarray, phi: np.ndarray) -> np.ndarray:
    out = np.empty(x.shape, x.dtype)
    _gelu_gradient(flat(g), flat(x), flat(phi), flat(out))
    return out


def silu(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y, s = np.empty(x.shape, x.dtype), np.empty(x.shape, x.dtype)
    _silu(flat(x), flat(y), flat(s))
    return y, s


def silu_gradient(g: np.ndarray, x: np.ndarray, s: np.ndarray) -> np.ndarray:
    out = np.empty(x.shape, x.dtype)
    _silu_gradient(flat(g), flat(x), flat(s), flat(out))
    return out


@inline
def _normal_cdf(x: Any) -> Any:
    z = EDGE if x > EDGE else x
    z = -EDGE if z < -EDGE else z
    s = z * z
    p = ((((P[0] * s + P[1]) * s + P[2]) * s + P[3]) * s + P[4]) * s + P[5]
    q = (((Q[0] * s + Q[1]) * s + Q[2]) * s + Q[3]) * s + Q[4]
    phi = z * p / q + HALF
    phi = ONE if x >= EDGE else phi
    return ZERO if x <= -EDGE else phi


@parallel
def _gelu(x: Any, y: Any, phi: Any) -> None:
    for part in prange(PARTS):
        at = slice(part * x.size // PARTS, (part + 1) * x.size // PARTS)
        x_, y_, phi_ = x[at], y[at], phi[at]
        for i in range(x_.size):
            phi_[i] = _normal_cdf(x_[i])
            y_[i] = x_[i] * phi_[i]


@parallel
def _gelu_gradient(g: Any, x: Any, phi: Any, out: Any) -> None:
    for part in prange(PARTS):
        at = slice(part * x.size // PARTS, (part + 1) * x.size // PARTS)
        g_, x_, phi_, out_ = g[at], x[at], phi[at], out[at]
        for i in range(g_.size):
            density = exp(-HALF * x_[i] * x_[i]) * DENSITY
            out_[i] = g_[i] * (phi_[i] + x_[i] * density)


@parallel
def _silu(x: Any, y: Any, s: Any) -> None:
    for part in prange(PARTS):
        at = slice(part * x.size // PARTS, (part + 1) * x.size // PARTS)
        x_, y_, s_ = x[at], y[at], s[at]
        for i in range(x_.size):
            s_[i] = ONE / (ONE + exp(-x_[i]))
            y_[i] = x_[i] * s_[i]


@parallel
def _silu_gradient(g: Any, x: Any, s: Any, out: Any) -> None:
    for part in prange(PARTS):
        at = slice(part * x.size // PARTS, (part + 1) * x.size // PARTS)
        g_, x_, s_, out_ = g[at], x[at], s[at], out[at]
        for i in range(g_.size):
            out_[i] = g_[i] * (s_[i] + x_[i] * s_[i] * (ONE - s_[i]))
