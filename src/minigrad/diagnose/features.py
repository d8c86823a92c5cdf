"""The numbers that the odds are made from: log₁₀ of measured quantities without units.

At another rate the update is longer or shorter; what is proportional to it follows.
"""

from __future__ import annotations

import math

from minigrad.diagnose.layers import Layer
from minigrad.diagnose.measure import Measured

FLOOR, CEILING = 1e-20, 1e20


def log(x: float) -> float:
    """log₁₀ within bounds; what is not finite is large."""
    if not math.isfinite(x):
        return math.log10(CEILING)
    return math.log10(min(max(x, FLOOR), CEILING))


def weighted(layers: list[Layer]) -> list[Layer]:
    """The layers with parameters, norms aside."""
    return [layer for layer in layers if layer.weighted and "Norm" not in layer.kind]


def features(m: Measured, steps: int, times: float = 1.0) -> dict[str, float]:
    """All of them by name, at `times` the optimizer's rate; those that begin with `trial_` and
    `far` are known at its own only."""
    rate = log(times)
    layers = weighted(m.layers) or m.layers
    head = layers[-1]
    reach = times * steps / (1 - m.momentum)
    changes = [layer.change for layer in layers if math.isfinite(layer.change)]
    updates = [layer.update for layer in layers if math.isfinite(layer.update)]
    limit = 2 * (1 + m.momentum)
    guess = max(m.guess, 1e-12)
    out = {
        "rate": log(m.rate) + rate,
        "layers": log(len(layers)),
        "momentum": m.momentum,
        "start": log(m.start / guess),
        "logit": log(m.logit),
        "alike": log(head.alike_in if math.isfinite(head.alike_in) else head.alike),
        "alike_least": log(min((x.alike for x in layers if math.isfinite(x.alike)), default=1.0)),
        "gradient_ratio": log(layers[0].gradient / max(head.gradient, 1e-300)),
        "gradient_least": log(
            min((x.gradient for x in layers), default=1.0) / max(head.gradient, 1e-300)
        ),
        "gradient": log(m.gradient),
        "agreement": m.agreement,
        "progress": log(m.descent * reach / guess),
        "carried": log(m.carried * reach / guess),
        "excess": log(m.descent * reach / max(m.start, guess)),
        "curvature": log(m.curvature / limit) + rate,
        "sharpness": log(m.curvature / max(m.descent, 1e-30)),
        "change": log(math.sqrt(m.moved)) + rate,
        "apart": log(math.sqrt(m.apart) * reach),
        "apart_share": log(m.apart / max(m.moved, 1e-300)),
        "turn": log(math.sqrt(m.moved / max(m.logit, 1e-30))) + rate,
        "scramble": log(sum(changes)) + rate,
        "scramble_most": log(max(changes, default=0.0)) + rate,
        "scramble_first": log(changes[0] if changes else 0.0) + rate,
        "update_most": log(max(updates, default=0.0)) + rate,
        "update_middle": log(sorted(updates)[len(updates) // 2] if updates else 0.0) + rate,
        "update_least": log(min(updates, default=0.0)) + rate,
    }
    out["head_share"] = m.descent_head
    out["even"] = m.even
    out["unlearn"] = log(math.sqrt(m.logit) / max(math.sqrt(m.apart) * reach, 1e-20))
    losses = [x if math.isfinite(x) else CEILING for x in m.losses]
    out["trial_first"] = log(losses[0] / guess) if losses else 0.0
    out["trial_last"] = log(losses[-1] / guess) if losses else 0.0
    out["trial_most"] = log(max(losses, default=guess) / guess)
    out["trial_gained"] = _gain(m.start, losses[-1], guess) if losses else 0.0
    out["trial_other"] = _gain(losses[0], losses[-2], guess) if len(losses) > 2 else 0.0
    out["trial_lately"] = _gain(losses[-3], losses[-1], guess) if len(losses) > 2 else 0.0
    out["trial_slope"] = log(m.slopes[-1] / max(m.gradient, 1e-30)) if m.slopes else 0.0
    out["trial_slope_most"] = log(max(m.slopes) / max(m.gradient, 1e-30)) if m.slopes else 0.0
    out["trial_along"] = m.along
    out["trial_progress"] = log(m.late_descent * reach / guess)
    out["trial_curvature"] = log(m.late_curvature / limit)
    out |= _state("trial", weighted(m.after) or m.after or layers)
    # the trial again, but ten times as far at once
    out["far_loss"] = log(m.far_loss / guess)
    out["far_gained"] = _gain(m.start, m.far_loss, guess)
    out["farther_loss"] = log(m.farther_loss / guess)
    out["farther_gained"] = _gain(m.start, m.farther_loss, guess)
    out["far_slope"] = log(m.far_gradient / max(m.gradient, 1e-30))
    turned = m.far_descent / m.descent if m.descent else 0.0
    out["far_turned"] = max(min(turned, 10.0), -10.0) if math.isfinite(turned) else -10.0
    out |= _state("far", weighted(m.far) or m.far or layers)
    return out


def _gain(before: float, after: float, guess: float) -> float:
    """How much the loss fell, in guesses, within ±3."""
    fell = (before - after) / guess
    return max(min(fell, 3.0), -3.0) if math.isfinite(fell) else -3.0


def _state(prefix: str, layers: list[Layer]) -> dict[str, float]:
    """Likeness, gradients and output of a network as it is after some updates."""
    head = layers[-1]
    alike = head.alike_in if math.isfinite(head.alike_in) else head.alike
    down = max(head.gradient, 1e-300)
    return {
        f"{prefix}_alike": log(alike),
        f"{prefix}_alike_least": log(
            min((x.alike for x in layers if math.isfinite(x.alike)), default=1.0)
        ),
        f"{prefix}_gradient_ratio": log(layers[0].gradient / down),
        f"{prefix}_gradient_least": log(min(x.gradient for x in layers) / down),
        f"{prefix}_logit": log(head.q),
    }
