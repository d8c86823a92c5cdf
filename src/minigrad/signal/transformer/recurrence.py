"""The signal through transformers: the recurrences of `models.CharGPT`, branch by branch.

q = E x² over the residual stream; Δ = ½E(x_s − x_t)² for two positions of one sequence ("near")
and of two ("far"); G = E g² with g = dL/dx for the loss of one position, and what the g of two
positions share. Weights have mean 0, so every branch does, and a branch adds to the stream without
overlap; what training adds to every position alike overlaps with itself. Derivation in
theory/transformer-fate.md.

R networks are stepped at once: every array ends in an axis (R,).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from minigrad.signal.moments import moments
from minigrad.signal.quadrature import Array
from minigrad.signal.transformer.attention import averages, softmax

EPS = 1e-5  # of a norm
CAP, TINY = 1e60, 1e-60  # float32 ends long before
REPEATED = 0.056  # Σ p² over Tiny Shakespeare's characters: two positions hold the same one
MATRICES = ("qkv", "proj", "up", "down")  # of a block; SwiGLU's gate is like `up`


class Networks(NamedTuple):
    """What the recurrences need of R CharGPTs; arrays (R,)."""

    layers: NDArray[np.int64]
    dim: Array
    norm: NDArray[np.bool_]
    pre: NDArray[np.bool_]
    ffn: NDArray[np.str_]
    branch: Array  # s, the factor on each branch
    law: NDArray[np.str_]
    embedding_std: Array
    head_std: Array
    context: int
    vocab: int

    @property
    def hidden(self) -> Array:
        """Width inside the FFN, (R,)."""
        return np.where(self.ffn == "swiglu", np.round(8 * self.dim / 3), 4 * self.dim)

    @property
    def fan_in(self) -> Array:
        """Of each of MATRICES, (4, R)."""
        return np.array([self.dim, self.dim, self.dim, self.hidden])

    @property
    def fan_out(self) -> Array:
        """Of each of MATRICES, (4, R)."""
        return np.array([3 * self.dim, self.dim, self.hidden, self.dim])

    @property
    def sigma2(self) -> Array:
        """fan_in · Var W of MATRICES, (4, R), as `CharGPT.init_weights` draws them."""
        fan_in, one = self.fan_in, np.ones((4, 1))
        into_stream = np.array([[0], [1], [0], [1]]) * (2 * self.layers - 1) + 1
        laws = {
            "gpt2": fan_in * 0.02**2 / into_stream,
            "default": one / 3,
            "xavier": 2 * fan_in / (fan_in + self.fan_out),
            "kaiming": 2 * one,
        }
        return np.select([self.law == name for name in laws], list(laws.values()))


class Moved(NamedTuple):
    """What training has done to R networks."""

    kick: Array | float = 0.0  # (L, 4, R) added to each matrix's σ²
    shift2: Array | float = 0.0  # (L, 4, R) mean square of what its output has for all alike
    embedding_kick: Array | float = 0.0  # (R,) added to an embedding's variance
    embedding_shift: Array | float = 0.0  # (R,) root mean square of what all embeddings share
    head_kick: Array | float = 0.0  # (R,) added to the variance of the head's weights
    unlearned: float = 1.0  # what is left of the error that all positions share


@dataclass(frozen=True)
class Signal:
    """Curves; over the stream each (2·layers + 1, R): embeddings, then after every branch. A
    shallower network's end as they were at its last."""

    q: Array
    near: Array  # Δ of two positions of one sequence
    far: Array  # Δ of two positions of two sequences
    G: Array
    G_far: Array  # what the gradients of two positions share
    share: Array  # (2·layers, R) of the stream's mean square after a branch, what the branch added
    scatter: Array  # (layers, R) variance of a query's scores over the keys
    # of every matrix in the order in which the signal meets them, (4·layers, R):
    q_in: Array  # mean square of what enters it
    far_in: Array  # its Δ
    Gz: Array  # E (dL/dz)² of what leaves it; 0 beyond a network's own layers
    Gz_far: Array
    head_q: Array  # (R,) of what enters the head
    head_far: Array
    logit: Array  # variance of a logit
    error: Array  # E |softmax − target|²
    error_far: Array  # what two positions' errors share

    @property
    def alike(self) -> Array:
        """1 − cos of two positions of one sequence over the stream, (2·layers + 1, R)."""
        found: Array = self.near / np.maximum(self.q, TINY)
        return found

    @property
    def last_weight(self) -> Array:
        """E (dL/dW)² of the last FFN's `down`, for the loss of one position, (R,)."""
        found: Array = self.Gz[-1] * self.q_in[-1]
        return found

    def of(self, j: int, layers: int) -> Signal:
        """That of network j alone, without the last axis."""
        ends = {"q", "near", "far", "G", "G_far"}
        count = dict.fromkeys(ends, 2 * layers + 1) | {"share": 2 * layers, "scatter": layers}
        return Signal(
            **{
                name: x[: count.get(name, 4 * layers), j] if x.ndim > 1 else x[j]
                for name, x in vars(self).items()
            }
        )


class _Branch(NamedTuple):
    """A branch f of q̂, Δ̂: what it gives, and what its gradient is multiplied by; arrays (R,)."""

    q: Array
    near: Array
    far: Array
    hidden_q: Array  # of what enters its last matrix
    hidden_far: Array
    inner: Array  # (3, 3, R): of (G, near, far) at f's output, what reaches z of its first matrix
    into: Array  # of that, what the first matrix hands on


@np.errstate(all="ignore")
def propagate(n: Networks, moved: Moved | None = None, repeated: float = REPEATED) -> Signal:
    """Forward, then back; the positions' targets agree in the share ``repeated``."""
    moved = moved or Moved()
    deepest, R, s2 = int(n.layers.max()), len(n.layers), n.branch**2
    weights = np.broadcast_to(n.sigma2 + moved.kick, (deepest, 4, R))
    shifts = np.broadcast_to(np.asarray(moved.shift2, float), (deepest, 4, R))
    variance = n.embedding_std**2 + moved.embedding_kick
    m = np.zeros(R) + moved.embedding_shift  # root mean square of what all positions share by it
    near = variance * (2 - repeated)
    x = np.array([2 * variance + m * m, near, near - variance / n.context])  # q and both Δ
    stream, steps, shares, scatters = [x], [], [], []
    for layer in range(deepest):
        alive = layer < n.layers
        (qkv, proj, up, down), shift = weights[layer], shifts[layer]
        for attends in (True, False):
            j = np.where(n.norm & n.pre, 1 / (x[0] + EPS), 1.0)
            if attends:
                scatter, f = _attention(x * j, n, qkv, proj, shift[0])
                scatters.append(scatter)
            else:
                f = _ffn(x * j, n, up, down, shift[2])
            push = n.branch * np.sqrt(shift[1 if attends else 3])
            total = np.minimum(x[0] + s2 * f.q + push * (push + 2 * m), CAP)
            after = np.where(n.norm & ~n.pre, 1 / (total + EPS), 1.0)
            new = np.minimum([total, x[1] + s2 * f.near, x[2] + s2 * f.far], CAP) * after
            new[1:] = np.minimum(new[1:], new[0])
            steps.append((f, j, after, x * j, alive))
            shares.append(s2 * f.q / np.maximum(total, TINY))
            m = np.where(alive, np.minimum((m + push) * np.sqrt(after), 1e30), m)
            x = np.where(alive, new, x)
            stream.append(x)
    j = np.where(n.norm & n.pre, 1 / (x[0] + EPS), 1.0)
    head2 = n.head_std**2 + moved.head_kick
    logit = np.minimum(head2 * n.dim * x[0] * j, CAP)
    error, error_far = errors(logit, 1 - x[2] / np.maximum(x[0], TINY), n.vocab, repeated)
    error_far = error_far * moved.unlearned**2
    g = np.array([error, error_far, error_far]) * head2 * j
    back, matrices = [g], []
    for f, before, after, entering, alive in reversed(steps):
        out = np.minimum(g * after, CAP)
        z = np.minimum(np.einsum("abr,br->ar", f.inner, s2 * out), CAP)
        last = (f.hidden_q, f.hidden_far, *np.where(alive, s2 * out, 0.0)[::2])
        first = (entering[0], entering[2], *np.where(alive, z, 0.0)[::2])
        matrices += [last, first]
        g = np.where(alive, np.minimum(out + before * f.into * z, CAP), g)
        back.append(g)
    stream_q, stream_near, stream_far = np.array(stream).swapaxes(0, 1)
    G, _, G_far = np.array(back[::-1]).swapaxes(0, 1)
    q_in, far_in, Gz, Gz_far = np.array(matrices[::-1]).swapaxes(0, 1)
    return Signal(
        q=stream_q,
        near=stream_near,
        far=stream_far,
        G=G,
        G_far=G_far,
        share=np.array(shares),
        scatter=np.array(scatters),
        q_in=q_in,
        far_in=far_in,
        Gz=Gz,
        Gz_far=Gz_far,
        head_q=x[0] * j,
        head_far=x[2] * j,
        logit=logit,
        error=error,
        error_far=error_far,
    )


def errors(logit: Array, common: Array, vocab: int, repeated: float) -> tuple[Array, Array]:
    """E |p − y|² of softmax outputs for logits of this variance, and E (p − y)·(p̃ − ỹ).

    ``common`` is the share of the logits' variance that all positions have in common; the targets
    y agree in the share ``repeated``.
    """
    own = softmax(logit, vocab)[0]
    shared = np.minimum(softmax(logit * np.maximum(common, 0.0), vocab)[0], own)
    return own - 2 / vocab + 1, shared - 2 / vocab + repeated


def _ffn(x: Array, n: Networks, up: Array, down: Array, shift2: Array) -> _Branch:
    v = np.minimum(up * x[0] + shift2, CAP)
    delta = np.minimum(up * x[1:] / np.maximum(v, TINY), 1.0)  # (2, R): near, far
    kappa, chi = np.empty_like(v), np.empty_like(v)
    D, X = np.empty_like(delta), np.empty_like(delta)
    for kind in set(n.ffn.tolist()):
        of = n.ffn == kind
        for pair in (0, 1):
            found = _activated(kind, v[of], delta[pair, of])
            kappa[of], chi[of], D[pair, of], X[pair, of] = found
    width = n.dim / n.hidden
    inner = down * width * np.einsum("ab,br->abr", np.eye(3), np.array([chi, *X]))
    out = (down * kappa, down * D[0], down * D[1])
    return _Branch(*out, kappa, D[1], inner, up / width)


def _activated(kind: str, v: Array, delta: Array) -> tuple[Array, ...]:
    """κ, χ, D and X of an FFN's inside; of silu(gate)·up, χ and X for both matrices together."""
    t = moments("silu" if kind == "swiglu" else kind, v, delta)
    if kind != "swiglu":
        return t.kappa, t.chi, t.D, t.X
    alike = t.kappa - t.D  # E φ(z)φ(z̃)
    D, X = t.kappa * v - alike * v * (1 - delta), t.X * v * (1 - delta) + alike
    return t.kappa * v, t.chi * v + t.kappa, D, X


def _attention(
    x: Array, n: Networks, qkv: Array, proj: Array, shift2: Array
) -> tuple[Array, _Branch]:
    """Values averaged by weights that concentrate as the scores scatter.

    To the gradient through the values, queries add σ²Δ̂·σ²Δ̂ and keys σ²Δ̂·σ²q̂ of what reaches the
    scores.
    """
    q, near, far = x
    query, key = qkv * q + shift2, qkv * near
    scatter = np.minimum(query * key, CAP)
    a = averages(scatter, n.context)
    value = qkv * (q - near) + shift2 + key * a.alone
    apart = np.maximum(qkv * (far - near * (1 - a.alone)), 0.0)
    through = 1 + np.minimum(key * (key + query), CAP) * a.moved / a.alone
    zero, one = np.zeros_like(q), np.ones_like(q)
    rows = [
        [a.alone, a.shared * one, zero],
        [a.own_pair, a.shared_pair, zero],
        [zero, zero, one],
    ]
    out = (proj * value, proj * key * (a.alone - a.both), proj * apart)
    return scatter, _Branch(*out, value, apart, proj * np.array(rows), qkv * through)
