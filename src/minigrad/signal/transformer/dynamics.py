"""How training starts to move a transformer: gradients, updates and tangent kernel, by matrix."""

from __future__ import annotations

import math
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
from minigrad.signal.transformer.recurrence import REPEATED, Shape, Signal, propagate, sigma2

TOKENS = BATCH * CONTEXT  # of a batch
LARGEST = 1e12


def shape_of(config: TransformerConfiguration) -> Shape:
    """What the recurrences need to know."""
    return Shape(
        config.layers,
        config.dim,
        config.norm != "none",
        config.placement == "pre",
        config.ffn,
        config.branch_scale,
        CONTEXT,
        VOCAB,
    )


def embedding_std(config: TransformerConfiguration) -> float:
    """As `CharGPT.init_weights` draws them."""
    return 0.02 if config.init == "gpt2" else 1.0


@dataclass(frozen=True)
class Dynamics:
    """By matrix (4·layers + 1,), head last; all of an update at rate 1 but `gradient`."""

    update: Array  # root mean square of an entry's
    push: Array  # root mean square of what it adds to z for all positions alike
    common: Array  # tangent kernel (Jacot et al. 2018) × effective rate, that positions share
    distinct: Array  # and that tells them apart; embeddings last, (4·layers + 2,)
    gradient: float  # norm of the batch's, before clipping
    embedding: float  # root mean square of an entry's update
    embedding_push: float  # and of what all tokens' have in common


def dynamics(config: TransformerConfiguration, s: Signal) -> Dynamics:
    """Of one batch: errors of single positions cancel, what positions share adds up.

    SGD moves a weight by the gradient, at most `clip` in all; Adam every weight by the rate,
    whatever its gradient: rate/(rms gradient + ε) times it.
    """
    shape = shape_of(config)
    fan_in = np.append(np.tile(shape.fan_in, config.layers), shape.dim)
    fan_out = np.append(np.tile(shape.fan_out, config.layers), VOCAB)
    q, far = np.append(s.q_in, s.head_q), np.append(s.far_in, s.head_far)
    alike = np.maximum(q - far, 0)
    Gz = np.append(s.Gz, s.error / VOCAB)
    shared = np.minimum(np.append(s.Gz_far, s.error_far / VOCAB), Gz)
    rms2 = Gz * q / TOKENS + shared * alike
    token2 = s.G[0] * REPEATED / TOKENS + s.G_far[0] * REPEATED**2  # of an embedding's gradient
    size = float((fan_in * fan_out * rms2).sum()) + (VOCAB + CONTEXT) * shape.dim * token2
    gradient = math.sqrt(min(size, LARGEST**4))
    if config.optimizer == "sgd":
        clipped = 1.0 if config.clip is None else min(1.0, config.clip / max(gradient, 1e-30))
        rate, token_rate = np.full(len(q), clipped), clipped
    else:
        rate = 1 / (np.sqrt(rms2) + ADAM_EPS)
        token_rate = 1 / (math.sqrt(token2) + ADAM_EPS)
    kernel = rate * fan_in * fan_out / s.error
    return Dynamics(
        update=rate * np.sqrt(rms2),
        push=rate * fan_in * alike * np.sqrt(shared + Gz / TOKENS),
        common=kernel * shared * alike,
        distinct=np.append(
            kernel * np.maximum(Gz * q - shared * alike, 0),
            token_rate * shape.dim * s.G[0] / s.error,
        ),
        gradient=gradient,
        embedding=token_rate * math.sqrt(token2),
        embedding_push=token_rate * REPEATED * math.sqrt(max(s.G_far[0], 0.0)),
    )


def distances(config: TransformerConfiguration) -> Array:
    """How far a constant gradient of 1 has moved a weight after each step, (STEPS,).

    SGD's momentum makes 1/(1 − β) of an update; Adam divides it out again.
    """
    t = np.arange(1, STEPS + 1)
    rate = config.lr * (np.minimum(1.0, t / config.warmup) if config.warmup else np.ones(STEPS))
    if config.optimizer == "sgd":
        rate = rate * (1 - MOMENTUM**t) / (1 - MOMENTUM)
    return np.cumsum(rate)


def at_init(config: TransformerConfiguration) -> Signal:
    """The signal before the first update."""
    shape = shape_of(config)
    return propagate(shape, sigma2(config.init, shape), embedding_std(config), HEAD_STD)


def after(
    config: TransformerConfiguration,
    d: Dynamics,
    along: float = 0.0,
    apart: float = 0.0,
    head_variance: float = 0.0,
    unlearned: float = 1.0,
) -> Signal:
    """The signal once the weights have moved by ``d``: ``along`` one way, ``apart`` at random.

    ``head_variance`` is added to that of the head's weights; ``unlearned`` is what is left of the
    error that all positions share.
    """
    shape = shape_of(config)
    fan_in = np.append(np.tile(shape.fan_in, config.layers), shape.dim)
    kick = np.minimum(d.update**2 * (along**2 + apart**2) * fan_in, LARGEST)
    shift2 = np.minimum((d.push * along) ** 2, LARGEST)
    return propagate(
        shape,
        sigma2(config.init, shape),
        embedding_std(config),
        HEAD_STD,
        kick[:-1].reshape(-1, 4),
        shift2[:-1].reshape(-1, 4),
        min(d.embedding**2 * (along**2 + apart**2), LARGEST),
        kick[-1] / shape.dim + head_variance,
        min(d.embedding_push * along, LARGEST),
        unlearned,
    )
