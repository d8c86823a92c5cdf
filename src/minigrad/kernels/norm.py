"""Twins of functional/norm.py's forms: a row is read from memory once, and stays in cache for its
statistics and for what is made of them. x, g and normed are (N, d), scale (N, 1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from minigrad.kernels.compile import loop, part
from minigrad.kernels.pool import THREADS

f = np.float32
ONE, ZERO, HUNDRED = f(1), f(0), f(100)


def layer_rows(x: np.ndarray, weight: Any, bias: Any, eps: float) -> tuple[np.ndarray, ...]:
    y, normed, scale = np.empty_like(x, order="C"), np.empty_like(x, order="C"), _column(x)
    _layer_rows(_rows(x), _or(weight, 1, x), _or(bias, 0, x), f(eps), y, normed, scale[:, 0])
    return y, normed, scale


def layer_gradient(g: np.ndarray, normed: np.ndarray, scale: np.ndarray, w: Any) -> np.ndarray:
    out = np.empty_like(normed)
    _gradient(_rows(g), normed, scale[:, 0], _or(w, 1, normed), True, out)
    return out


def rms_rows(x: np.ndarray, weight: Any, eps: float) -> tuple[np.ndarray, ...]:
    y, normed, scale = np.empty_like(x, order="C"), np.empty_like(x, order="C"), _column(x)
    _rms_rows(_rows(x), _or(weight, 1, x), f(eps), y, normed, scale[:, 0])
    return y, normed, scale


def rms_gradient(g: np.ndarray, normed: np.ndarray, scale: np.ndarray, w: Any) -> np.ndarray:
    out = np.empty_like(normed)
    _gradient(_rows(g), normed, scale[:, 0], _or(w, 1, normed), False, out)
    return out


def column_products(g: np.ndarray, normed: np.ndarray) -> np.ndarray:
    sums = np.zeros((THREADS, g.shape[1]), g.dtype)
    _column_products(_rows(g), _rows(normed), sums)
    return sums.sum(0)


def _rows(x: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(x)


def _column(x: np.ndarray) -> np.ndarray:
    return np.empty((len(x), 1), x.dtype)


def _or(vector: Any, number: float, x: np.ndarray) -> np.ndarray:
    """The weight or bias as a contiguous row, or `number` where there is none."""
    if vector is None:
        return np.full(x.shape[1], number, x.dtype)
    return np.ascontiguousarray(vector).reshape(-1)


@part
def _mean(row: Any, d: Any) -> Any:
    total = ZERO
    for j in range(row.size):
        total += row[j]
    return total / d


@part
def _mean_product(a: Any, b: Any, d: Any) -> Any:
    total = ZERO
    for j in range(a.size):
        total += a[j] * b[j]
    return total / d


@loop
def _layer_rows(x: Any, w: Any, b: Any, eps: Any, y: Any, normed: Any, scale: Any) -> None:
    n, d = x.shape
    for i in prange(n):
        x_, y_, row, size = x[i], y[i], normed[i], f(max(d, 1))
        mean = _mean(x_, size)
        for j in range(d):
            row[j] = x_[j] - mean
        var = _mean_product(row, row, size) + eps
        if mean * mean > HUNDRED * var:  # rounding such a mean shows beside the spread
            rest = _mean(row, size)
            for j in range(d):
                row[j] -= rest
            var = _mean_product(row, row, size) + eps
        s = ONE / np.sqrt(var)
        scale[i] = s
        for j in range(d):
            row[j] *= s
            y_[j] = row[j] * w[j] + b[j]


@loop
def _rms_rows(x: Any, w: Any, eps: Any, y: Any, normed: Any, scale: Any) -> None:
    n, d = x.shape
    for i in prange(n):
        x_, y_, row = x[i], y[i], normed[i]
        s = ONE / np.sqrt(_mean_product(x_, x_, f(max(d, 1))) + eps)
        scale[i] = s
        for j in range(d):
            row[j] = x_[j] * s
            y_[j] = row[j] * w[j]


@loop
def _gradient(g: Any, normed: Any, scale: Any, w: Any, centred: Any, out: Any) -> None:
    n, d = g.shape
    for i in prange(n):
        g_, row, out_, size, s = g[i], normed[i], out[i], f(max(d, 1)), scale[i]
        along, mean = ZERO, ZERO
        for j in range(d):
            out_[j] = g_[j] * w[j]
            along += out_[j] * row[j]
            mean += out_[j]
        along, mean = along / size, mean / size if centred else ZERO
        for j in range(d):
            out_[j] = (out_[j] - mean - row[j] * along) * s


@loop
def _column_products(g: Any, normed: Any, sums: Any) -> None:
    n, shares = len(g), len(sums)
    for share in prange(shares):
        total = sums[share]
        for i in range(n * share // shares, n * (share + 1) // shares):
            g_, row = g[i], normed[i]
            for j in range(row.size):
                total[j] += g_[j] * row[j]
