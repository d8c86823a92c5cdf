"""Twins of the softmax's forms along the last dimension: a row stays in cache for its maximum, its
exponentials and their sum. Arrays are (N, S); a causal row sees as far as its position."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from minigrad.kernels.compile import exp, loop

f = np.float32
ONE, ZERO, LEAST = f(1), f(0), f(-np.inf)


def causal_softmax(scores: np.ndarray) -> np.ndarray:
    t, s = scores.shape[-2:]
    scores = np.ascontiguousarray(scores)
    _softmax(scores.reshape(-1, s), t)
    return scores


def softmax_gradient(g: np.ndarray, p: np.ndarray) -> np.ndarray:
    g, s = np.ascontiguousarray(g), p.shape[-1]
    p = np.ascontiguousarray(np.broadcast_to(p, g.shape))
    _softmax_gradient(g.reshape(-1, s), p.reshape(-1, s))
    return g


@numba.njit(cache=True, fastmath={"reassoc", "nsz", "nnan"})
def _largest(row: Any) -> Any:
    """A NaN may be overlooked: what is made of it, in its own place, is NaN again."""
    top = LEAST
    for j in range(row.size):
        top = row[j] if row[j] > top else top
    return top


@loop
def _softmax_row(row: Any) -> Any:
    """In place; gives 1 / Σ."""
    top, total = _largest(row), ZERO
    shift = ZERO if top == LEAST else top
    for j in range(row.size):
        row[j] = exp(row[j] - shift)
        total += row[j]
    share = ONE / total if total > ZERO or total != total else ONE
    for j in range(row.size):
        row[j] *= share
    return share


@loop
def _softmax(x: Any, t: Any) -> None:
    n, s = x.shape
    for i in range(n):
        seen = min(i % t + 1, s)
        whole = min(s, (seen + 15) // 16 * 16)  # as many as a processor takes at once
        x[i, seen:whole] = LEAST
        share = _softmax_row(x[i, :whole])
        x[i, whole:] = ZERO * share  # 0, or NaN where the row holds one


@loop
def _softmax_gradient(g: Any, p: Any) -> None:
    n, s = p.shape
    for i in range(n):
        g_, p_, along = g[i], p[i], ZERO
        for j in range(s):
            along += g_[j] * p_[j]
        for j in range(s):
            g_[j] = (g_[j] - along) * p_[j]
