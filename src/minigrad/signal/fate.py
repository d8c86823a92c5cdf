"""What a prediction says of any family: a verdict from odds, the rates that would train, and the
single change that would."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from minigrad.signal.curve import Curve, Together
from minigrad.signal.quadrature import Array

PER_DECADE = 4
LIKELY = 0.85  # to train, before a change is recommended


@dataclass(frozen=True)
class Fate:
    """What theory says of one configuration."""

    config: Any
    probabilities: dict[str, float]
    signal: Any = field(repr=False)
    features: dict[str, float] = field(repr=False)
    together: Together = field(repr=False, compare=False)
    at: int = field(repr=False, compare=False)  # its place there

    @property
    def rates(self) -> tuple[float, float]:
        """The lowest and highest learning rate that a window is looked for in."""
        raise NotImplementedError

    @property
    def changes(self) -> list[tuple[str, Any]]:
        """Single changes other than of the rate, from the smallest: a name and a configuration."""
        raise NotImplementedError

    @property
    def reason(self) -> str:
        """One sentence: which of the theory's numbers decided it."""
        raise NotImplementedError

    @property
    def by_depth(self) -> dict[str, Array]:
        """The signal's numbers by block, named for JSON."""
        raise NotImplementedError

    def foretell(self, configs: Sequence[Any]) -> Sequence[Fate]:
        """The predictions of others of its family."""
        raise NotImplementedError

    @property
    def verdict(self) -> str:
        """The likeliest of "diverged", "stalled" and "trained"."""
        return max(self.probabilities, key=lambda name: self.probabilities[name])

    @property
    def confidence(self) -> float:
        """The probability of its verdict."""
        return self.probabilities[self.verdict]

    @property
    def curve(self) -> Curve:
        """The loss in windows of steps, with the odds of every height."""
        return self.together.curves[self.at]

    @cached_property
    def _by_rate(self) -> tuple[list[float], list[float]]:
        """Rates, its own and four to a decade, and how likely each is to train; 0 where another
        fate is likelier."""
        first, last = map(math.log10, self.rates)
        exponents = np.linspace(first, last, round((last - first) * PER_DECADE) + 1)
        rates = sorted({float(x) for x in 10**exponents} | {float(self.config.lr)})
        return rates, self._chances([replace(self.config, lr=rate) for rate in rates])

    def _chances(self, configs: Sequence[Any]) -> list[float]:
        return [_trains(other.probabilities) for other in self.foretell(configs)]

    @cached_property
    def window(self) -> tuple[float, float] | None:
        """The lowest and highest learning rate that would train, or None if none does.

        Of its own and four to a decade; where several stretches train, the one nearest to its own.
        """
        rates, chances = self._by_rate
        return stretch(rates, chances, self.config.lr)

    @cached_property
    def nearest_change(self) -> str | None:
        """The smallest single change that would make it train; None if it trains, or none does.

        Of the rate, if one would; what is likely to train goes before the window's edge, where it
        is even odds.
        """
        if self.verdict == "trained":
            return None
        rates, by_rate = self._by_rate
        changes = self.changes
        chances = self._chances([changed for _, changed in changes])
        for least in (LIKELY, 0.0):
            if (rate := nearest(rates, by_rate, self.config.lr, least)) is not None:
                return f"lr {float(f'{rate:.2g}'):g}"
            for (text, _), p in zip(changes, chances, strict=True):
                if p > least:
                    return text
        return None

    @property
    def said(self) -> list[str]:
        """Its verdict with the odds, and why: lines for the terminal."""
        odds = ", ".join(f"{name} {share:.0%}" for name, share in self.probabilities.items())
        return [f"{self.verdict}   ({odds})", *wrap(f"because {self.reason}.")]

    @property
    def advice(self) -> list[str]:
        """The rates that would train it, and the change that would: a sentence each."""
        if self.window is None:
            out = ["No learning rate would train it."]
        else:
            out = [f"Learning rates that would train it: {self.window[0]:g} to {self.window[1]:g}."]
        if self.nearest_change is not None:
            out.append(
                f"The nearest single change that would make it train: {self.nearest_change}."
            )
        return out

    def __str__(self) -> str:
        return "\n".join([*self.said, "", *self.advice])

    def _repr_html_(self) -> str:
        from minigrad.signal.html import page

        return page(self)

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values, for JSON."""
        return {
            "configuration": self.config.as_dict(),
            "verdict": self.verdict,
            "probabilities": self.probabilities,
            "reason": self.reason,
            "curve": self.curve.as_dict(),
            "learning_rates": None if self.window is None else list(self.window),
            "nearest_change": self.nearest_change,
            **{name: values.tolist() for name, values in self.by_depth.items()},
        }


def wrap(sentence: str) -> list[str]:
    """Its lines of at most 80 columns."""
    return textwrap.wrap(sentence, 80, break_long_words=False, break_on_hyphens=False)


def _trains(odds: Mapping[str, float]) -> float:
    """The probability that it trains, 0 where another fate is likelier."""
    return odds["trained"] if odds["trained"] == max(odds.values()) else 0.0


def nearest(
    rates: Sequence[float], chances: Sequence[float], lr: float, least: float = 0.0
) -> float | None:
    """The rate nearest to lr, by their ratio, whose chance is above `least`; None if there is
    none."""
    good = [rate for rate, p in zip(rates, chances, strict=True) if p > least]
    return min(good, key=lambda rate: abs(math.log(rate / lr)), default=None)


def stretch(
    rates: Sequence[float], chances: Sequence[float], lr: float
) -> tuple[float, float] | None:
    """The first and the last of the rates around the one nearest to lr that have a chance."""
    near = nearest(rates, chances, lr)
    if near is None:
        return None
    first = last = list(rates).index(near)
    while first > 0 and chances[first - 1] > 0:
        first -= 1
    while last + 1 < len(rates) and chances[last + 1] > 0:
        last += 1
    return float(f"{rates[first]:.2g}"), float(f"{rates[last]:.2g}")
