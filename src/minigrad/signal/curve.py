"""The loss of a run before it is run: a window of steps after the other, with odds of every height.

What theory says at init (theory_curve.py) is corrected, fate by fate, by small trees on the
theory's quantities; what they leave open was measured and stands in `curve.json` as a table. A
prediction is a set of weighted paths, 20 for each fate, whose weights are the verdict's odds: the
two cannot contradict each other. theory/curve.md tells how far each part goes; sweeps/curve.py fits
them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.errors import ArgumentError
from minigrad.signal.calibration import VERDICTS, Trees, read, scores
from minigrad.signal.quadrature import Array
from minigrad.signal.windows import Task, step_below

LEVELS = (np.arange(20) + 0.5) / 20
SHOWN = (0.1, 0.25, 0.5, 0.75, 0.9)  # the quantiles that figures and JSON have


def ends(task: Task, fate: str) -> tuple[float, float]:
    """Between what log₁₀ losses the last window of a fate lies, as training/verdict.py says."""
    low, high = math.log10(0.9 * task.entropy), math.log10(2 * task.entropy)
    if fate == "stalled":
        return low, high
    return (high + 1e-9, 30.0) if fate == "diverged" else (-12.0, low - 1e-9)


@dataclass(frozen=True)
class Curve:
    """What a run's loss will be in each of W windows: weighted paths of log₁₀ nats, inf for NaN."""

    paths: Array  # (P, W)
    weights: Array  # (P,) sum to 1
    theory: Array  # (W,) nats, nothing fitted
    task: Task

    @property
    def windows(self) -> tuple[tuple[int, int], ...]:
        """The half-open ranges of steps, W of them."""
        return self.task.windows

    def quantile(self, q: float) -> Array:
        """The loss in nats that a share ``q`` of runs stays below, per window, (W,).

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
        """The step at which the median has come down to half of guessing; inf if it does not."""
        return step_below(self.quantile(0.5), self.task.entropy / 2, self.windows)

    @property
    def spike(self) -> float:
        """The odds that a later window lies above twice the first, NaN included."""
        above = (self.paths[:, 1:] > self.paths[:, :1] + math.log10(2)).any(1)
        return float(self.weights @ above)

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values, for JSON: None where a loss or a step is not finite."""
        return {
            "windows": [list(window) for window in self.windows],
            "quantiles": {
                f"{q:g}": [x if math.isfinite(x) else None for x in self.quantile(q).tolist()]
                for q in SHOWN
            },
            "half_step": self.half_step if math.isfinite(self.half_step) else None,
            "spike": self.spike,
        }


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
    stalled: Trees  # and of those that stall
    diverged: Trees  # and of those that end high
    ended: Trees  # log odds that a diverged run is NaN at the end
    middle: Trees  # windows between: added to the straight line from start to end
    spread: Trees  # log₁₀ of how far a run lies from its centre
    levels: dict[str, Array]  # (20,) of the standardised distance, for each "fate part"
    ended_by: Array  # (W,) of the runs that end in NaN, the share that has by each window


@lru_cache
def fitted(family: str = "") -> Fit:
    """The fit that ships with minigrad: for MLPs, or for the family of that folder."""
    text = Path(__file__).parent.joinpath(family, "curve.json").read_text(encoding="utf-8")
    return read_fit(json.loads(text))


def read_fit(stored: dict[str, Any]) -> Fit:
    """A fit from its JSON form."""
    return Fit(
        **{name: read(stored[name]) for name in TREES},
        levels={name: np.array(x, float) for name, x in stored["levels"].items()},
        ended_by=np.array(stored["ended_by"], float),
    )


TREES = ("start", "trained", "stalled", "diverged", "ended", "middle", "spread")


def part(window: int, last: int) -> str:
    """Which table of levels a window has."""
    return "start" if window == 0 else "end" if window == last else "middle"


Known = Mapping[str, Array]  # features, (R,) each


def centres(known: Known, theory: Array, fit: Fit, task: Task) -> Array:
    """(3, R, W) log₁₀ of the loss of a usual run of each fate."""
    last = theory.shape[1] - 1
    both = {**known, "theory_start": theory[:, 0], "theory_end": theory[:, last]}
    start = theory[:, 0] + scores(both, fit.start)[:, 0]
    out = np.empty((len(VERDICTS), *theory.shape))
    for k, fate in enumerate(VERDICTS):
        end = np.clip(scores(both, getattr(fit, fate))[:, 0], *ends(task, fate))
        out[k] = start[:, None] + (end - start)[:, None] * np.arange(last + 1) / last
        bent = scores(window_rows(known, theory, start, end, fate), fit.middle)
        out[k][:, 1:last] += bent.reshape(theory.shape)[:, 1:last]
    return out


def window_rows(known: Known, theory: Array, start: Array, end: Array, fate: str) -> Known:
    """Features of every window of every run, run by run, (R·W,) each."""
    n = theory.shape[1]
    rows = {name: np.repeat(x, n) for name, x in known.items()}
    rows |= {"start": np.repeat(start, n), "end": np.repeat(end, n), "theory": theory.ravel()}
    rows["window"] = np.tile(np.arange(n, dtype=float), len(start))
    rows |= {name: np.full(len(rows["window"]), float(name == fate)) for name in VERDICTS}
    return rows


def paths(known: Known, theory: Array, fit: Fit, task: Task) -> Array:
    """(R, 60, W) 20 equally likely paths of each fate, as VERDICTS orders them."""
    middle, last = centres(known, theory, fit, task), theory.shape[1] - 1
    out = np.empty((len(theory), len(VERDICTS), len(LEVELS), last + 1))
    for k, fate in enumerate(VERDICTS):
        rows = window_rows(known, theory, middle[k][:, 0], middle[k][:, last], fate)
        spread = 10 ** scores(rows, fit.spread).reshape(theory.shape)
        levels = np.stack([fit.levels[f"{fate} {part(w, last)}"] for w in range(last + 1)], 1)
        out[:, k] = middle[k][:, None] + spread[:, None] * levels
        out[:, k, :, last] = np.clip(out[:, k, :, last], *ends(task, fate))
    both = {**known, "theory_start": theory[:, 0], "theory_end": theory[:, last]}
    ended = 1 / (1 + np.exp(-scores(both, fit.ended)))  # (R, 1)
    nan = LEVELS[:, None] > 1 - ended[:, :, None] * fit.ended_by  # the highest paths end
    out[:, VERDICTS.index("diverged")][nan] = math.inf
    return out.reshape(len(theory), -1, last + 1)


@dataclass(frozen=True)
class Together:
    """R networks predicted at once: their curves are drawn together, when one of them is asked."""

    features: Known
    odds: Array  # (R, 3)
    theory: Callable[[], Array]  # (R, W) log₁₀ of the loss, nothing fitted
    task: Task
    family: str = ""

    @cached_property
    def curves(self) -> list[Curve]:
        """Of each."""
        theory = self.theory()
        weights = np.repeat(self.odds / len(LEVELS), len(LEVELS), axis=1)
        all_paths = paths(self.features, theory, fitted(self.family), self.task)
        every = zip(all_paths, weights, 10**theory, strict=True)
        return [Curve(p, w, t, self.task) for p, w, t in every]
