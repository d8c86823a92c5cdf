"""What decides a training run, read off the signal at init: the numbers that the verdict sees.

Every feature is log₁₀ of a quantity with a name in the theory, or a switch. The optimizer enters
through its effective rate: SGD with momentum β moves by lr/(1 − β), Adam by lr/(rms gradient + ε).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from minigrad.signal.configuration import BATCH, CLASSES, INPUTS, STEPS, Configuration
from minigrad.signal.moments import moments
from minigrad.signal.optimizers import OPTIMIZERS
from minigrad.signal.quadrature import Array
from minigrad.signal.recurrence import Signal, propagate

FLOOR, CEILING = 1e-40, 1e40


@dataclass(frozen=True)
class Dynamics:
    """Per weight matrix, (L + 1,), head last: how training starts to move the network."""

    q: Array  # mean square of the Linear's input
    rms: Array  # of the batch's gradient, per weight
    update: Array  # first update, per weight
    rate: Array  # effective learning rate
    common: Array  # tangent kernel of the logits' difference, that all inputs share
    distinct: Array  # and that tells inputs apart
    push: Array  # root mean square of what one update adds to z for all inputs alike
    shared: float  # share of the logits' variance that all inputs have in common


def dynamics(config: Configuration, signal: Signal) -> Dynamics:
    """Gradients, updates and tangent kernel (Jacot et al. 2018) layer by layer."""
    n, fwd, bwd = config.width, signal.forward, signal.backward
    fan_in = np.array([INPUTS] + [n] * config.depth, float)
    fan_out = np.array([n] * config.depth + [CLASSES], float)
    q, diff = np.append(fwd.q_in, fwd.head_q), np.append(fwd.diff_in, fwd.head_diff)
    error = max(bwd.error, 1e-30)
    Gz, pair = np.append(bwd.Gz, error), np.append(bwd.Gz_pair, error)
    all_share = pair * (np.maximum(q - diff, 0) + 1 / fan_in)  # 1/fan_in: the bias
    apart = np.maximum(pair * diff + (Gz - pair) * q, 0)
    shared = max(1 - fwd.head_diff / max(fwd.head_q, 1e-300), 0.0)
    # the errors of a batch cancel up to 1/√B, but for what the logits have in common
    common_logit = min(2 * fwd.logit_variance * shared, 1e8)
    bias = moments("tanh", common_logit / 4, 1.0).kappa / 4 / error
    bias = min(bias, 1.0)
    rms = np.sqrt(Gz * (q + 1 / fan_in) / BATCH + all_share * bias)
    step, rate, update = OPTIMIZERS[config.optimizer].motion(config.lr, rms)
    aligned = fan_in * (np.maximum(q - diff, 0) + 1 / fan_in)  # of an input with the batch's others
    push = step * aligned * np.sqrt(pair * bias + Gz / BATCH)
    kernel = fan_in * fan_out / error  # |∂t/∂z|² = 4·|∂loss/∂z|² where the error is ½
    common, distinct = kernel * all_share, kernel * apart
    return Dynamics(q, rms, update, rate, common, distinct, push, shared)


def features(config: Configuration, signal: Signal | None = None) -> dict[str, float]:
    """All features by name. The odds are fitted on those in `calibration.json`, the sentence that
    explains a verdict is made from the rest."""
    signal = signal or propagate(config)
    n, depth = config.width, config.depth
    fwd, bwd = signal.forward, signal.backward
    start = dynamics(config, signal)
    fan_in = np.array([INPUTS] + [n] * depth, float)
    common, distinct = start.rate * start.common / 4, start.rate * start.distinct / 4
    move = start.update * fan_in * np.sqrt(start.q + 1 / fan_in)  # of z by one aligned update
    relative = np.minimum(move / np.sqrt(signal.sigma2 * start.q + 1e-30), 1e6)
    scramble = (relative * _branch_share(config, signal)).sum()
    logit = 2 * fwd.logit_variance
    apart = math.sqrt(logit * (1 - start.shared))
    # far from its label a logit meets a constant gradient: it moves 4 × progress/INPUTS per step
    moved = 4 * distinct * STEPS / INPUTS
    out = {
        "rate": _log(config.lr),
        "depth": _log(depth),
        # stability: rate × curvature of the loss, as a multiple of 1/(1 − β)
        "curvature": _log(common.sum()),
        # progress: rate × what tells inputs apart
        "progress": _log(distinct.sum()),
        "progress_head": _log(distinct[-1]),
        # how much of a wrong start is left when the logits have moved for all steps
        "unlearn": _log(apart / max(moved.sum(), FLOOR)),
        # how far the hidden layers can carry the logits, against where they start
        "escape": _log(moved[:-1].sum() / 4 / max(apart, 1e-20)),
        # scrambling: how much one update changes each block's output, and all of them the logits
        "scramble": _log(scramble),
        "scramble_first": _log(relative[0]),
        "travel": _log(scramble * STEPS / math.sqrt(logit + 1)),
        # the signal itself, and the luck of its draw
        "logit": _log(fwd.logit_variance),
        "alike": _log(fwd.head_diff / max(fwd.head_q, 1e-300)),
        "q_head": _log(fwd.head_q),
        "gradient_ratio": _log(bwd.G[0] / max(bwd.G[-1], 1e-300)),
        "luck": float(fwd.spread[-1]),
        "luck_gradient": float(bwd.spread[0]),
    }
    # the same network after a few updates of one sign
    kick = np.minimum((fan_in * start.update * OPTIMIZERS[config.optimizer].kick) ** 2, 1e8)
    kicked = propagate(config, kick)
    then = dynamics(config, kicked)
    out["kicked_curvature"] = _log((then.rate * then.common).sum() / 4)
    out["kicked_logit"] = _log(kicked.forward.logit_variance)
    # pushed: all inputs moved alike, as by the first ten updates along the gradient's mean
    pushed = propagate(config, shift2=np.minimum((10 * start.push[:-1]) ** 2, 1e12))
    then = dynamics(config, pushed)
    out["pushed_progress"] = _log((then.rate * then.distinct).sum() / 4)
    out["pushed_gradient_ratio"] = _log(pushed.backward.G[0] / max(pushed.backward.G[-1], 1e-300))
    # tiny weights grown to σ_w² = 1
    grown = np.maximum(1 - signal.sigma2, 0)
    then = dynamics(config, propagate(config, grown)) if grown.any() else start
    out["grown_curvature"] = _log((then.rate * then.common).sum() / 4)
    out["grown_progress"] = _log((then.rate * then.distinct).sum() / 4)
    return out


def _branch_share(config: Configuration, signal: Signal) -> Array:
    """√ of the share that each block's branch has in its output, (L + 1,): 1 without a skip."""
    share = np.ones(config.depth + 1)
    if config.skip and config.depth > 1:
        q = signal.forward.q
        total = q / (signal.forward.jac if config.placement == "post" else 1.0)
        added = np.maximum(total[1:] - q[:-1], 0) / np.maximum(total[1:], 1e-300)
        share[1:-1] = np.sqrt(np.minimum(added, 1))
    return share


def _log(x: float) -> float:
    """log₁₀, within what a double can multiply."""
    return math.log10(min(max(float(x), FLOOR), CEILING))
