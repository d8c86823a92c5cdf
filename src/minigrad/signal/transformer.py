"""The signal through a transformer at init: the recurrences of `models.CharGPT`, branch by branch.

q = E x² over the residual stream, Δ = ½E(x_s − x_t)² for two positions of one sequence, G = E g²
with g = dL/dx for the loss of one position. Weights have mean 0, so every branch does, and a branch
adds to the stream without overlap. Derivation in theory/prediction.md. `minigrad.predict` is for
the family of MLPs alone: no sweep has measured fates of transformers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from minigrad.errors import ArgumentError
from minigrad.signal.moments import moments
from minigrad.signal.quadrature import Array

EPS = 1e-5
MOST_SCATTER = 1.0  # of the scores: beyond, a few keys take it all
CHOICES = {
    "norm": (None, "rmsnorm", "layernorm"),
    "placement": ("pre", "post"),
    "ffn": ("relu", "gelu", "swiglu"),
    "law": ("gpt2", "default", "xavier", "kaiming"),
}


@dataclass(frozen=True)
class TransformerSignal:
    """Curves over the stream, each (2·layers + 1,): embeddings, then after every branch."""

    q: Array
    diff: Array
    G: Array
    last_weight: float  # E (dL/dW)² of the last FFN's `down`, for the loss of one position


@dataclass(frozen=True)
class _Branch:
    """A branch f: what it adds, and what multiplies the gradient through it."""

    q: float
    diff: float
    into: float  # E(dL/du)²/E(dL/df)² for one position, u what enters f
    hidden: float  # mean square of what enters its last matrix
    spread: Array  # (2, 2): (G, G_pair) of f's output to that of its input, but for `into`


def transformer(
    layers: int,
    *,
    vocab: int = 65,
    context: int = 64,
    dim: int = 64,
    norm: str | None = "rmsnorm",
    placement: str = "pre",
    ffn: str = "gelu",
    law: str = "default",
    embedding_std: float | None = None,
    head_std: float = 0.02,
    residual_scale: float = 1.0,
    zero_branches: bool = False,
) -> TransformerSignal:
    """The curves of a CharGPT with these arguments after `init_weights(law, …)`, tokens random.

    ``zero_branches`` starts the last matrix of each branch at 0. Raises ArgumentError, naming the
    allowed values, for one that is not, and where attention no longer averages: its scores scatter
    by more than 1 over the keys, as under Kaiming, or in a deep stack without norm.
    """
    given = {"norm": norm, "placement": placement, "ffn": ffn, "law": law}
    for name, value in given.items():
        if value not in CHOICES[name]:
            allowed = ", ".join(map(str, CHOICES[name]))
            raise ArgumentError(f"{name} must be one of {allowed}, got {value!r}")
    for name, size in (("layers", layers), ("dim", dim), ("context", context), ("vocab", vocab)):
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ArgumentError(f"{name} must be a whole number ≥ 1, got {size!r}")
    std = embedding_std if embedding_std is not None else (0.02 if law == "gpt2" else 1.0)
    last = 0.0 if zero_branches else 1.0
    s2, pre = residual_scale**2, placement == "pre"
    q, diff = 2 * std**2, std**2 * (2 - 1 / vocab)  # positions share a token one time in vocab
    curve, steps = [(q, diff)], []
    for layer in range(layers):
        for attends in (True, False):
            j = 1 / (q + EPS) if norm and pre else 1.0
            if attends:
                scatter = _scatter(q * j, diff * j, dim, law)
                if scatter > MOST_SCATTER:
                    raise ArgumentError(
                        f"the recurrences hold while attention averages: the variance of its "
                        f"scores must stay ≤ {MOST_SCATTER:g}, got {scatter:.2g} in block "
                        f"{layer + 1}; take a smaller init or a norm"
                    )
                f = _attention(q * j, diff * j, dim, context, law, layers, last)
            else:
                f = _ffn(q * j, diff * j, dim, ffn, law, layers, last)
            q, diff = q + s2 * f.q, diff + s2 * f.diff
            after = 1 / (q + EPS) if norm and not pre else 1.0
            q, diff = q * after, diff * after
            curve.append((q, diff))
            steps.append((f, j, after))
    j = 1 / (q + EPS) if norm and pre else 1.0
    logit = head_std**2 * dim * q * j
    error = (1 - 1 / vocab) / vocab + _softmax_variance(logit, vocab)
    g = np.array([vocab * head_std**2 * error * j, 0.0])  # two positions' errors: unrelated
    back, last_weight = [g[0]], 0.0
    for at, (f, before, after) in enumerate(reversed(steps)):
        g = g * after
        if at == 0:
            last_weight = s2 * g[0] * f.hidden
        g = g + s2 * before * f.into * (f.spread @ g)
        back.append(g[0])
    qs, diffs = np.array(curve).T
    return TransformerSignal(qs, diffs, np.array(back[::-1]), last_weight)


def _softmax_variance(logit: float, vocab: int) -> float:
    """Var of one softmax output for logits of variance ``logit``: lognormal, at most 1/V."""
    return min(math.expm1(min(logit, 50.0)) / vocab**2, 1 / vocab)


def _sigma2(law: str, fan_in: int, fan_out: int, layers: int, into_stream: bool) -> float:
    """fan_in · Var W, as `CharGPT.init_weights` draws it."""
    if law == "gpt2":
        return fan_in * 0.02**2 / (2 * layers if into_stream else 1)
    return {"default": 1 / 3, "xavier": 2 * fan_in / (fan_in + fan_out), "kaiming": 2.0}[law]


def _ffn(q: float, diff: float, dim: int, kind: str, law: str, layers: int, last: float) -> _Branch:
    hidden = round(8 * dim / 3) if kind == "swiglu" else 4 * dim
    up = _sigma2(law, dim, hidden, layers, False)
    down = _sigma2(law, hidden, dim, layers, True) * last
    v, delta = up * q, diff / q if q > 0 else 0.0
    t = moments("silu" if kind == "swiglu" else kind, v, delta)
    if kind == "swiglu":  # silu(gate)·up: the two are independent
        kappa, passed = t.kappa * v, t.chi * v + t.kappa
        D, pair = t.kappa * v - (t.kappa - t.D) * v * (1 - delta), t.X * v * (1 - delta)
        pair += t.kappa - t.D
    else:
        kappa, passed, D, pair = t.kappa, t.chi, t.D, t.X
    spread = np.array([[1.0, 0.0], [0.0, pair / passed if passed > 0 else 0.0]])
    return _Branch(down * kappa, down * D, down * up * passed, kappa, spread)


def _scatter(q: float, diff: float, dim: int, law: str) -> float:
    """Variance over the keys of a query's scores: σ_q²σ_k² q̂Δ̂."""
    return _sigma2(law, dim, 3 * dim, 1, False) ** 2 * q * diff


def _attention(
    q: float, diff: float, dim: int, context: int, law: str, layers: int, last: float
) -> _Branch:
    """Weights that are nearly equal over the positions seen: an average of values.

    Scores of variance v_s over the keys make Σ a² = e^{v_s}/t of t positions;
    their own gradient, through queries and keys, adds 2v_s to that through the values.
    """
    qkv = _sigma2(law, dim, 3 * dim, layers, False)
    proj = _sigma2(law, dim, dim, layers, True) * last
    scatter = _scatter(q, diff, dim, law)
    alone, both, back = _averages(context, round(scatter, 6))
    same = q - diff
    value, pair = qkv * (same + diff * alone), qkv * (same + diff * both)
    return _Branch(proj * value, proj * (value - pair), proj * qkv * (1 + 2 * scatter), value, back)


@lru_cache(maxsize=256)
def _averages(context: int, scatter: float) -> tuple[float, float, Array]:
    """Means over positions of Σ a_tj², over pairs of Σ a_tj·a_sj; and the same for gradients.

    a_tj = 1/t for the keys j ≤ t, but Σ_j a_tj² = e^scatter/t, at most 1.
    """
    t = np.arange(1, context + 1)
    a = np.tri(context) / t[:, None]  # (query, key)
    alone = np.minimum(np.exp(min(scatter, 50.0)) / t, 1.0)  # Σ_j a_tj²
    pairs = max(context * (context - 1), 1)
    overlap = a @ a.T
    both = (overlap.sum() - np.trace(overlap)) / pairs
    # back: value j gets Σ_t a_tj g_t; g of two positions agree by G_pair
    received = a.sum(0)  # Σ_t a_tj
    own = alone.sum() / context
    shared = (received @ received - (a * a).sum()) / context
    own_pair = (context - alone.sum()) / pairs  # each query's weights sum to 1
    shared_pair = (received.sum() ** 2 - (received**2).sum()) / pairs - own_pair
    return float(own), float(both), np.array([[own, shared], [own_pair, max(shared_pair, 0.0)]])
