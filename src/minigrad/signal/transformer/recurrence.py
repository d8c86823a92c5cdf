"""The signal through a transformer: the recurrences of `models.CharGPT`, branch by branch.

q = E x² over the residual stream; Δ = ½E(x_s − x_t)² for two positions of one sequence ("near")
and of two ("far"); G = E g² with g = dL/dx for the loss of one position, and what the g of two
positions share. Weights have mean 0, so every branch does, and a branch adds to the stream without overlap;
what training adds to every position alike overlaps with itself. Derivation in
theory/transformer-fate.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from minigrad.signal.moments import Moments, moments
from minigrad.signal.quadrature import Array
from minigrad.signal.transformer.attention import averages, softmax

EPS = 1e-5  # of a norm
CAP, TINY = 1e60, 1e-60  # float32 ends long before
REPEATED = 0.056  # Σ p² over Tiny Shakespeare's characters: two positions hold the same one
MATRICES = ("qkv", "proj", "up", "down")  # of a block; SwiGLU's gate is like `up`


class Shape(NamedTuple):
    """What the recurrences need of a CharGPT, weights aside."""

    layers: int
    dim: int
    norm: bool
    pre: bool
    ffn: str
    branch: float  # s, the factor on each branch
    context: int
    vocab: int

    @property
    def hidden(self) -> int:
        """Width inside the FFN."""
        return round(8 * self.dim / 3) if self.ffn == "swiglu" else 4 * self.dim

    @property
    def fan_in(self) -> Array:
        """Of each of MATRICES, (4,)."""
        return np.array([self.dim, self.dim, self.dim, self.hidden], float)

    @property
    def fan_out(self) -> Array:
        """Of each of MATRICES, (4,)."""
        return np.array([3 * self.dim, self.dim, self.hidden, self.dim], float)


@dataclass(frozen=True)
class Signal:
    """Curves; over the stream each (2·layers + 1,): embeddings, then after every branch."""

    q: Array
    near: Array  # Δ of two positions of one sequence
    far: Array  # Δ of two positions of two sequences
    G: Array
    G_near: Array
    G_far: Array
    share: Array  # (2·layers,) of the stream's mean square after a branch, what the branch added
    scatter: Array  # (layers,) variance of a query's scores over the keys
    # of every matrix in the order in which the signal meets them, (4·layers,):
    q_in: Array  # mean square of what enters it
    near_in: Array
    far_in: Array
    Gz: Array  # E (dL/dz)² of what leaves it
    Gz_far: Array
    head_q: float  # of what enters the head
    head_near: float
    head_far: float
    logit: float  # variance of a logit
    error: float  # E |softmax − target|²
    error_far: float  # what two positions' errors share

    @property
    def alike(self) -> Array:
        """1 − cos of two positions of one sequence over the stream, (2·layers + 1,)."""
        found: Array = self.near / np.maximum(self.q, TINY)
        return found

    @property
    def last_weight(self) -> float:
        """E (dL/dW)² of the last FFN's `down`, for the loss of one position."""
        return float(self.Gz[-1] * self.q_in[-1])


def sigma2(law: str, shape: Shape) -> Array:
    """fan_in · Var W of MATRICES, (4,), as `CharGPT.init_weights` draws them."""
    if law == "gpt2":
        into_stream = np.array([1, 2 * shape.layers, 1, 2 * shape.layers])
        drawn: Array = shape.fan_in * 0.02**2 / into_stream
        return drawn
    if law == "xavier":
        return 2 * shape.fan_in / (shape.fan_in + shape.fan_out)
    return np.full(4, {"default": 1 / 3, "kaiming": 2.0}[law])


class _Branch(NamedTuple):
    """A branch f of q̂, Δ̂: what it gives, and what its gradient is multiplied by."""

    q: float
    near: float
    far: float
    hidden: tuple[float, float, float]  # q and Δ of what enters its last matrix
    last: float  # σ² of that
    first: float  # σ² of the first
    inner: Array  # (3, 3): of (G, near, far) at f's output, what reaches z of the first matrix
    into: float  # of Gz, what all parts of the first matrix together hand on


def propagate(
    shape: Shape,
    law_sigma2: Array,
    embedding_std: float,
    head_std: float,
    kick: Array | float = 0.0,
    shift2: Array | float = 0.0,
    embedding_kick: float = 0.0,
    head_kick: float = 0.0,
    embedding_shift: float = 0.0,
    unlearned: float = 1.0,
    repeated: float = REPEATED,
) -> Signal:
    """Forward, then back.

    What training adds: ``kick`` (layers, 4) to each matrix's σ²; ``shift2`` (layers, 4), as a mean
    square, to its output for all positions alike; ``embedding_kick`` to an embedding's variance,
    ``head_kick`` to that of a weight of the head.
    """
    layers, s = shape.layers, shape.branch
    weights = (np.broadcast_to(law_sigma2 + np.asarray(kick), (layers, 4))).tolist()
    shifts = np.broadcast_to(np.asarray(shift2, float), (layers, 4)).tolist()
    variance = embedding_std**2 + embedding_kick
    q, near = 2 * variance, variance * (2 - repeated)
    far = near - variance / shape.context
    m = embedding_shift  # what was added to the stream for all positions alike
    q += m * m
    stream, steps = [(q, near, far)], []
    for (qkv, proj, up, down), shift in zip(weights, shifts, strict=True):
        for attends in (True, False):
            j = 1 / (q + EPS) if shape.norm and shape.pre else 1.0
            if attends:
                scatter, f = _attention(q * j, near * j, far * j, shape, qkv, proj, shift[0])
            else:
                scatter, f = 0.0, _ffn(q * j, near * j, far * j, shape, up, down, shift[2])
            push = s * math.sqrt(shift[1] if attends else shift[3])
            added = s * s * f.q + push * (push + 2 * m)
            total = min(q + added, CAP)
            share = s * s * f.q / total if total > 0 else 0.0
            after = 1 / (total + EPS) if shape.norm and not shape.pre else 1.0
            entering = (q * j, near * j, far * j)
            q, near, far = (
                min(x, CAP) * after for x in (total, near + s * s * f.near, far + s * s * f.far)
            )
            near, far = min(near, q), min(far, q)
            m = min((m + push) * math.sqrt(after), math.sqrt(CAP))
            stream.append((q, near, far))
            steps.append((f, j, after, share, scatter, entering))
    j = 1 / (q + EPS) if shape.norm and shape.pre else 1.0
    head = (head_std**2 + head_kick) * shape.dim
    logit = min(head * q * j, CAP)
    error, error_far = errors(logit, 1 - far / max(q, TINY), shape.vocab, repeated)
    error_far *= unlearned**2
    g = np.array([error, error_far, error_far]) * head / shape.dim * j
    back, matrices = [g], []
    for f, before, after, _, _, entering in reversed(steps):
        g = np.minimum(g * after, CAP)
        out = s * s * g  # at the branch's output
        z = np.minimum(f.inner @ out, CAP)
        matrices += [(*f.hidden, out[0], out[2]), (*entering, z[0], z[2])]
        g = np.minimum(g + before * f.first * f.into * z, CAP)
        back.append(g)
    qs, nears, fars = np.array(stream).T
    G, G_near, G_far = np.array(back[::-1]).T
    q_in, near_in, far_in, Gz, Gz_far = np.array(matrices[::-1]).T
    return Signal(
        *(qs, nears, fars, G, G_near, G_far),
        share=np.array([step[3] for step in steps]),
        scatter=np.array([step[4] for step in steps[::2]]),
        **{"q_in": q_in, "near_in": near_in, "far_in": far_in, "Gz": Gz, "Gz_far": Gz_far},
        **{"head_q": q * j, "head_near": near * j, "head_far": far * j},
        **{"logit": logit, "error": error, "error_far": error_far},
    )


def errors(logit: float, common: float, vocab: int, repeated: float) -> tuple[float, float]:
    """E |p − y|² of softmax outputs for logits of this variance, and E (p − y)·(p̃ − ỹ).

    ``common`` is the share of the logits' variance that all positions have in common; the targets
    y agree in the share ``repeated``.
    """
    own = float(softmax(logit, vocab)[0, -1])
    shared = float(softmax(logit * max(common, 0.0), vocab)[0, -1])
    return own - 2 / vocab + 1, min(shared, own) - 2 / vocab + max(repeated, 1 / vocab)


def _ffn(
    q: float, near: float, far: float, shape: Shape, up: float, down: float, shift2: float
) -> _Branch:
    v = min(up * q + shift2, CAP)
    kind = "silu" if shape.ffn == "swiglu" else shape.ffn
    pairs = []
    for diff in (near, far):
        delta = min(up * diff / v, 1.0) if v > 0 else 0.0
        t = moments(kind, v, delta)
        pairs.append(_gated(t, v, delta) if shape.ffn == "swiglu" else (t.kappa, t.chi, t.D, t.X))
    (kappa, chi, D_near, X_near), (_, _, D_far, X_far) = pairs
    width = shape.dim / shape.hidden
    inner = down * width * np.diag([chi, X_near, X_far])
    hidden = (kappa, D_near, D_far)
    out = (down * kappa, down * D_near, down * D_far)
    return _Branch(*out, hidden, down, up, inner, 1 / width)


def _gated(t: Moments, v: float, delta: float) -> tuple[float, float, float, float]:
    """κ, χ, D, X of silu(gate)·up, the two independent; χ and X for both matrices together."""
    alike = t.kappa - t.D  # E φ(z)φ(z̃)
    kappa, chi = t.kappa * v, t.chi * v + t.kappa
    D, X = t.kappa * v - alike * v * (1 - delta), t.X * v * (1 - delta) + alike
    return kappa, chi, D, X


def _attention(
    q: float, near: float, far: float, shape: Shape, qkv: float, proj: float, shift2: float
) -> tuple[float, _Branch]:
    """Values averaged by weights that concentrate as the scores scatter.

    To the gradient through the values, queries add σ²Δ̂·σ²Δ̂ and keys σ²Δ̂·σ²q̂ of what reaches the
    scores.
    """
    query = qkv * q + shift2
    scatter = min(query * qkv * near, CAP)
    a = averages(round_to(scatter), shape.context)
    same, apart = q - near, near
    value = qkv * (same + apart * a.alone) + shift2
    pair = qkv * (same + apart * a.both) + shift2
    across = qkv * (q - far) + shift2
    through = 1 + min(qkv * near * (qkv * near + query), CAP) * a.moved / a.alone
    inner = proj * np.array(
        [[a.alone, a.shared, 0.0], [a.own_pair, a.shared_pair, 0.0], [0.0, 0.0, 1.0]]
    )
    hidden = (value, value - pair, value - across)
    out = (proj * value, proj * (value - pair), proj * (value - across))
    return scatter, _Branch(*out, hidden, proj, qkv, inner, through)


def round_to(x: float) -> float:
    """To three digits: neighbours share a table."""
    return float(f"{x:.3g}")
