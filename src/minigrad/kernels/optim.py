"""Twins of the optimizers' updates: one pass over the parameter, its gradient and its state."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from minigrad.kernels.compile import flat, loop

f = np.float32


def sgd_update(
    p: np.ndarray, g: np.ndarray, v: np.ndarray, lr: float, momentum: float, decay: float,
    share: float, nesterov: bool,
) -> None:  # fmt: skip
    numbers = map(f, (lr, momentum, decay, share))
    _sgd_update(p.reshape(-1), flat(g), v.reshape(-1), *numbers, nesterov)


def adam_update(
    p: np.ndarray, g: np.ndarray, m: np.ndarray, v: np.ndarray, betas: tuple[float, float],
    first: float, second: float, eps: float, decay: float, shrink: float,
) -> None:  # fmt: skip
    b1, b2 = betas
    numbers = map(f, (b1, 1 - b1, b2, 1 - b2, first, second, eps, decay, shrink))
    _adam_update(p.reshape(-1), flat(g), m.reshape(-1), v.reshape(-1), *numbers)


@loop
def _sgd_update(
    p: Any, g: Any, v: Any, lr: Any, momentum: Any, decay: Any, share: Any, nesterov: Any
) -> None:
    for i in prange(p.size):
        slope = g[i] + decay * p[i]
        v[i] = momentum * v[i] + share * slope
        p[i] -= lr * (slope + momentum * v[i] if nesterov else v[i])


@loop
def _adam_update(
    p: Any, g: Any, m: Any, v: Any, b1: Any, c1: Any, b2: Any, c2: Any,
    first: Any, second: Any, eps: Any, decay: Any, shrink: Any,
) -> None:  # fmt: skip
    for i in prange(p.size):
        slope = g[i] + decay * p[i]
        m[i] = b1 * m[i] + c1 * slope
        v[i] = b2 * v[i] + c2 * (slope * slope)
        p[i] = p[i] * shrink - first * (m[i] / (np.sqrt(v[i]) * second + eps))
