"""What decides a transformer's training run, read off its signal: the numbers the verdict sees.

Every feature is log₁₀ of a quantity with a name in the theory, or a switch. The network is looked
at five times, by the same recurrences: at init; after the first update; *pushed*, once every
position has been moved alike for as long as it takes to learn how frequent each character is;
*grown*, with a head that knows those frequencies; *kicked*, that moved at random by ten updates of
the full rate.
"""

from __future__ import annotations

import math

import numpy as np

from minigrad.signal.transformer.configuration import HEAD_STD, TransformerConfiguration
from minigrad.signal.transformer.dynamics import (
    Dynamics,
    after,
    at_init,
    distances,
    dynamics,
    shape_of,
)
from minigrad.signal.transformer.recurrence import Signal, sigma2

FLOOR, CEILING = 1e-40, 1e40
CARRIED = 10  # updates that momentum 0.9 makes of one
HESSIAN = 0.1  # of the softmax's curvature along the characters' frequencies
DOUBLINGS = 12
LEARNED = 1.0  # variance of the logits once the frequencies are known
LEFT = 0.1  # of the error that all positions share, by then


def features(config: TransformerConfiguration, signal: Signal | None = None) -> dict[str, float]:
    """All features by name. The odds are fitted on those in `calibration.json`, the sentence that
    explains a verdict is made from the rest."""
    s = signal or at_init(config)
    d = dynamics(config, s)
    moved = distances(config)
    total = float(moved[-1])
    out = {
        "rate": _log(config.lr),
        "depth": _log(config.layers),
        "gradient": _log(d.gradient),
        "clipped": _log(d.gradient / config.clip) if config.clip else -1.0,
        "adaptive": float(config.optimizer == "adam"),
    }
    first = after(config, d, float(moved[0]))
    travel = _travel(config, d, moved)
    pushed = after(config, d, travel)
    dim = config.dim
    head = max(LEARNED / (dim * max(s.head_q, 1e-30)) - HEAD_STD**2, 0.0)
    grown = after(config, d, head_variance=head, unlearned=LEFT)
    then = dynamics(config, grown)
    kicked = after(config, then, apart=config.lr * CARRIED, head_variance=head, unlearned=LEFT)
    out["travel"] = _log(travel)
    for name, seen, how in (
        ("init", s, d),
        ("first", first, None),
        ("pushed", pushed, None),
        ("grown", grown, then),
        ("kicked", kicked, None),
    ):
        out |= _state(name, config, seen, how or dynamics(config, seen), total)
    one = float(moved[0])
    out["scramble_first"] = _log(one * scramble(config, s, d))
    out["scramble"] = _log(config.lr * scramble(config, grown, then))
    out["spectral"] = _log(config.lr * spectral(config, d).max())
    return out


def spectral(config: TransformerConfiguration, d: Dynamics) -> np.ndarray:
    """Spectral norm of an update at rate 1, of rank 1 since its gradient is shared, over the
    weight's, by matrix of the blocks: (4·layers,)."""
    shape = shape_of(config)
    size = np.tile(np.sqrt(shape.fan_in * shape.fan_out), config.layers) * d.update[:-1]
    # the largest singular value of a random matrix: σ(√n + √m)
    scale = (np.sqrt(shape.fan_in) + np.sqrt(shape.fan_out)) / np.sqrt(shape.fan_in)
    weight = np.tile(np.sqrt(sigma2(config.init, shape)) * scale, config.layers)
    return np.minimum(size / weight, 1e12)


def scramble(config: TransformerConfiguration, s: Signal, d: Dynamics) -> float:
    """How much an update at rate 1 changes the branches' outputs, each by its share of the
    stream, added up."""
    share = np.sqrt(np.repeat(s.share, 2))
    return float((spectral(config, d) * share).sum())


def _travel(config: TransformerConfiguration, d: Dynamics, moved: np.ndarray) -> float:
    """How far the weights go one way: what momentum makes of the first updates, and on until the
    characters' frequencies are known."""
    total = float(moved[-1])
    travel, known = float(moved[CARRIED - 1]), 0.0
    for _ in range(DOUBLINGS):
        pace = HESSIAN * float(dynamics(config, after(config, d, travel)).common.sum())
        step = min(travel, (1 - known) / max(pace, 1e-30), total - travel)
        known, travel = known + pace * step, travel + step
        if known >= 1 or travel >= total:
            break
    return travel


def _state(
    name: str, config: TransformerConfiguration, s: Signal, d: Dynamics, total: float
) -> dict[str, float]:
    """What is read off one look at the network."""
    return {
        f"{name}_alike": _log(s.alike[-1]),
        f"{name}_stream": _log(s.q[-1]),
        f"{name}_logit": _log(s.logit),
        f"{name}_scatter": _log(s.scatter.max()),
        f"{name}_gradient_ratio": _log(s.G[0] / max(s.G[-1], 1e-300)),
        f"{name}_gradient_least": _log(s.Gz.min() / max(s.G[-1], 1e-300)),
        f"{name}_progress": _log(d.distinct.sum() * total),
        f"{name}_progress_head": _log(d.distinct[-2] * total),
        f"{name}_curvature": _log(d.common.sum() * config.lr),
        f"{name}_curvature_all": _log((d.common.sum() + d.distinct.sum()) * config.lr),
        f"{name}_share": _log(s.share.mean()),
    }


def _log(x: float) -> float:
    """log₁₀, within what a double can multiply."""
    return math.log10(min(max(float(x), FLOOR), CEILING))
