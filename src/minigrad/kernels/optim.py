"""Twins of the optimizers' updates: one pass over the parameter, its gradient and its state."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from minigrad.kernels.compile import PARTS, flat, parallel

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


@parallel
def _sgd_update(
    p: Any, g: Any, v: Any, lr: Any, momentum: Any, decay: Any, share: Any, nesterov: Any
) -> None:
    for part in prange(PARTS):
        at = slice(part * p.size // PARTS, (part + 1) * p.size // PARTS)
        p_, g_, v_ = p[at], g[at], v[at]
        for i in range(p_.size):
            slope = g_[i] + decay * p_[i]
            v_[i] = momentum * v_[i] + share * slope
            p_[i] -= lr * (slope + momentum * v_[i] if nesterov else v_[i])


@parallel
def _adam_update(
    p: Any, g: Any, m: Any, v: Any, b1: Any, c1: Any, b2: Any, c2: Any,
    first: Any, second: Any, eps: Any, decay: Any, shrink: Any,
) -> None:  # fmt: skip
    for part in prange(PARTS):
        at = slice(part * p.size // PARTS, (part + 1) * p.size // PARTS)
        p_, g_, m_, v_ = p[at], g[at], m[at], v[at]
        for i in range(p_.size):
            slope = g_[i] + decay * p_[i]
            m_[i] = b1 * m_[i] + c1 * slope
            v_[i] = b2 * v_[i] + c2 * (slope * slope)
            p_[i] = p_[i] * shrink - first * (m_[i] / (np.sqrt(v_[i]) * second + eps))
