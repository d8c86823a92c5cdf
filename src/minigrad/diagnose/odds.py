"""From what was measured to the odds of the three fates: trees of signal/calibration.py's form.

`calibration.json` holds two forests, fitted by sweeps/diagnose.py on networks of the MLP family:
"here" on everything, "elsewhere" on what can be told of another learning rate.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
from pathlib import Path

from minigrad.diagnose.features import features
from minigrad.diagnose.measure import Measured
from minigrad.signal.calibration import VERDICTS, Trees, probabilities, read

PER_DECADE = 4
DECADES = 4  # to either side of its own rate


@lru_cache
def forests() -> dict[str, Trees]:
    """The two that ship with minigrad."""
    text = Path(__file__).with_name("calibration.json").read_text(encoding="utf-8")
    return {name: read(stored) for name, stored in json.loads(text).items()}


def odds(m: Measured, steps: int, times: float = 1.0) -> dict[str, float]:
    """The odds of each verdict at `times` the optimizer's rate."""
    certain = _certain(m, times)
    if certain is not None:
        return {name: float(name == certain) for name in VERDICTS}
    trees = forests()["here" if times == 1 else "elsewhere"]
    return probabilities(features(m, steps, times), trees)


def _certain(m: Measured, times: float) -> str | None:
    """What needs no odds: a loss that is not finite, and a network that no update moves."""
    if not all(map(math.isfinite, (m.start, m.gradient, *(m.losses if times == 1 else ())))):
        return "diverged"
    return "stalled" if m.gradient == 0 or not m.losses else None


def by_rate(m: Measured, steps: int) -> tuple[list[float], list[float]]:
    """Rates around its own, and how likely each is to train; 0 where another fate is likelier."""
    rates, chances = [], []
    for k in range(-DECADES * PER_DECADE, DECADES * PER_DECADE + 1):
        here = odds(m, steps, 10 ** (k / PER_DECADE))
        rates.append(m.rate * 10 ** (k / PER_DECADE))
        chances.append(here["trained"] if here["trained"] == max(here.values()) else 0.0)
    return rates, chances
