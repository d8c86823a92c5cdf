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

PER_E_FOLD = 4  # of the lattice in ln v
STEPS = np.arange(-28, 25)  # from v = 1e-3, where attention is uniform, to 400, where one key wins
LARGEST = math.exp(STEPS[-1] / PER_E_FOLD)


def _softmax(v: float, keys: int) -> Array:
    """softmax() at one v, (2, keys)."""
    std = math.sqrt(v)
    z = np.linspace(-8, 8, 321)
    weight = np.exp(-z * z / 2)
    weight /= weight.sum()
    span = 8 * std + 8
    ln_u = np.linspace(-span, span, max(120, int(5 * span)))
    x = np.minimum(ln_u[:, None] + std * z, 7.0)  # (u, z) of ln u·eˢ; beyond, e^(−u·eˢ) is 0
    grown = np.exp(x)
    term = np.exp(-grown)
    psi = []  # uⁿψ_n
    for _ in range(5):
        psi.append(term @ weight)
        term = term * grown
    t = np.arange(1, keys + 1)
    ln_phi = np.log(np.maximum(psi[0], 1e-300))
    rest = np.exp((t - 1)[:, None] * ln_phi)
    pair = np.exp(np.maximum(t - 2, 0)[:, None] * ln_phi)
    du = ln_u[1] - ln_u[0]
    second, third, fourth = (t / math.factorial(n - 1) * (rest @ psi[n]) * du for n in (2, 3, 4))
    two = t * (t - 1) / 6 * (pair @ psi[2] ** 2) * du  # Σ_{i≠j} a_i² a_j²
    moved = second - 2 * third + fourth + two
    return np.array([np.clip(second, 1 / t, 1.0), np.clip(moved, 0.0, 1.0)])


@lru_cache
def _table(keys: int, mean: bool) -> Array:
    """(V, 2) softmax() on the lattice: means over 1 … keys keys, or of all of them."""
    rows = [_softmax(math.exp(step / PER_E_FOLD), keys) for step in STEPS]
    return np.array([row.mean(1) if mean else row[:, -1] for row in rows])


def softmax(v: Array, keys: int, mean: bool = False) -> tuple[Array, Array]:
    """Of a softmax over ``keys`` scores of variance v: E Σ_j a_j², and E Σ_j a_j²(w_j − w̄)² for
    values w_j of variance 1, w̄ = Σ a_j w_j; each like v. With ``mean`` their means over queries
    that see 1, 2, … ``keys`` keys.

    The first says how few keys are listened to, the second what gradient reaches the scores.
    """
    table = _table(keys, mean)
    x = np.clip(np.log(np.maximum(v, 1e-30)) * PER_E_FOLD - STEPS[0], 0, len(STEPS) - 1 - 1e-9)
    low = x.astype(int)
    part = (x - low)[..., None]
    found = (1 - part) * table[low] + part * table[low + 1]
    rare = np.minimum(1.0, np.sqrt(LARGEST / np.maximum(v, LARGEST)))  # that two keys compete
    return 1 - (1 - found[..., 0]) * rare, found[..., 1] * rare


class Averages(NamedTuple):
    """Means over positions, causal, of attention's weights a_tj of query t on key j."""

    alone: Array  # Σ_j a_tj²
    moved: Array  # Σ_j a_tj²(w_j − w̄)²
    both: float  # Σ_j a_tj a_sj of two queries
    shared: float  # Σ_t≠s a_tj a_sj: what value j gets from two queries
    own_pair: Array  # Σ_t a_tj a_tk of two keys
    shared_pair: Array  # Σ_t≠s a_tj a_sk


@lru_cache
def _uniform(context: int) -> tuple[float, float, float]:
    a = np.tri(context) / np.arange(1, context + 1)[:, None]  # (query, key)
    overlap = a @ a.T
    pairs = max(context * (context - 1), 1)
    both = (overlap.sum() - np.trace(overlap)) / pairs
    received = a.sum(0)  # Σ_t a_tj
    shared = (received @ received - (a * a).sum()) / context
    return float(both), float(shared), float(received.sum() ** 2 - (received**2).sum()) / pairs


def averages(v: Array, context: int) -> Averages:
    """The averages where scores have variance v; two queries listen independently."""
    both, shared, every_pair = _uniform(context)
    alone, moved = softmax(v, context, mean=True)
    own_pair = (1 - alone) * context / max(context * (context - 1), 1)  # weights sum to 1
    return Averages(alone, moved, both, shared, own_pair, np.maximum(every_pair - own_pair, 0.0))
