"""How training starts to move transformers: gradients, updates and tangent kernel, by matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minigrad.signal.optimizers import ADAM_EPS, MOMENTUM
from minigrad.signal.quadrature import Array
from minigrad.signal.transformer.configuration import (
    BATCH,
    CONTEXT,
    HEAD_STD,
    STEPS,
    VOCAB,
    TransformerConfiguration,
)
from minigrad.signal.transformer.recurrence import (
    CAP,
    REPEATED,
    Moved,
    Networks,
    Signal,
    propagate,
)

TOKENS = BATCH * CONTEXT  # of a batch
LARGEST = 1e12


def networks(configs: Sequence[TransformerConfiguration]) -> Networks:
    """What the recurrences need to know of them."""
    init = np.array([c.init for c in configs])
    return Networks(
        layers=np.array([c.layers for c in configs]),
        dim=np.array([float(c.dim) for c in configs]),
        norm=np.array([c.norm != "none" for c in configs]),
        pre=np.array([c.placement == "pre" for c in configs]),
        ffn=np.array([c.ffn for c in configs]),
        branch=np.array([c.branch_scale for c in configs]),
        law=init,
        embedding_std=np.where(init == "gpt2", 0.02, 1.0),
        head_std=np.full(len(configs), HEAD_STD),
        context=CONTEXT,
        vocab=VOCAB,
    )


@dataclass(frozen=True)
class Training:
    """How R networks are trained, arrays (R,)."""

    lr: Array
    adam: Array  # whether
    clip: Array  # inf where the gradient is not clipped
    moved: Array  # (STEPS, R): how far a constant gradient of 1 has moved a weight after each step

    @property
    def total(self) -> Array:
        """By the last step."""
        found: Array = self.moved[-1]
        return found


def training(configs: Sequence[TransformerConfiguration]) -> Training:
    """The optimizers and their schedules.

    SGD's momentum makes 1/(1 − β) of an update; Adam divides it out again.
    """
    adam = np.array([c.optimizer == "adam" for c in configs])
    lr = np.array([c.lr for c in configs])
    warmup = np.array([c.warmup for c in configs])
    t = np.arange(1, STEPS + 1)[:, None]
    rate = lr * np.minimum(1.0, t / np.maximum(warmup, 1))
    momentum = np.where(adam, 1.0, (1 - MOMENTUM**t) / (1 - MOMENTUM))
    clip = np.array([np.inf if c.clip is None else c.clip for c in configs])
    return Training(lr, adam, clip, np.cumsum(rate * momentum, axis=0))


@dataclass(frozen=True)
class Dynamics:
    """By matrix (4·layers + 1, R), head last; all of an update at rate 1 but `gradient`."""

    update: Array  # root mean square of an entry's
    push: Array  # root mean square of what it adds to z for all positions alike
    common: Array  # tangent kernel (Jacot et al. 2018) × effective rate, that positions share
    distinct: Array  # and that tells them apart; embeddings last, (4·layers + 2, R)
    gradient: Array  # (R,) norm of the batch's, before clipping
    embedding: Array  # (R,) root mean square of an entry's update
    embedding_push: Array  # (R,) and of what all tokens' have in common


def _by_matrix(of_block: Array, n: Networks, head: Array | float) -> Array:
    """(4, R) as (4·layers + 1, R)."""
    return np.vstack(
        [np.tile(of_block, (int(n.layers.max()), 1)), np.broadcast_to(head, n.dim.shape)]
    )


@np.errstate(all="ignore")
def dynamics(n: Networks, how: Training, s: Signal) -> Dynamics:
    """Of one batch: errors of single positions cancel, what positions share adds up.

    SGD moves a weight by the gradient, at most `clip` in all; Adam every weight by the rate,
    whatever its gradient: rate/(rms gradient + ε) times it.
    """
    fan_in, fan_out = _by_matrix(n.fan_in, n, n.dim), _by_matrix(n.fan_out, n, VOCAB)
    q, far = np.vstack([s.q_in, s.head_q]), np.vstack([s.far_in, s.head_far])
    alike = np.maximum(q - far, 0)
    Gz = np.vstack([s.Gz, s.error / VOCAB])
    shared = np.clip(np.vstack([s.Gz_far, s.error_far / VOCAB]), 0, Gz)
    rms2 = Gz * q / TOKENS + shared * alike
    token2 = s.G[0] * REPEATED / TOKENS + s.G_far[0] * REPEATED**2  # of an embedding's gradient
    size = (fan_in * fan_out * rms2).sum(0) + (VOCAB + CONTEXT) * n.dim * token2
    gradient = np.sqrt(np.minimum(size, CAP))
    clipped = np.minimum(1.0, how.clip / np.maximum(gradient, 1e-30))
    rate = np.where(how.adam, 1 / (np.sqrt(rms2) + ADAM_EPS), clipped)
    token_rate = np.where(how.adam, 1 / (np.sqrt(token2) + ADAM_EPS), clipped)
    kernel = rate * fan_in * fan_out / s.error
    distinct = kernel * np.maximum(Gz * q - shared * alike, 0)
    return Dynamics(
        update=rate * np.sqrt(rms2),
        push=rate * fan_in * alike * np.sqrt(shared + Gz / TOKENS),
        common=kernel * shared * alike,
        distinct=np.vstack([distinct, token_rate * n.dim * s.G[0] / s.error]),
        gradient=gradient,
        embedding=token_rate * np.sqrt(token2),
        embedding_push=token_rate * REPEATED * np.sqrt(np.maximum(s.G_far[0], 0.0)),
    )


@np.errstate(all="ignore")
def after(
    n: Networks,
    d: Dynamics,
    along: Array | float = 0.0,
    apart: Array | float = 0.0,
    head_variance: Array | float = 0.0,
    unlearned: float = 1.0,
) -> Signal:
    """The signal once the weights have moved by ``d``: ``along`` one way, ``apart`` at random.

    ``head_variance`` is added to that of the head's weights; ``unlearned`` is what is left of the
    error that all positions share.
    """
    far2 = along**2 + apart**2
    deepest = int(n.layers.max())
    kick = np.minimum(d.update**2 * far2 * _by_matrix(n.fan_in, n, n.dim), LARGEST)
    shift2 = np.minimum((d.push * along) ** 2, LARGEST)
    moved = Moved(
        kick=kick[:-1].reshape(deepest, 4, -1),
        shift2=shift2[:-1].reshape(deepest, 4, -1),
        embedding_kick=np.minimum(d.embedding**2 * far2, LARGEST),
        embedding_shift=np.minimum(d.embedding_push * along, LARGEST),
        head_kick=kick[-1] / n.dim + head_variance,
        unlearned=unlearned,
    )
    return propagate(n, moved)


def spectral(n: Networks, d: Dynamics) -> Array:
    """Spectral norm of an update at rate 1, of rank 1 since its gradient is shared, over the
    weight's, by matrix of the blocks: (4·layers, R)."""
    # the largest singular value of a random matrix: σ(√n + √m)
    weight = np.sqrt(n.sigma2 / n.fan_in) * (np.sqrt(n.fan_in) + np.sqrt(n.fan_out))
    ratio = np.sqrt(n.fan_in * n.fan_out) / weight
    return np.minimum(_by_matrix(ratio, n, 0.0)[:-1] * d.update[:-1], LARGEST)


def scramble(n: Networks, s: Signal, d: Dynamics) -> Array:
    """How much an update at rate 1 changes the branches' outputs, each by its share of the
    stream, added up: (R,)."""
    alive = np.arange(len(s.share))[:, None] < 2 * n.layers
    share = np.repeat(np.sqrt(s.share * alive), 2, axis=0)
    found: Array = (spectral(n, d) * share).sum(0)
    return found
