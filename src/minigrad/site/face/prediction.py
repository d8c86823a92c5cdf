"""What theory says of a configuration, and the run that shows whether it is true."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from typing import Any

import numpy as np

from minigrad.errors import ArgumentError
from minigrad.lab import trainability
from minigrad.signal.calibration import VERDICTS
from minigrad.signal.configuration import CHOICES, RANGES, STEPS, Configuration
from minigrad.signal.optimizers import OPTIMIZERS
from minigrad.signal.predict import predict as foretell
from minigrad.signal.predict import predict_many
from minigrad.signal.weights import DEFAULT_GAIN, DEFAULT_SCALE
from minigrad.training.verdict import final_loss, verdict

PER_DECADE = 8  # of the odds by rate
SMALLEST = 1e-60  # what a curve that is 0 is drawn as, on a log axis
MOST_CELLS = 2_000
LARGEST = (200, 512, 1000)  # depth, width and steps that a page may train


def choices() -> dict[str, Any]:
    """Every knob of a configuration: its choices or range, its default and what it is."""
    knobs: dict[str, Any] = {}
    for f in fields(Configuration):
        knob: dict[str, Any] = {"help": f.metadata.get("help", "")}
        if f.name in CHOICES:
            knob["choices"] = list(CHOICES[f.name])
        if f.name in RANGES:
            knob["range"] = list(RANGES[f.name])
        knob["default"] = None if f.default is MISSING else f.default
        knobs[f.name] = knob
    knobs["lr"]["ranges"] = {name: list(o.rates) for name, o in OPTIMIZERS.items()}
    return {"knobs": knobs, "scaled": dict(DEFAULT_SCALE), "gained": dict(DEFAULT_GAIN)}


def configuration(values: Any) -> Configuration:
    """A configuration from a page's values. Raises ArgumentError for what is not one."""
    if not isinstance(values, dict):
        raise ArgumentError(f"config must be a table of values, got {type(values).__name__}")
    known = {f.name for f in fields(Configuration)}
    if strange := set(values) - known:
        raise ArgumentError(f"a configuration has no {', '.join(sorted(map(str, strange)))}")
    if "depth" not in values:
        raise ArgumentError("a configuration needs a depth")
    return Configuration(**values)


def predict(config: dict[str, Any]) -> dict[str, Any]:
    """Verdict, odds, reason, and the signal, its gradient and two inputs' likeness by depth, each
    with two standard deviations over seeds to either side."""
    p = foretell(configuration(config))
    forward = p.signal.forward
    c = p.curve
    return {
        "config": p.config.as_dict(),
        "verdict": p.verdict,
        "odds": p.probabilities,
        "reason": p.reason,
        "forward": _band(p.forward, p.forward_band),
        "backward": _band(p.backward, p.backward_band),
        "likeness": [
            max(1 - d / q, -1.0) if q > 0 else 1.0
            for d, q in zip(forward.diff.tolist(), forward.q.tolist(), strict=True)
        ],
        # the loss foretold: the median run, and between which of them four of five lie
        "curve": {
            "steps": [(first + stop - 1) / 2 for first, stop in c.windows],
            **{key: c.quantile(q) for key, q in (("low", 0.1), ("at", 0.5), ("high", 0.9))},
        },
    }


def _band(curve: Any, spread: Any) -> dict[str, list[float]]:
    """The curve, and where two of its standard deviations (nats) reach."""
    middle = np.maximum(curve, SMALLEST)
    wide = np.exp(np.minimum(2 * spread, 100.0))
    return {
        "at": middle.tolist(),
        "low": (middle / wide).tolist(),
        "high": (middle * wide).tolist(),
    }


def rates(config: dict[str, Any]) -> dict[str, Any]:
    """The odds at each learning rate, the window that trains, and the nearest change that would
    make it train, as words and as the values to change."""
    p = foretell(configuration(config))
    low, high = (math.log10(x) for x in OPTIMIZERS[p.config.optimizer].rates)
    at = np.logspace(low, high, round((high - low) * PER_DECADE) + 1)
    found = [float(f"{rate:.3g}") for rate in at]
    odds = [
        list(at.probabilities.values())
        for at in predict_many([replace(p.config, lr=rate) for rate in found])
    ]
    change = p.nearest_change
    return {
        "rates": found,
        "odds": odds,
        "window": None if p.window is None else list(p.window),
        "change": None if change is None else {"text": change, "values": _values(change)},
    }


def border(config: dict[str, Any], depths: list[int], rates: list[float]) -> list[list[int]]:
    """Theory's likeliest fate at each rate (rows) and depth, all else as in ``config``: a place in
    `VERDICTS`."""
    if len(depths) * len(rates) > MOST_CELLS:
        raise ArgumentError(f"a border is drawn of at most {MOST_CELLS:,} cells")
    c = configuration(config)
    cells = [replace(c, lr=rate, depth=depth) for rate in rates for depth in depths]
    fates = [VERDICTS.index(p.verdict) for p in predict_many(cells)]
    return [fates[i : i + len(depths)] for i in range(0, len(fates), len(depths))]


def _values(change: str) -> dict[str, Any]:
    """ "lr 0.003", "norm rmsnorm, pre": what a change in words changes."""
    knob, _, value = change.partition(" ")
    if knob == "lr":
        return {"lr": float(value)}
    if knob == "depth":
        return {"depth": int(value)}
    if knob == "norm":
        norm, _, placement = value.partition(", ")
        return {"norm": norm, "placement": placement}
    if knob == "init":
        return {"init": value, "gain": None, "init_scale": None}
    return {knob: value}


def train(
    config: dict[str, Any],
    tell: Callable[[dict[str, Any]], None],
    seed: int = 0,
    steps: int = STEPS,
) -> dict[str, Any]:
    """Train it for real; tells the loss of each step. Returns its fate and its losses."""
    c = configuration(config)
    for name, value, most in zip(
        ("depth", "width", "steps"), (c.depth, c.width, steps), LARGEST, strict=True
    ):
        if value > most:
            raise ArgumentError(f"a page trains networks of {name} up to {most}, got {value}")
    if not isinstance(seed, int) or seed < 0:
        raise ArgumentError(f"a seed must be a whole number from 0 on, got {seed}")
    losses = trainability.train(
        c, seed, steps, on_step=lambda step, loss: tell({"step": step, "loss": loss_(loss)})
    )
    return {"verdict": verdict(losses), "losses": losses, "final": final_loss(losses)}


def loss_(value: float) -> float | None:
    """A loss as JSON has it: None where it is not finite."""
    return value if math.isfinite(value) else None


__all__ = ["VERDICTS", "choices", "configuration", "predict", "rates", "train"]
