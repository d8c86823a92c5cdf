"""The loss of a run before it is run: a window of steps after the other, with odds of every height.

The curve of theory alone (theory_curve.py), the theory's other quantities and a fate are what two
small networks read; they answer with ten equally likely heights of each window. They were trained
on recorded runs, in minigrad, and stand in `curve.npz`. A prediction is a set of weighted paths,
ten for each fate, whose weights are the verdict's odds: the two cannot contradict each other.
theory/curve.md tells how far each part goes; sweeps/curve.py fits the networks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.errors import ArgumentError
from minigrad.signal.calibration import VERDICTS
from minigrad.signal.quadrature import Array
from minigrad.signal.windows import Task, step_below

LEVELS = (np.arange(10) + 0.5) / 10
SHOWN = (0.1, 0.25, 0.5, 0.75, 0.9)  # the quantiles that figures and JSON have
LOWEST, HIGHEST = -6.0, 4.0  # log₁₀ of losses below and above which differences count little
LARGEST = 30.0  # and of the highest foretold
ENDED = 7.0  # what a loss that is not finite counts as, where a net is fitted
FAR = 4.0  # standard deviations


def ends(task: Task, fate: str) -> tuple[float, float]:
    """Between what log₁₀ losses the last window of a fate lies, as training/verdict.py says."""
    low, high = math.log10(0.9 * task.entropy), math.log10(2 * task.entropy)
    if fate == "stalled":
        return low, high
    return (high + 1e-9, LARGEST) if fate == "diverged" else (-12.0, low - 1e-9)


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


Known = Mapping[str, Array]  # features, (R,) each


@dataclass(frozen=True)
class Nets:
    """M small networks that read theory's numbers: what was fitted."""

    names: tuple[str, ...]  # of the features that they read beside theory's curve
    mean: Array  # (F,) of each input over the runs fitted on
    scale: Array  # (F,) and its standard deviation
    layers: list[tuple[Array, Array]]  # weights (M, in, out) and biases (M, 1, out)


@lru_cache
def fitted(family: str = "") -> Nets:
    """The nets that ship with minigrad: for MLPs, or for the family of that folder."""
    with np.load(Path(__file__).parent.joinpath(family, "curve.npz")) as stored:
        return read_nets(stored)


def read_nets(stored: Mapping[str, Array]) -> Nets:
    """Nets from their arrays, as sweeps/curve_fit.py names them."""
    count = sum(name.startswith("weight") for name in stored)
    layers = [
        (stored[f"weight{k}"].astype(float), stored[f"bias{k}"].astype(float)) for k in range(count)
    ]
    return Nets(tuple(stored["names"].tolist()), stored["mean"], stored["scale"], layers)


def inputs(known: Known, theory: Array, names: Sequence[str]) -> Array:
    """(R, F) what a net reads: the named features, then the curve of theory alone."""
    return np.column_stack([*(known[name] for name in names), np.clip(theory, LOWEST, HIGHEST)])


def standard(x: Array, mean: Array, scale: Array) -> Array:
    """Inputs as a net takes them: what lies far from all runs counts as four deviations off."""
    return np.clip((x - mean) / scale, -FAR, FAR)


def squash(loss: Array) -> Array:
    """log₁₀ of losses in the units a net is fitted in: a decade above 10⁴ counts ever less, and
    what is not finite lies above all."""
    above = HIGHEST + np.log10(1 + np.maximum(loss - HIGHEST, 0))
    return np.where(
        np.isfinite(loss), np.where(loss > HIGHEST, above, np.maximum(loss, LOWEST)), ENDED
    )


def unsquash(found: Array) -> Array:
    """The other way: inf within one of what is not finite."""
    above = np.minimum(HIGHEST - 1 + 10 ** np.clip(found - HIGHEST, 0, 2), LARGEST)
    return np.where(found > ENDED - 1, np.inf, np.where(found > HIGHEST, above, found))


def answers(nets: Nets, x: Array) -> Array:
    """(R, O) the mean of what the nets say of (R, F)."""
    *hidden, (weight, bias) = nets.layers
    for inside in hidden:
        x = x @ inside[0] + inside[1]  # (M, R, width)
        x = x / (1 + np.exp(-x))  # SiLU
    return np.asarray((x @ weight + bias).mean(0))


def paths(known: Known, theory: Array, nets: Nets, task: Task) -> Array:
    """(R, 30, W) 10 equally likely paths of each fate, as VERDICTS orders them."""
    R, W = theory.shape
    x = standard(inputs(known, theory, nets.names), nets.mean, nets.scale)
    out = np.empty((R, len(VERDICTS), len(LEVELS), W))
    for fate, switch, own in zip(VERDICTS, np.eye(len(VERDICTS)), out.swapaxes(0, 1), strict=True):
        found = answers(nets, np.column_stack([x, np.tile(switch, (R, 1))]))
        found = np.sort(found.reshape(R, W, len(LEVELS)), axis=-1).swapaxes(1, 2)  # none cross
        own[:] = unsquash(found if fate == "diverged" else np.minimum(found, HIGHEST))
        own[:, :, 0] = theory[:, :1] + found[:, :, 0]  # the first loss: what theory leaves open
        low, high = ends(task, fate)
        own[:, :, -1] = np.where(np.isinf(own[:, :, -1]), np.inf, np.clip(own[:, :, -1], low, high))
        own[np.logical_or.accumulate(np.isinf(own), axis=-1)] = np.inf  # what has ended stays so
    return out.reshape(R, -1, W)


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
