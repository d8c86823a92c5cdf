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
from minigrad.signal.fate import Fate
from minigrad.signal.optimizers import OPTIMIZERS
from minigrad.signal.predict import predict as foretell
from minigrad.signal.predict import predict_many
from minigrad.signal.transformer import configuration as transformers
from minigrad.signal.transformer.predict import predict_transformer
from minigrad.signal.weights import DEFAULT_GAIN, DEFAULT_SCALE
from minigrad.training.verdict import final_loss, verdict

PER_DECADE = 8  # of the odds by rate
SMALLEST = 1e-60  # what a curve that is 0 is drawn as, on a log axis
MOST_CELLS = 2_000
LARGEST = (200, 512, 1000)  # depth, width and steps that a page may train
FAMILIES: dict[str, type[Any]] = {
    "mlp": Configuration,
    "transformer": transformers.TransformerConfiguration,
}
# the loss of guessing, and the least that a plot's axis reaches down to
GUESSING = {"mlp": (math.log(2), 1e-3), "transformer": (transformers.ENTROPY, 1.0)}


def choices() -> dict[str, Any]:
    """Of each family, every knob of a configuration: its choices or range, its default and what it
    is."""
    t = transformers
    return {
        "mlp": {
            "knobs": _knobs(
                *(Configuration, CHOICES, RANGES), {n: o.rates for n, o in OPTIMIZERS.items()}
            ),
            "scaled": dict(DEFAULT_SCALE),
            "gained": dict(DEFAULT_GAIN),
        },
        "transformer": {
            "knobs": _knobs(
                t.TransformerConfiguration,
                {**t.CHOICES, "warmup": t.WARMUPS, "clip": t.CLIPS},
                {"layers": t.LAYERS},
                t.RATES,
            ),
            "scaled": {},
            "gained": {},
        },
    }


def _knobs(family: type[Any], some: Any, ranges: Any, rates: Any) -> dict[str, Any]:
    knobs: dict[str, Any] = {}
    for f in fields(family):
        knob: dict[str, Any] = {"help": f.metadata.get("help", "")}
        if f.name in some:
            knob["choices"] = list(some[f.name])
        if f.name in ranges:
            knob["range"] = list(ranges[f.name])
        knob["default"] = None if f.default is MISSING else f.default
        knobs[f.name] = knob
    knobs["lr"]["ranges"] = {name: list(ends) for name, ends in rates.items()}
    return knobs


def configuration(values: Any) -> Any:
    """A configuration from a page's values, of the family that they name, else an MLP's. Raises
    ArgumentError for what is not one."""
    if not isinstance(values, dict):
        raise ArgumentError(f"config must be a table of values, got {type(values).__name__}")
    family = values.get("family", "mlp")
    if family not in FAMILIES:
        raise ArgumentError(f"family must be one of {', '.join(FAMILIES)}, got {family!r}")
    kind, given = FAMILIES[family], {k: v for k, v in values.items() if k != "family"}
    first, *others = (f.name for f in fields(kind))
    if strange := set(given) - {first, *others}:
        raise ArgumentError(f"a configuration has no {', '.join(sorted(map(str, strange)))}")
    if first not in given:
        raise ArgumentError(f"a configuration needs a {first}")
    return kind(**given)


def mlp(values: Any) -> Configuration:
    """An MLP's configuration from a page's values. Raises ArgumentError for what is not one."""
    c = configuration(values)
    if not isinstance(c, Configuration):
        raise ArgumentError("only an MLP is trained in a page")
    return c


def _foretold(values: Any) -> Fate:
    c = configuration(values)
    return foretell(c) if isinstance(c, Configuration) else predict_transformer(c)


def predict(config: dict[str, Any]) -> dict[str, Any]:
    """Verdict, odds, reason, and the signal, its gradient and the likeness of two inputs by depth;
    a transformer's of two positions. Of an MLP's signal two standard deviations over seeds."""
    family = config.get("family", "mlp") if isinstance(config, dict) else "mlp"
    p: Any = _foretold(config)
    if family == "mlp":
        forward = p.signal.forward
        bands = p.forward_band, p.backward_band
        likeness = [
            max(1 - d / q, -1.0) if q > 0 else 1.0
            for d, q in zip(forward.diff.tolist(), forward.q.tolist(), strict=True)
        ]
    else:
        bands = np.zeros(p.config.layers), np.zeros(p.config.layers)
        likeness = (1 - p.alike).tolist()
    c, (guessing, least) = p.curve, GUESSING[family]
    return {
        "config": {**p.config.as_dict(), **({} if family == "mlp" else {"family": family})},
        "verdict": p.verdict,
        "odds": p.probabilities,
        "reason": p.reason,
        "forward": _band(p.forward, bands[0]),
        "backward": _band(p.backward, bands[1]),
        "likeness": likeness,
        "guessing": guessing,
        "least": least,
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
    p = _foretold(config)
    low, high = (math.log10(x) for x in p.rates)
    at = np.logspace(low, high, round((high - low) * PER_DECADE) + 1)
    found = [float(f"{rate:.3g}") for rate in at]
    odds = [
        list(at.probabilities.values())
        for at in p.foretell([replace(p.config, lr=rate) for rate in found])
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
    c = mlp(config)
    cells = [replace(c, lr=rate, depth=depth) for rate in rates for depth in depths]
    fates = [VERDICTS.index(p.verdict) for p in predict_many(cells)]
    return [fates[i : i + len(depths)] for i in range(0, len(fates), len(depths))]


def _values(change: str) -> dict[str, Any]:
    """ "lr 0.003", "norm rmsnorm, pre": what a change in words changes."""
    knob, _, value = change.partition(" ")
    if knob in ("lr", "clip"):
        return {knob: float(value)}
    if knob in ("depth", "layers", "warmup"):
        return {knob: int(value)}
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
    c = mlp(config)
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
