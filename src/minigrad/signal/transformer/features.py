"""What decides a transformer's training run, read off its signal: the numbers the verdict sees.

Every feature is log₁₀ of a quantity with a name in the theory, or a switch. The network is looked
at five times, by the same recurrences: at init; after the first update; *pushed*, once every
position has been moved alike for as long as it takes to learn how frequent each character is;
*grown*, with a head that knows those frequencies; *kicked*, that moved at random by ten updates of
the full rate.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minigrad.signal.quadrature import Array
from minigrad.signal.transformer.configuration import TransformerConfiguration
from minigrad.signal.transformer.dynamics import (
    Dynamics,
    Training,
    after,
    dynamics,
    networks,
    scramble,
    spectral,
    training,
)
from minigrad.signal.transformer.recurrence import REPEATED, Networks, Signal, propagate

FLOOR, CEILING = 1e-40, 1e40
CARRIED = 10  # updates that momentum 0.9 makes of one
HESSIAN = 0.1  # of the softmax's curvature along the characters' frequencies
DOUBLINGS = 10
LEARNED = 1.0  # variance of the logits once the frequencies are known
LEFT = 0.1  # of the error that all positions share, by then


def features_many(
    configs: Sequence[TransformerConfiguration], signal: Signal | None = None
) -> dict[str, Array]:
    """All features by name, each (R,). The odds are fitted on those in `calibration.json`, the
    sentence that explains a verdict is made from the rest."""
    n, how = networks(configs), training(configs)
    s = signal or propagate(n)
    d = dynamics(n, how, s)
    one, total = how.moved[0], how.total
    travel = _travel(n, how, d)
    head = np.maximum(LEARNED / (n.dim * np.maximum(s.head_q, 1e-30)) - n.head_std**2, 0.0)
    grown = after(n, d, head_variance=head, unlearned=LEFT)
    then = dynamics(n, how, grown)
    looks = {
        "init": s,
        "first": after(n, d, one),
        "pushed": after(n, d, travel),
        "grown": grown,
        "kicked": after(n, then, apart=CARRIED * how.lr, head_variance=head, unlearned=LEFT),
    }
    out = {
        "rate": _log(how.lr),
        "depth": _log(n.layers.astype(float)),
        "gradient": _log(d.gradient),
        "clipped": np.where(np.isinf(how.clip), -1.0, _log(d.gradient / how.clip)),
        "adaptive": how.adam * 1.0,
        "travel": _log(travel),
        "head_curvature": _log(how.lr * (then.common + then.distinct[:-1])[-1]),
        "scramble_first": _log(one * scramble(n, s, d)),
        "scramble": _log(how.lr * scramble(n, grown, then)),
        "spectral": _log(how.lr * spectral(n, d).max(0)),
    }
    for name, seen in looks.items():
        state = _state(n, how, seen, dynamics(n, how, seen), total)
        out |= {f"{name}_{key}": value for key, value in state.items()}
    # e-folds of what tells one character's successors from another's, between the head as it
    # starts and as it becomes; a token's error is shared by those that repeat it
    pace = (out["init_progress"] + out["grown_progress"]) / 2
    out["learned"] = pace + np.log10(REPEATED * HESSIAN)
    return out


def features(config: TransformerConfiguration) -> dict[str, float]:
    """Those of one configuration."""
    return {name: float(x[0]) for name, x in features_many([config]).items()}


def _travel(n: Networks, how: Training, d: Dynamics) -> Array:
    """How far the weights go one way: what momentum makes of the first updates, and on until the
    characters' frequencies are known, (R,)."""
    travel, known = how.moved[CARRIED - 1], np.zeros(len(n.layers))
    for _ in range(DOUBLINGS):
        pace = HESSIAN * dynamics(n, how, after(n, d, travel)).common.sum(0)
        step = np.minimum(travel, (1 - known) / np.maximum(pace, 1e-30))
        step = np.minimum(step, how.total - travel)
        known, travel = known + pace * step, travel + step
        if np.all((known >= 1 - 1e-9) | (travel >= how.total)):
            break
    return travel


def _state(n: Networks, how: Training, s: Signal, d: Dynamics, total: Array) -> dict[str, Array]:
    """What is read off one look at the networks."""
    own = np.arange(len(s.Gz))[:, None] < 4 * n.layers
    blocks = own[::4]
    return {
        "alike": _log(s.alike[-1]),
        "stream": _log(s.q[-1]),
        "logit": _log(s.logit),
        "scatter": _log((s.scatter * blocks).max(0)),
        "gradient_ratio": _log(s.G[0] / np.maximum(s.G[-1], 1e-300)),
        "gradient_least": _log(np.where(own, s.Gz, np.inf).min(0) / np.maximum(s.G[-1], 1e-300)),
        "progress": _log(d.distinct.sum(0) * total),
        "progress_head": _log(d.distinct[-2] * total),
        "curvature": _log(d.common.sum(0) * how.lr),
        "curvature_all": _log((d.common.sum(0) + d.distinct.sum(0)) * how.lr),
        "share": _log((s.share * own[::2]).sum(0) / (2 * n.layers)),
    }


def _log(x: Array) -> Array:
    """log₁₀, within what a double can multiply; what is not a number is large."""
    found: Array = np.log10(np.clip(np.nan_to_num(x, nan=CEILING), FLOOR, CEILING))
    return found
