"""Twins of the softmax's forms: a row stays in cache for its maximum, its exponentials and their
sum. In the loops arrays are (N, S)."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import prange

from minigrad.kernels.compile import exp, loop, part

f = np.float32
ONE, ZERO, LEAST = f(1), f(0), f(-np.inf)


def softmax(scores: np.ndarray) -> np.ndarray:
    scores = np.ascontiguousarray(scores)
    _softmax(_rows(scores))
    return scores


def causal_softmax(scores: np.ndarray) -> np.ndarray:
    scores = np.ascontiguousarray(scores)
    _causal_softmax(_rows(scores), scores.shape[-2])
    return scores


def softmax_gradient(g: np.ndarray, p: np.ndarray) -> np.ndarray:
    g = np.ascontiguousarray(g)
    _gradient(_rows(g), _rows(np.broadcast_to(p, g.shape)))
    return g


def log_softmax(rows: np.ndarray) -> np.ndarray:
    logp = np.empty(rows.shape, rows.dtype)
    _log_softmax(_rows(rows), logp)
    return logp


def _rows(x: np.ndarray) -> np.ndarray:
    """(..., S) -> (N, S), contiguous."""
    return np.ascontiguousarray(x).reshape(-1 if x.size else 0, x.shape[-1])


@numba.njit(nogil=True, cache=True, fastmath={"reassoc", "nsz", "nnan"})
def _largest(row: Any) -> Any:
    """A NaN may be overlooked: what is made of it, in its own place, is NaN again."""
    top = LEAST
    for j in range(row.size):
        top = row[j] if row[j] > top else top
    return top


@part
def _softmax_row(row: Any) -> Any:
    """In place; gives 1 / Σ. A row of -inf gives zeros."""
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
def _softmax(x: Any) -> None:
    for i in prange(len(x)):
        _softmax_row(x[i])


@loop
def _causal_softmax(x: Any, t: Any) -> None:
    """Over the positions up to each: row i is one of position i mod t."""
    n, s = x.shape
    for i in prange(n):
        seen = min(i % t + 1, s)
        whole = min(s, (seen + 15) // 16 * 16)  # as many as a processor takes at once
        x[i, seen:whole] = LEAST
        share = _softmax_row(x[i, :whole])
        x[i, whole:] = ZERO * share  # 0, or NaN where the row holds one


@loop
def _gradient(g: Any, p: Any) -> None:
    for i in prange(len(g)):
        g_, p_, along = g[i], p[i], ZERO
        for j in range(g_.size):
            along += g_[j] * p_[j]
        for j in range(g_.size):
            g_[j] = (g_[j] - along) * p_[j]


@loop
def _log_softmax(x: Any, logp: Any) -> None:
    for i in prange(len(x)):
        x_, row, top, total = x[i], logp[i], _largest(x[i]), ZERO
        for j in range(row.size):
            row[j] = x_[j] - top
            total += exp(row[j])
        total = np.log(total)
        for j in range(row.size):
            row[j] -= total
