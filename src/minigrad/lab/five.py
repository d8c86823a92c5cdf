"""A loss curve in five: its start, its largest loss, the step at half of guessing, its end, a fate.

All of them of means over `signal.windows.WINDOWS`, so that a learner, theory and a run can be held
against each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from minigrad.errors import ArgumentError
from minigrad.lab.cells import LN2, Cells, Run, seen
from minigrad.lab.report import Finding
from minigrad.signal.calibration import VERDICTS
from minigrad.signal.configuration import STEPS
from minigrad.signal.fate import Fate
from minigrad.signal.windows import WINDOWS, step_below

NEAR = 0.3  # decades: a factor of two, in the mean over the numbers
MOST = 2.0  # decades that one number can be off
LOWEST = 1e-6  # nats: the same as 0
FORM = "start, largest, step of half of guessing (or never), end (or nan), fate"


@dataclass(frozen=True)
class Five:
    """What is said of a curve: losses in nats, inf for one that is not finite or a step never
    reached."""

    start: float
    largest: float
    half: float
    end: float
    fate: str

    def __str__(self) -> str:
        losses = [f"{x:.3g}" if x < math.inf else "nan" for x in (self.start, self.largest)]
        half = f"{self.half:.0f}" if self.half < math.inf else "never"
        return " ".join([*losses, half, f"{self.end:.2g}".replace("inf", "nan"), self.fate])

    def apart(self, other: Five) -> float:
        """Mean distance of the four numbers in decades, each at most two; of a step never reached
        as if it were the last."""
        ours, theirs = (
            [x.start, x.largest, min(max(x.half, 1), STEPS), x.end] for x in (self, other)
        )
        pairs = np.log10(np.clip([ours, theirs], LOWEST, 1e6))
        return float(np.minimum(np.abs(pairs[0] - pairs[1]), MOST).mean())


def read(text: str) -> Five:
    """ "0.7 1.2 40 0.01 trained", or with commas; a fate's first letter will do. Raises
    ArgumentError."""
    words = text.lower().replace(",", " ").split()
    fates = [name for name in VERDICTS if len(words) == 5 and name.startswith(words[4])]
    try:
        numbers = [math.inf if w in ("never", "nan", "inf") else float(w) for w in words[:4]]
    except ValueError:
        numbers = []
    if len(fates) != 1 or len(numbers) != 4 or not all(x >= 0 for x in numbers):
        raise ArgumentError(f"a curve is {FORM}: 0.7 1.2 40 0.01 trained; got {text.strip()!r}")
    start, largest, half, end = numbers
    return Five(start, largest, half, end, fates[0])


def agree(said: str, outcome: str) -> bool:
    """Whether what was said came true: the same word, or a curve with its fate that is NEAR it."""
    try:
        ours, theirs = read(said), read(outcome)
    except ArgumentError:
        return said == outcome
    return ours.fate == theirs.fate and ours.apart(theirs) <= NEAR


def foretold(p: Fate) -> Five:
    """Theory's five: of the median curve, and its verdict."""
    middle = p.curve.quantile(0.5)
    return Five(middle[0], middle.max(), p.curve.half_step, middle[-1], p.verdict)


def measured(runs: Sequence[Run]) -> Five | None:
    """The medians over runs of 300 steps; None where no fate was that of most, or runs are
    shorter."""
    means = [seen(run, WINDOWS) for run in runs]
    word = Cells(runs).word
    if word not in VERDICTS or np.isnan(means).any():
        return None
    halves = [step_below(row, LN2 / 2) for row in means]
    start, largest, end = np.median([[row[0], row.max(), row[-1]] for row in means], axis=0)
    return Five(float(start), float(largest), median(halves), float(end), word)


def finding(name: str, key: str, p: Fate, runs: Sequence[Run]) -> Finding:
    """The five numbers that a guess is about, and theory's beside them."""
    theory, found = foretold(p), measured(runs) if runs else None
    if found is None:
        return Finding(name, "no usual curve", f"theory: {theory}", key=key)
    sentence = (
        f"start, largest, half, end, fate; theory: {theory}, {found.apart(theory):.2f} decades off"
    )
    return Finding(name, str(found), sentence, key=key, word=str(found))
