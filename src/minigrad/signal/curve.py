"""The loss of a run before it is run: eleven windows of steps, with the odds of every height.

What theory says at init (theory_curve.py) is corrected, fate by fate, by small trees on the
theory's quantities; what they leave open was measured and stands in `curve.json` as a table. A
prediction is a set of weighted paths, 20 for each fate, whose weights are the verdict's odds: the
two cannot contradict each other. Page 11 tells how far each part goes; sweeps/curve.py fits them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.errors import ArgumentError
from minigrad.signal.calibration import VERDICTS, Trees, read, scores
from minigrad.signal.quadrature import Array
from minigrad.signal.theory_curve import constant_kernel
from minigrad.signal.windows import WINDOWS

LN2 = math.log(2)
LEVELS = (np.arange(20) + 0.5) / 20
# log₁₀ of the last window, fate by fate, as training/verdict.py divides it
ENDS = {
    "diverged": (math.log10(2 * LN2) + 1e-9, 30.0),
    "stalled": (math.log10(0.9 * LN2), math.log10(2 * LN2)),
    "trained": (-12.0, math.log10(0.9 * LN2) - 1e-9),
}
STALLED = math.log10(0.695)  # where a stalled run ends: ln 2 and what a batch's noise adds
LAST = len(WINDOWS) - 1


@dataclass(frozen=True)
class Curve:
    """What a run's loss will be in each of `windows`: weighted paths of log₁₀ nats, inf for NaN."""

    paths: Array  # (P, 11)
    weights: Array  # (P,) sum to 1
    theory: Array  # (11,) of the constant-kernel equation alone, nats
    windows: tuple[tuple[int, int], ...] = WINDOWS

    def quantile(self, q: float) -> Array:
        """The loss in nats that a share ``q`` of runs stays below, per window, (11,).

        ``q`` from .05 to .95, or ArgumentError; a run that ends in NaN counts as inf.
        """
        if not 0.05 <= q <= 0.95:
            raise ArgumentError(f"q must be from 0.05 to 0.95, got {q!r}")
        order = np.argsort(self.paths, axis=0)
        values = np.take_along_axis(self.paths, order, 0)
        weight = self.weights[order]
        middle = np.cumsum(weight, axis=0) - weight / 2
        out = [_between(q, middle[:, w], values[:, w]) for w in range(len(self.windows))]
        return 10 ** np.array(out)

    @property
    def half_step(self) -> float:
        """The step at which the median has come down to half of ln 2; inf if it does not."""
        median, level = np.log10(self.quantile(0.5)), math.log10(LN2 / 2)
        steps = [(first + stop - 1) / 2 for first, stop in self.windows]
        for w in range(1, len(steps)):
            if median[w] <= level:
                fall = median[w - 1] - median[w]
                part = (median[w - 1] - level) / fall if 0 < fall < math.inf else 1.0
                return steps[w - 1] + max(part, 0.0) * (steps[w] - steps[w - 1])
        return math.inf

    @property
    def spike(self) -> float:
        """The odds that a later window lies above twice the first, NaN included."""
        above = (self.paths[:, 1:] > self.paths[:, :1] + math.log10(2)).any(1)
        return float(self.weights @ above)


def _between(q: float, middle: Array, values: Array) -> float:
    """The q-quantile of sorted values at cumulative weights; no number lies between one and inf."""
    at = int(np.searchsorted(middle, q))
    if at == 0 or at == len(values) or not np.isfinite(values[at]):
        return float(values[min(at, len(values) - 1)])
    part = (q - middle[at - 1]) / (middle[at] - middle[at - 1])
    return float(values[at - 1] + part * (values[at] - values[at - 1]))


@dataclass(frozen=True)
class Fit:
    """What was fitted."""

    start: Trees  # first window: added to theory's
    trained: Trees  # last window, of runs that train
    diverged: Trees  # and of those that end high
    ended: Trees  # log odds that a diverged run is NaN at the end
    middle: Trees  # windows between: added to the straight line from start to end
    spread: Trees  # log₁₀ of how far a run lies from its centre
    levels: dict[str, Array]  # (20,) of the standardised distance, for each "fate part"
    ended_by: Array  # (11,) of the runs that end in NaN, the share that has by each window


@lru_cache
def fitted() -> Fit:
    """The fit that ships with minigrad."""
    text = Path(__file__).with_name("curve.json").read_text(encoding="utf-8")
    return read_fit(json.loads(text))


def read_fit(stored: dict[str, Any]) -> Fit:
    """A fit from its JSON form."""
    return Fit(
        start=read(stored["start"]),
        trained=read(stored["trained"]),
        diverged=read(stored["diverged"]),
        ended=read(stored["ended"]),
        middle=read(stored["middle"]),
        spread=read(stored["spread"]),
        levels={name: np.array(x, float) for name, x in stored["levels"].items()},
        ended_by=np.array(stored["ended_by"], float),
    )


def part(window: int) -> str:
    """Which table of levels a window has."""
    return "start" if window == 0 else "end" if window == LAST else "middle"


Known = Mapping[str, Array]  # features, (R,) each


def centres(known: Known, theory: Array, fit: Fit) -> Array:
    """(3, R, 11) log₁₀ of the loss of a usual run of each fate."""
    both = {**known, "theory_start": theory[:, 0], "theory_end": theory[:, LAST]}
    start = theory[:, 0] + scores(both, fit.start)[:, 0]
    out = np.empty((len(VERDICTS), *theory.shape))
    for k, fate in enumerate(VERDICTS):
        end = np.full(len(start), STALLED)
        if fate != "stalled":
            end = np.clip(scores(both, getattr(fit, fate))[:, 0], *ENDS[fate])
        line = start[:, None] + (end - start)[:, None] * np.arange(LAST + 1) / LAST
        bent = scores(window_rows(known, theory, start, end, fate), fit.middle)
        out[k] = line
        out[k][:, 1:LAST] += bent.reshape(theory.shape)[:, 1:LAST]
    return out


def window_rows(known: Known, theory: Array, start: Array, end: Array, fate: str) -> Known:
    """Features of every window of every run, run by run, (R·11,) each."""
    n = theory.shape[1]
    rows = {name: np.repeat(x, n) for name, x in known.items()}
    rows |= {"start": np.repeat(start, n), "end": np.repeat(end, n), "theory": theory.ravel()}
    rows["window"] = np.tile(np.arange(n, dtype=float), len(start))
    rows |= {name: np.full(len(rows["window"]), float(name == fate)) for name in VERDICTS}
    return rows


def paths(known: Known, theory: Array, fit: Fit) -> Array:
    """(R, 60, 11) 20 equally likely paths of each fate, as VERDICTS orders them."""
    middle = centres(known, theory, fit)
    out = np.empty((len(theory), len(VERDICTS), len(LEVELS), LAST + 1))
    for k, fate in enumerate(VERDICTS):
        ends = middle[k][:, LAST]
        rows = window_rows(known, theory, middle[k][:, 0], ends, fate)
        spread = 10 ** scores(rows, fit.spread).reshape(theory.shape)
        levels = np.stack([fit.levels[f"{fate} {part(w)}"] for w in range(LAST + 1)], 1)
        out[:, k] = middle[k][:, None] + spread[:, None] * levels
        out[:, k, :, LAST] = np.clip(out[:, k, :, LAST], *ENDS[fate])
    both = {**known, "theory_start": theory[:, 0], "theory_end": theory[:, LAST]}
    ended = 1 / (1 + np.exp(-scores(both, fit.ended)))  # (R, 1)
    nan = LEVELS[:, None] > 1 - ended[:, :, None] * fit.ended_by  # the highest paths end
    out[:, VERDICTS.index("diverged")][nan] = math.inf
    return out.reshape(len(theory), -1, LAST + 1)


def curves(known: Known, odds: Array, sgd: Array) -> list[Curve]:
    """Of R networks: their `features_many`, their odds (R, 3), and which of them SGD trains."""
    theory = constant_kernel(known, sgd)
    weights = np.repeat(odds / len(LEVELS), len(LEVELS), axis=1)
    every = zip(paths(known, theory, fitted()), weights, 10**theory, strict=True)
    return [Curve(p, w, t) for p, w, t in every]
