"""Diverges, stalls or trains: the prediction, before anything is run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from minigrad.signal.calibration import probabilities
from minigrad.signal.configuration import OWN, Configuration
from minigrad.signal.features import features
from minigrad.signal.optimizers import OPTIMIZERS
from minigrad.signal.quadrature import Array
from minigrad.signal.reasons import explain
from minigrad.signal.recurrence import Signal, propagate

PER_DECADE = 4
LIKELY = 0.85  # to train, before a change is recommended


@dataclass(frozen=True)
class Prediction:
    """What theory says of one configuration."""

    config: Configuration
    verdict: str  # "diverged", "stalled" or "trained"
    probabilities: dict[str, float]
    reason: str
    signal: Signal
    features: dict[str, float]

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
        low, high = (np.log10(x) for x in OPTIMIZERS[self.config.optimizer].rates)
        rates = (10 ** np.linspace(low, high, round((high - low) * PER_DECADE) + 1)).tolist()
        return rates, [_trains(replace(self.config, lr=rate), self.signal) for rate in rates]

    @cached_property
    def window(self) -> tuple[float, float] | None:
        """The lowest and highest learning rate that would train, or None if none does.

        Of rates four to a decade; where several stretches train, the one nearest to its own.
        """
        rates, odds = self._by_rate
        good = [p > 0 for p in odds]
        if not any(good):
            return None
        near = min(
            (i for i, ok in enumerate(good) if ok),
            key=lambda i: abs(np.log(rates[i] / self.config.lr)),
        )
        first = last = near
        while first > 0 and good[first - 1]:
            first -= 1
        while last + 1 < len(good) and good[last + 1]:
            last += 1
        return float(f"{rates[first]:.2g}"), float(f"{rates[last]:.2g}")

    @cached_property
    def nearest_change(self) -> str | None:
        """The smallest single change that would make it train; None if it trains, or none does.

        Of the rate, if one would; the nearest that is likely to train goes before the window's
        edge, where it is even odds.
        """
        if self.verdict == "trained":
            return None
        rates, odds = self._by_rate
        others = _changes(self.config)
        for least in (LIKELY, 0.0):
            good = [rate for rate, p in zip(rates, odds, strict=True) if p > least]
            if good:
                nearest = min(good, key=lambda rate: abs(np.log(rate / self.config.lr)))
                return f"lr {float(f'{nearest:.2g}'):g}"
            for text, changed in others:
                if _trains(changed) > least:
                    return text
        return None

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values, for JSON."""
        return {
            "configuration": self.config.as_dict(),
            "verdict": self.verdict,
            "probabilities": self.probabilities,
            "reason": self.reason,
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
    signal = propagate(config)
    known = features(config, signal)
    odds = probabilities(known)
    verdict = max(odds, key=lambda name: odds[name])
    return Prediction(config, verdict, odds, explain(config, signal, known, verdict), signal, known)


def _trains(config: Configuration, signal: Signal | None = None) -> float:
    """The probability that it trains, 0 where another fate is likelier."""
    odds = probabilities(features(config, signal))
    return odds["trained"] if odds["trained"] == max(odds.values()) else 0.0


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
