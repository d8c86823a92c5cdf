"""Twins of functional/activation.py's forms: one pass each over flat arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import prange

from minigrad.kernels import coefficients
from minigrad.kernels.compile import exp, flat, inline, loop

f = np.float32
EDGE, HALF, ONE, ZERO = f(coefficients.EDGE), f(0.5), f(1), f(0)
P, Q = tuple(map(f, coefficients.P)), tuple(map(f, coefficients.Q))
DENSITY = f(1 / math.sqrt(2 * math.pi))
C, CUBIC, TWO, THREE = f(math.sqrt(2 / math.pi)), f(0.044715), f(2), f(3)


def relu_gradient(g: np.ndarray, y: np.ndarray) -> np.ndarray:
    out = np.empty(y.shape, g.dtype)
    _relu_gradient(flat(g), flat(y), flat(out))
    return out


def gelu(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y, phi = np.empty(x.shape, x.dtype), np.empty(x.shape, x.dtype)
    _gelu(flat(x), flat(y), flat(phi))
    return y, phi


def gelu_gradient(g: np.ndarray, x: np.ndarray, phi: np.ndarray) -> np.ndarray:
    out = np.empty(x.shape, x.dtype)
    _gelu_gradient(flat(g), flat(x), flat(phi), flat(out))
    return out


def gelu_tanh(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y, t = np.empty(x.shape, x.dtype), np.empty(x.shape, x.dtype)
    _gelu_tanh(flat(x), flat(y), flat(t))
    return y, t


def gelu_tanh_gradient(g: np.ndarray, x: np.ndarray, t: np.ndarray) -> np.ndarray:
    out = np.empty(x.shape, x.dtype)
    _gelu_tanh_gradient(flat(g), flat(x), flat(t), flat(out))
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


@loop
def _relu_gradient(g: Any, y: Any, out: Any) -> None:
    for i in prange(g.size):
        out[i] = ZERO if y[i] <= ZERO else g[i]


@loop
def _gelu(x: Any, y: Any, phi: Any) -> None:
    for i in prange(x.size):
        phi[i] = _normal_cdf(x[i])
        y[i] = x[i] * phi[i]


@loop
def _gelu_gradient(g: Any, x: Any, phi: Any, out: Any) -> None:
    for i in prange(g.size):
        density = exp(-HALF * x[i] * x[i]) * DENSITY
        out[i] = g[i] * (phi[i] + x[i] * density)


@loop
def _gelu_tanh(x: Any, y: Any, t: Any) -> None:
    for i in prange(x.size):
        z = C * x[i] * (ONE + CUBIC * x[i] * x[i])
        t[i] = ONE - TWO / (ONE + exp(TWO * z))
        y[i] = HALF * x[i] * (ONE + t[i])


@loop
def _gelu_tanh_gradient(g: Any, x: Any, t: Any, out: Any) -> None:
    for i in prange(g.size):
        slope = C * (ONE + THREE * CUBIC * x[i] * x[i])
        out[i] = g[i] * HALF * (ONE + t[i] + x[i] * (ONE - t[i] * t[i]) * slope)


@loop
def _silu(x: Any, y: Any, s: Any) -> None:
    for i in prange(x.size):
        s[i] = ONE / (ONE + exp(-x[i]))
        y[i] = x[i] * s[i]


@loop
def _silu_gradient(g: Any, x: Any, s: Any, out: Any) -> None:
    for i in prange(g.size):
        out[i] = g[i] * (s[i] + x[i] * s[i] * (ONE - s[i]))
