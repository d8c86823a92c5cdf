"""Diverges, stalls or trains: the prediction, before anything is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from minigrad.signal.calibration import VERDICTS, odds
from minigrad.signal.configuration import OWN, Configuration
from minigrad.signal.curve import Curve, curves
from minigrad.signal.features import features_many
from minigrad.signal.optimizers import OPTIMIZERS
from minigrad.signal.quadrature import Array
from minigrad.signal.reasons import explain
from minigrad.signal.recurrence import Signal, propagate_many
from minigrad.signal.window import nearest_change, trains, window
from minigrad.signal.window import rates as grid


@dataclass(frozen=True)
class Band:
    """Networks that were predicted together: their curves are drawn together, when one is asked."""

    features: dict[str, Array]
    odds: Array
    sgd: Array  # which of them SGD trains

    @cached_property
    def curves(self) -> list[Curve]:
        """Of each."""
        return curves(self.features, self.odds, self.sgd)


@dataclass(frozen=True)
class Prediction:
    """What theory says of one configuration."""

    config: Configuration
    probabilities: dict[str, float]
    signal: Signal
    features: dict[str, float]
    band: Band = field(repr=False, compare=False)
    at: int = field(repr=False, compare=False)  # its place in the band

    @property
    def curve(self) -> Curve:
        """The loss in eleven windows of steps, with the odds of every height."""
        return self.band.curves[self.at]

    @property
    def verdict(self) -> str:
        """The likeliest of "diverged", "stalled" and "trained"."""
        return max(self.probabilities, key=lambda name: self.probabilities[name])

    @cached_property
    def reason(self) -> str:
        """One sentence: which of the theory's numbers decided it."""
        return explain(self.config, self.signal, self.features, self.verdict)

    @property
    def confidence(self) -> float:
        """The probability of its verdict."""
        return self.probabilities[self.verdict]

    @property
    def forward(self) -> Array:
        """Mean square of each block's output at init, (depth,)."""
        return self.signal.forward.q

    @property
    def backward(self) -> Array:
        """Mean square at init of the loss's gradient (one example's) at each block's output."""
        return self.signal.backward.G

    @property
    def forward_band(self) -> Array:
        """Standard deviation over seeds of ln forward, (depth,): what width leaves to luck."""
        return self.signal.forward.spread

    @property
    def backward_band(self) -> Array:
        """Standard deviation over seeds of ln backward, (depth,)."""
        return self.signal.backward.spread

    @cached_property
    def _by_rate(self) -> tuple[list[float], list[float]]:
        """Rates, four to a decade, and how likely each is to train; 0 where another fate is."""
        rates = grid(*OPTIMIZERS[self.config.optimizer].rates)
        return rates, _trains([replace(self.config, lr=rate) for rate in rates])

    @cached_property
    def window(self) -> tuple[float, float] | None:
        """The lowest and highest learning rate that would train, or None if none does.

        Of rates four to a decade; where several stretches train, the one nearest to its own.
        """
        return window(*self._by_rate, self.config.lr)

    @cached_property
    def nearest_change(self) -> str | None:
        """The smallest single change that would make it train; None if it trains, or none does.

        Of the rate, if one would; the nearest that is likely to train goes before the window's
        edge, where it is even odds.
        """
        if self.verdict == "trained":
            return None
        others = _changes(self.config)
        chances = _trains([changed for _, changed in others])
        named = [(text, p) for (text, _), p in zip(others, chances, strict=True)]
        return nearest_change(*self._by_rate, self.config.lr, named)

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values, for JSON."""
        return {
            "configuration": self.config.as_dict(),
            "verdict": self.verdict,
            "probabilities": self.probabilities,
            "reason": self.reason,
            "curve": {
                "windows": [list(w) for w in self.curve.windows],
                "quantiles": {
                    f"{q:g}": [x if np.isfinite(x) else None for x in self.curve.quantile(q)]
                    for q in (0.1, 0.25, 0.5, 0.75, 0.9)
                },
                "half_step": self.curve.half_step if np.isfinite(self.curve.half_step) else None,
                "spike": self.curve.spike,
            },
            "learning_rates": None if self.window is None else list(self.window),
            "nearest_change": self.nearest_change,
            "forward": self.forward.tolist(),
            "forward_band": self.forward_band.tolist(),
            "backward": self.backward.tolist(),
            "backward_band": self.backward_band.tolist(),
        }


def predict(config: Configuration | None = None, /, **choices: Any) -> Prediction:
    """Predict the verdict of 300 steps on the labs' toy task, from theory at init.

    Of a `Configuration`, or of the values that make one: ``predict(depth=50, norm="rmsnorm")``;
    with both, the values replace the configuration's. For the network, the names and their values
    see `minigrad.signal.configuration.Configuration`, which raises ArgumentError for one that is
    not allowed. No training and no tape: a few milliseconds.
    """
    config = Configuration(**choices) if config is None else replace(config, **choices)
    return predict_many([config])[0]


def predict_many(configs: Sequence[Configuration]) -> list[Prediction]:
    """The prediction of each, all at once: of a thousand in about a second."""
    bands: dict[int, list[int]] = {}
    for j, config in enumerate(configs):  # of like depth, so that few wait for the deepest
        bands.setdefault(config.depth.bit_length(), []).append(j)
    found: dict[int, Prediction] = {}
    for band in bands.values():
        own = [configs[j] for j in band]
        nets: dict[Configuration, int] = {}  # the signal at init knows no rate
        columns = [nets.setdefault(replace(c, lr=1.0), len(nets)) for c in own]
        signal = propagate_many(list(nets)).of(columns)
        known = features_many(own, signal)
        together = Band(known, odds(known), np.array([c.optimizer == "sgd" for c in own]))
        for k, j in enumerate(band):
            fates = dict(zip(VERDICTS, together.odds[k].tolist(), strict=True))
            one, numbers = signal.of(k, own[k].depth), {n: float(x[k]) for n, x in known.items()}
            found[j] = Prediction(own[k], fates, one, numbers, together, k)
    return [found[j] for j in range(len(configs))]


def _trains(configs: Sequence[Configuration]) -> list[float]:
    """The probability that each trains, 0 where another fate is likelier."""
    return [trains(p.probabilities) for p in predict_many(configs)]


def _changes(config: Configuration) -> list[tuple[str, Configuration]]:
    """Single changes other than of the rate, from the smallest."""
    out: list[tuple[str, Configuration]] = []
    for init in ("kaiming_normal", "xavier_normal", "orthogonal"):
        if init != config.init:
            out.append((f"init {init}", replace(config, init=init, gain=OWN, init_scale=OWN)))
    if config.norm == "none":
        out.append(("norm rmsnorm, pre", replace(config, norm="rmsnorm", placement="pre")))
    if config.residual != "scaled":
        out.append(("residual scaled", replace(config, residual="scaled")))
    if config.residual == "none":
        out.append(("residual plain", replace(config, residual="plain")))
    if config.norm != "none" and config.placement != "pre":
        out.append(("placement pre", replace(config, placement="pre")))
    for activation in ("relu", "tanh"):
        if activation != config.activation:
            out.append((f"activation {activation}", replace(config, activation=activation)))
    depth = config.depth // 2
    while depth >= 2:
        out.append((f"depth {depth}", replace(config, depth=depth)))
        depth //= 2
    return out
