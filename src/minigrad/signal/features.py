"""What decides a training run, read off the signal at init: the numbers that the verdict sees.

Every feature is log₁₀ of a quantity with a name in the theory, or a switch. The optimizer enters
through its effective rate: SGD with momentum β moves by lr/(1 − β), Adam by lr/(rms gradient + ε).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from minigrad.signal.configuration import CLASSES, INPUTS, Configuration
from minigrad.signal.moments import moments
from minigrad.signal.quadrature import Array
from minigrad.signal.recurrence import Signal, propagate

STEPS, BATCH = 300, 64
MOMENTUM, ADAM_EPS = 0.9, 1e-8
STABLE = 2 * (1 + MOMENTUM) / (1 - MOMENTUM)  # lr · curvature beyond which SGD diverges: 38
KICK = {"adam": 1.0, "sgd": 2.0}  # updates of one sign that a stack must survive
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
    rms = np.sqrt(Gz * (q + 1 / fan_in) / BATCH + all_share * min(bias, 1.0))
    if config.optimizer == "adam":
        rate = config.lr / (rms + ADAM_EPS)
        update = rate * rms
    else:
        rate = np.full(len(q), config.lr / (1 - MOMENTUM))
        update = config.lr * rms
    kernel = fan_in * fan_out / error  # |∂t/∂z|² = 4·|∂loss/∂z|² where the error is ½
    return Dynamics(q, rms, update, rate, kernel * all_share, kernel * apart, shared)


def features(config: Configuration, signal: Signal | None = None) -> dict[str, float]:
    """All features by name."""
    signal = signal or propagate(config)
    n, depth = config.width, config.depth
    fwd, bwd = signal.forward, signal.backward
    start = dynamics(config, signal)
    fan_in = np.array([INPUTS] + [n] * depth, float)
    common, distinct = start.rate * start.common / 4, start.rate * start.distinct / 4
    shift = start.update * fan_in * np.sqrt(start.q + 1 / fan_in)  # of z by one aligned update
    relative = np.minimum(shift / np.sqrt(signal.sigma2 * start.q + 1e-30), 1e6)
    felt = relative * _branch_share(config, signal)
    learned = 1 - math.exp(-min(distinct.sum() * STEPS / INPUTS, 50.0))
    logit = 2 * fwd.logit_variance
    together, apart = logit * start.shared, logit * (1 - start.shared)
    after = math.sqrt(apart) * (1 - learned)
    after += math.sqrt(together) * math.exp(-min(common.sum() * STEPS, 50.0))
    out = {
        # stability: rate × curvature of the loss, as a multiple of 1/(1 − β)
        "curvature": _log(common.sum()),
        "curvature_head": _log(common[-1]),
        "curvature_first": _log(common[0]),
        # progress: what tells inputs apart, × rate
        "progress": _log(distinct.sum()),
        "progress_hidden": _log(distinct[:-1].sum()),
        "progress_head": _log(distinct[-1]),
        "progress_first": _log(distinct[0]),
        # logits: how wrong the start is, and what linear dynamics leave of it after all steps
        "logit": _log(fwd.logit_variance),
        "logit_common": _log(together),
        "logit_distinct": _log(apart),
        "logit_left": _log(after),
        # scrambling: how much one update changes each block's output
        "scramble": _log(felt.sum()),
        "scramble_rms": _log(math.sqrt((felt**2).sum())),
        "scramble_max": _log(relative.max()),
        "scramble_median": _log(float(np.median(relative))),
        "scramble_first": _log(relative[0]),
        "scramble_head": _log(relative[-1]),
        # the signal itself
        "alike": _log(fwd.head_diff / max(fwd.head_q, 1e-300)),
        "q_last": _log(fwd.q[-1]),
        "q_head": _log(fwd.head_q),
        "gradient_ratio": _log(bwd.G[0] / max(bwd.G[-1], 1e-300)),
        "gradient_shared": _log(bwd.G_pair[0] / max(bwd.G[-1], 1e-300)),
        "gradient_first": _log(start.rms[0]),
        "gradient_min": _log(start.rms.min()),
        "gradient_max": _log(start.rms.max()),
        "luck": float(fwd.spread[-1]),
        "luck_gradient": float(bwd.spread[0]),
        "slope_last": _log(bwd.Gz[-1] / max(bwd.G[-1], 1e-300)),
        "sigma": _log(signal.sigma2[-1]),
        "rate": _log(config.lr),
        "depth": _log(depth),
        "width": _log(n),
        "skip": config.skip,
        "branch": _log(config.branch_scale),
        "adam": float(config.optimizer == "adam"),
        "no_norm": float(config.norm == "none"),
        "post_norm": float(config.norm != "none" and config.placement == "post"),
        "mid_norm": float(config.norm != "none" and config.placement == "mid"),
        "linear": float(config.activation == "linear"),
    }
    # the same network after a few updates of one sign, and with tiny weights grown to σ_w² = 1
    kick = np.minimum((fan_in * start.update * KICK[config.optimizer]) ** 2, 1e8)
    noise = np.minimum(fan_in * (10 * start.update) ** 2, 1e8)
    grown = np.maximum(1 - signal.sigma2, 0)
    for name, extra in (("kicked", kick), ("noised", noise), ("grown", grown)):
        if not extra.any():
            after_signal, then = signal, start
        else:
            after_signal = propagate(config, extra)
            then = dynamics(config, after_signal)
        f, b = after_signal.forward, after_signal.backward
        out[f"{name}_curvature"] = _log((then.rate * then.common).sum() / 4)
        out[f"{name}_progress"] = _log((then.rate * then.distinct).sum() / 4)
        out[f"{name}_alike"] = _log(f.head_diff / max(f.head_q, 1e-300))
        out[f"{name}_logit"] = _log(f.logit_variance)
        out[f"{name}_gradient_ratio"] = _log(b.G[0] / max(b.G[-1], 1e-300))
        out[f"{name}_gradient"] = _log(then.rms[0])
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
