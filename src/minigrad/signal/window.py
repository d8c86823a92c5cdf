"""Which learning rates would train, and which single change would: from the odds of others."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

PER_DECADE = 4
LIKELY = 0.85  # to train, before a change is recommended


def rates(low: float, high: float) -> list[float]:
    """Learning rates from low to high, four to a decade."""
    first, last = math.log10(low), math.log10(high)
    exponents = np.linspace(first, last, round((last - first) * PER_DECADE) + 1)
    return [float(x) for x in 10**exponents]


def trains(odds: Mapping[str, float]) -> float:
    """The probability that it trains, 0 where another fate is likelier."""
    return odds["trained"] if odds["trained"] == max(odds.values()) else 0.0


def window(
    rates: Sequence[float], chances: Sequence[float], lr: float
) -> tuple[float, float] | None:
    """The lowest and highest of the rates that would train, or None if none does; where several
    stretches do, the one nearest to lr."""
    good = [i for i, p in enumerate(chances) if p > 0]
    if not good:
        return None
    first = last = min(good, key=lambda i: abs(math.log(rates[i] / lr)))
    while first - 1 in good:
        first -= 1
    while last + 1 in good:
        last += 1
    return float(f"{rates[first]:.2g}"), float(f"{rates[last]:.2g}")


def nearest_change(
    rates: Sequence[float],
    chances: Sequence[float],
    lr: float,
    others: Sequence[tuple[str, float]],
) -> str | None:
    """The smallest change that would make it train, of the rate if one would; None if none does.

    ``others`` are changes and their chances, the smallest first. What is likely to train goes
    before the window's edge, where it is even odds.
    """
    for least in (LIKELY, 0.0):
        good = [rate for rate, p in zip(rates, chances, strict=True) if p > least]
        if good:
            nearest = min(good, key=lambda rate: abs(math.log(rate / lr)))
            return f"lr {float(f'{nearest:.2g}'):g}"
        for text, p in others:
            if p > least:
                return text
    return None
