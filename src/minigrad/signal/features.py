"""What decides a training run, read off the signal at init: the numbers that the verdict sees.

Every feature is log₁₀ of a quantity with a name in the theory, or a switch. The optimizer enters
through its effective rate: SGD with momentum β moves by lr/(1 − β), Adam by lr/(rms gradient + ε).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minigrad.signal.configuration import BATCH, CLASSES, INPUTS, STEPS, Configuration
from minigrad.signal.moments import moments
from minigrad.signal.optimizers import OPTIMIZERS, motion
from minigrad.signal.quadrature import Array
from minigrad.signal.recurrence import Signal, propagate_many, propagate_with

FLOOR, CEILING = 1e-40, 1e40
ROUNDING = 1e-12  # what is left of a difference of equals


@dataclass(frozen=True)
class Dynamics:
    """Per weight matrix and network, (L + 1, R), each network's head last and 0 after it: how
    training starts to move them."""

    fan_in: Array
    q: Array  # mean square of the Linear's input
    rms: Array  # of the batch's gradient, per weight
    update: Array  # first update, per weight
    rate: Array  # effective learning rate
    common: Array  # tangent kernel of the logits' difference, that all inputs share
    distinct: Array  # and that tells inputs apart
    push: Array  # root mean square of what one update adds to z for all inputs alike
    shared: Array  # (R,) share of the logits' variance that all inputs have in common


def dynamics(configs: Sequence[Configuration], signal: Signal) -> Dynamics:
    """Gradients, updates and tangent kernel (Jacot et al. 2018) layer by layer."""
    fwd, bwd = signal.forward, signal.backward
    depth, n = (np.array([getattr(c, name) for c in configs]) for name in ("depth", "width"))
    layer, column = np.arange(len(signal.sigma2))[:, None], np.arange(len(configs))
    there = layer <= depth  # the head's is at its network's depth

    def with_head(curve: Array, at_head: Array) -> Array:
        out = np.where(there, np.concatenate([curve, curve[-1:]]), 0.0)
        out[depth, column] = at_head
        return out

    fan_in = np.where(layer == 0, float(INPUTS), n)
    fan_out = np.where(layer == depth, float(CLASSES), n)
    q, diff = with_head(fwd.q_in, fwd.head_q), with_head(fwd.diff_in, fwd.head_diff)
    error = np.maximum(bwd.error, 1e-30)
    Gz, pair = with_head(bwd.Gz, error), with_head(bwd.Gz_pair, error)
    all_share = pair * (np.maximum(q - diff, 0) + 1 / fan_in)  # 1/fan_in: the bias
    unlike = np.where(Gz - pair > ROUNDING * Gz, Gz - pair, 0)
    apart = pair * diff + unlike * q
    shared = np.maximum(1 - fwd.head_diff / np.maximum(fwd.head_q, 1e-300), 0.0)
    # the errors of a batch cancel up to 1/√B, but for what the logits have in common
    common_logit = np.minimum(2 * fwd.logit_variance * shared, 1e8)
    bias = np.minimum(moments("tanh", common_logit / 4, 1.0).kappa / 4 / error, 1.0)
    rms = np.sqrt(Gz * (q + 1 / fan_in) / BATCH + all_share * bias)
    lr = np.array([c.lr for c in configs])
    step, rate, update = motion([c.optimizer for c in configs], lr, rms)
    aligned = fan_in * (np.maximum(q - diff, 0) + 1 / fan_in)  # of an input with the batch's others
    push = step * aligned * np.sqrt(pair * bias + Gz / BATCH)
    kernel = fan_in * fan_out / error  # |∂t/∂z|² = 4·|∂loss/∂z|² where the error is ½
    common, distinct = kernel * all_share, kernel * apart
    return Dynamics(fan_in, q, rms, update, rate, common, distinct, push, shared)


def features_many(configs: Sequence[Configuration], signal: Signal) -> dict[str, Array]:
    """All features by name, each (R,), of networks that ``signal`` is `propagate_many` of.

    The odds are fitted on those in `calibration.json`, the curve on those in `curve.npz`; the
    sentence that explains a verdict is made from the rest.
    """
    depth = np.array([c.depth for c in configs])
    column = np.arange(len(configs))
    fwd, bwd = signal.forward, signal.backward
    start = dynamics(configs, signal)
    common, distinct = _rates(start)
    move = start.update * start.fan_in * np.sqrt(start.q + 1 / start.fan_in)  # of z, aligned
    relative = np.minimum(move / np.sqrt(signal.sigma2 * start.q + 1e-30), 1e6)
    scramble = (relative * _branch_share(configs, signal)).sum(0)
    logit = 2 * fwd.logit_variance
    apart = np.sqrt(logit * (1 - start.shared))
    # far from its label a logit meets a constant gradient: it moves 4 × progress/INPUTS per step
    moved = 4 * distinct * STEPS / INPUTS
    to_head = distinct[depth, column]
    first, last = bwd.G[0], bwd.G[depth - 1, column]
    kicked, pushed, grown = _later(configs, signal, start)
    out = {
        "rate": np.array([c.lr for c in configs]),
        "depth": depth,
        # stability: rate × curvature of the loss, as a multiple of 1/(1 − β)
        "curvature": common.sum(0),
        # progress: rate × what tells inputs apart
        "progress": distinct.sum(0),
        "progress_head": to_head,
        # how much of a wrong start is left when the logits have moved for all steps
        "unlearn": apart / np.maximum(moved.sum(0), FLOOR),
        # how far the hidden layers can carry the logits, against where they start
        "escape": (moved.sum(0) - moved[depth, column]) / 4 / np.maximum(apart, 1e-20),
        # scrambling: how much one update changes each block's output, and all of them the logits
        "scramble": scramble,
        "scramble_first": relative[0],
        "travel": scramble * STEPS / np.sqrt(logit + 1),
        # the signal itself
        "logit": fwd.logit_variance,
        "alike": fwd.head_diff / np.maximum(fwd.head_q, 1e-300),
        "q_head": fwd.head_q,
        "gradient_ratio": first / np.maximum(last, 1e-300),
        # the same network after a few updates of one sign
        "kicked_curvature": kicked.curvature,
        "kicked_logit": kicked.signal.forward.logit_variance,
        # pushed: all inputs moved alike, as by the first ten updates along the gradient's mean
        "pushed_progress": pushed.progress,
        "pushed_gradient_ratio": pushed.signal.backward.G[0]
        / np.maximum(pushed.signal.backward.G[depth - 1, column], 1e-300),
        # tiny weights grown to σ_w² = 1
        "grown_curvature": grown.curvature,
        "grown_progress": grown.progress,
    }
    logs = {name: np.log10(np.clip(x, FLOOR, CEILING)) for name, x in out.items()}
    # the luck of its draw
    luck = {"luck": fwd.spread[depth - 1, column], "luck_gradient": bwd.spread[0]}
    return logs | luck


def features(config: Configuration) -> dict[str, float]:
    """All features of one network by name."""
    found = features_many([config], propagate_many([config]))
    return {name: float(x[0]) for name, x in found.items()}


@dataclass(frozen=True)
class _Later:
    """Networks as training will soon have changed them."""

    signal: Signal
    curvature: Array  # (R,) as the features of that name
    progress: Array


def _later(configs: Sequence[Configuration], signal: Signal, start: Dynamics) -> list[_Later]:
    """Kicked by a few updates of one sign, pushed along their mean, grown to σ_w² = 1."""
    kicks = np.array([OPTIMIZERS[c.optimizer].kick for c in configs])
    kick = np.minimum((start.fan_in * start.update * kicks) ** 2, 1e8)
    shift = np.minimum((10 * start.push[:-1]) ** 2, 1e12)
    there = np.arange(len(signal.sigma2))[:, None] <= [c.depth for c in configs]
    grow = np.where(there, np.maximum(1 - signal.sigma2, 0), 0.0)
    nothing = np.zeros_like(shift)
    variants = [(signal.sigma2 + kick, nothing), (signal.sigma2, shift)]
    if grow.any():  # else full-grown from the start
        variants.append((signal.sigma2 + grow, nothing))
    R, again = len(configs), [*configs] * len(variants)
    then = propagate_with(again, *(np.hstack(parts) for parts in zip(*variants, strict=True)))
    moving = dynamics(again, then)
    slices = [slice(k * R, (k + 1) * R) for k in range(len(variants))]
    later = [_later_of(then.of(own), *(m[:, own] for m in _rates(moving))) for own in slices]
    return later if grow.any() else [*later, _later_of(signal, *_rates(start))]


def _rates(of: Dynamics) -> tuple[Array, Array]:
    """Rate × kernel over 4, common and distinct, (L + 1, R)."""
    return of.rate * of.common / 4, of.rate * of.distinct / 4


def _later_of(signal: Signal, common: Array, distinct: Array) -> _Later:
    return _Later(signal, common.sum(0), distinct.sum(0))


def _branch_share(configs: Sequence[Configuration], signal: Signal) -> Array:
    """√ of the share that each block's branch has in its output, (L + 1, R): 1 without a skip."""
    fwd = signal.forward
    share = np.ones_like(signal.sigma2)
    skip = np.array([c.skip > 0 for c in configs])
    post = np.array([c.placement == "post" for c in configs])
    total = fwd.q / np.where(post & (fwd.jac > 0), fwd.jac, 1.0)  # jac is 0 past the last block
    added = np.maximum(total[1:] - fwd.q[:-1], 0) / np.maximum(total[1:], 1e-300)
    share[1:-1] = np.where(skip, np.sqrt(np.minimum(added, 1)), 1.0)
    share[[c.depth for c in configs], np.arange(len(configs))] = 1.0
    return share
