"""The numbers that the odds are made from: log₁₀ of measured quantities without units.

At another rate the update is longer or shorter; what is proportional to it follows.
"""

from __future__ import annotations

import math

from minigrad.diagnose.layers import Layer
from minigrad.diagnose.leaps import LEAPS, Leap
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
    `leap` are known at its own only."""
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
    body, own = max(1 - m.descent_head, 1e-6), max(m.descent_head, 1e-6)
    out["progress_head"], out["progress_body"] = (
        out["progress"] + log(share) for share in (own, body)
    )
    out["escape"] = out["progress_body"] - out["logit"] / 2
    out["travel"] = out["scramble"] + log(steps) - log(m.logit + 1) / 2
    out["head_in"] = log(head.q_in if math.isfinite(head.q_in) else 1.0)
    out["units"] = log(sorted(x.units for x in layers)[len(layers) // 2] or 1)
    out["size_most"] = log(max((x.q for x in layers), default=1.0))
    out["change_last"] = log(changes[-1] if changes else 0.0) + rate
    out["change_middle"] = log(sorted(changes)[len(changes) // 2] if changes else 0.0) + rate
    out["gradient_most"] = log(max(x.gradient for x in layers) / max(head.gradient, 1e-300))
    unlike = m.logit * (head.alike if math.isfinite(head.alike) else 1.0)
    out["relearn"] = log(math.sqrt(unlike) / max(math.sqrt(m.apart) * reach, 1e-20))
    out["logit_unlike"] = log(unlike)
    out |= _trial(m, guess)
    for i in range(LEAPS):
        leap = m.leaps[i] if i < len(m.leaps) else Leap(-1.0)
        turned = leap.turned if math.isfinite(leap.turned) else -31.0
        out |= {
            f"leap{i}_share": leap.share,
            f"leap{i}_turned": max(min(turned, 30.0), -31.0),
            f"leap{i}_landed": log(leap.landed / guess),
            f"leap{i}_loss": log(leap.loss / guess),
            f"leap{i}_stride": log(leap.stride),
            f"leap{i}_grown": log(leap.grown),
            f"leap{i}_middle": log(leap.middle),
        }
    landed = [x for leap in m.leaps for x in (leap.landed, leap.loss) if math.isfinite(x)]
    out["leaps_least"] = log(min(landed, default=CEILING) / guess)
    out["leaps_slope"] = log(m.late_slope / max(m.gradient, 1e-30))
    end = m.leaps[-1].loss if m.leaps else math.nan
    out["leaps_gained"] = _gain(m.start, end, guess)
    for i, name in enumerate(("trial", "leap0", "leaps")):
        there = m.later[i] if i < len(m.later) else []
        out |= _state(name, weighted(there) or there)
    return out


def _trial(m: Measured, guess: float) -> dict[str, float]:
    """What the updates before the leaps did."""
    whole = len(m.losses) > 1
    most = max((x if math.isfinite(x) else CEILING for x in m.losses), default=guess)
    steep = max((x if math.isfinite(x) else CEILING for x in m.slopes), default=0.0)
    return {
        "trial_other": log(m.losses[0] / guess) if m.losses else 0.0,
        "trial_first": log(m.losses[1] / guess) if whole else 0.0,
        "trial_most": log(most / guess),
        "trial_gained": _gain(m.start, m.losses[1], guess) if whole else 0.0,
        "trial_slope": log(m.slopes[-1] / max(m.gradient, 1e-30)) if m.slopes else 0.0,
        "trial_slope_most": log(steep / max(m.gradient, 1e-30)),
        "trial_turn": m.turn,
        "trial_stride": log(m.stride),
        "trial_grown": log(m.grown),
        "trial_middle": log(m.middle),
    }


def _gain(before: float, after: float, guess: float) -> float:
    """How much the loss fell, in guesses, within ±3."""
    fell = (before - after) / guess
    return max(min(fell, 3.0), -3.0) if math.isfinite(fell) else -3.0


def _state(prefix: str, layers: list[Layer]) -> dict[str, float]:
    """Likeness, gradients and output of a network as it is where the leaps end; all of it large
    where they broke."""
    names = ("alike", "alike_least", "gradient_ratio", "gradient_least", "logit")
    if not layers:
        return {f"{prefix}_{name}": log(math.inf) for name in names}
    head = layers[-1]
    alike = head.alike_in if math.isfinite(head.alike_in) else head.alike
    down = max(head.gradient, 1e-300)
    least = min((x.alike for x in layers if math.isfinite(x.alike)), default=1.0)
    found = (
        log(alike),
        log(least),
        log(layers[0].gradient / down),
        log(min(x.gradient for x in layers) / down),
        log(head.q),
    )
    return {f"{prefix}_{name}": x for name, x in zip(names, found, strict=True)}
