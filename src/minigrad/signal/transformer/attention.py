"""What softmax attention does to a signal: how many keys a query listens to, and who shares them.

Scores of a query are Gaussian over its t keys with variance v. Its weights a are uniform at v = 0
and end, for v ≫ 2 ln t, with one key. Between, their moments are exact for independent scores: from
1/Sⁿ = ∫ uⁿ⁻¹ e^(−uS) du / (n − 1)! with S = Σ eˢ,

    E Σ_j a_jⁿ = t/(n − 1)! ∫ uⁿ⁻¹ ψ_n(u) φ(u)^(t−1) du,   ψ_n(u) = E eⁿˢ exp(−u eˢ),  φ = ψ_0.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from minigrad.signal.quadrature import Array

LARGEST = 400.0  # of v: by then one key has it all
PER_E_FOLD = 2  # of the lattice in ln v


@lru_cache(maxsize=512)
def _softmax(step: int, keys: int) -> Array:
    """E Σ a² and E [Σ a² − 2Σ a³ + (Σ a²)²], (2, keys), at ln v = step / PER_E_FOLD."""
    std = math.sqrt(math.exp(step / PER_E_FOLD))
    z = np.linspace(-8, 8, 321)
    weight = np.exp(-z * z / 2)
    weight /= weight.sum()
    span = 8 * std + 8
    ln_u = np.linspace(-span, span, max(120, int(5 * span)))
    x = ln_u[:, None] + std * z  # (u, z) of u·eˢ
    gone = np.exp(-np.exp(np.minimum(x, 7.0)))
    grown = np.exp(np.minimum(x, 7.0))
    psi = [(grown**n * gone) @ weight for n in range(5)]  # times uⁿ
    t = np.arange(1, keys + 1)[:, None]
    phi = np.log(np.maximum(psi[0], 1e-300))
    rest, pair = np.exp((t - 1) * phi), np.exp(np.maximum(t - 2, 0) * phi)
    du = ln_u[1] - ln_u[0]
    second, third, fourth = (
        t[:, 0] / math.factorial(n - 1) * (rest @ psi[n]) * du for n in (2, 3, 4)
    )
    two = (t * (t - 1))[:, 0] / 6 * (pair @ psi[2] ** 2) * du  # Σ_{i≠j} a_i² a_j²
    moved = second - 2 * third + fourth + two
    return np.array([np.clip(second, 1 / t[:, 0], 1.0), np.clip(moved, 0.0, 1.0)])


def softmax(v: float, keys: int) -> Array:
    """(2, keys) of softmax over t = 1 … ``keys`` scores of variance v: E Σ_j a_j², and
    E Σ_j a_j²(w_j − w̄)² for values w_j of variance 1, w̄ = Σ a_j w_j.

    The first says how few keys are listened to, the second what gradient reaches the scores.
    """
    t = np.arange(1, keys + 1)
    if v < 1e-3:
        flat = np.minimum((1 + v) / t, 1.0)
        return np.array([flat, flat * (1 - 1 / t)])
    x = math.log(min(v, LARGEST)) * PER_E_FOLD
    low = math.floor(x)
    a, b = _softmax(low, keys), _softmax(low + 1, keys)
    found: Array = a + (x - low) * (b - a)
    found[1] *= min(1.0, math.sqrt(LARGEST / v))  # ever rarer are two keys that compete
    return found


class Averages(NamedTuple):
    """Means over positions, causal, of attention's weights a_tj of query t on key j."""

    alone: float  # Σ_j a_tj²
    moved: float  # Σ_j a_tj²(w_j − w̄)²
    both: float  # Σ_j a_tj a_sj of two queries
    shared: float  # Σ_t≠s a_tj a_sj: what value j gets from two queries
    own_pair: float  # Σ_t a_tj a_tk of two keys
    shared_pair: float  # Σ_t≠s a_tj a_sk


@lru_cache(maxsize=256)
def _uniform(context: int) -> tuple[float, float, Array]:
    a = np.tri(context) / np.arange(1, context + 1)[:, None]  # (query, key)
    overlap = a @ a.T
    pairs = max(context * (context - 1), 1)
    both = (overlap.sum() - np.trace(overlap)) / pairs
    received = a.sum(0)  # Σ_t a_tj
    shared = (received @ received - (a * a).sum()) / context
    return float(both), float(shared), received


def averages(v: float, context: int) -> Averages:
    """The averages where scores have variance v; two queries listen independently."""
    both, shared, received = _uniform(context)
    pairs = max(context * (context - 1), 1)
    own, moved = softmax(v, context)
    squares = float(own.sum())
    own_pair = (context - squares) / pairs  # each query's weights sum to 1
    shared_pair = (received.sum() ** 2 - (received**2).sum()) / pairs - own_pair
    apart = max(float(shared_pair), 0.0)
    return Averages(squares / context, float(moved.mean()), both, shared, own_pair, apart)
