"""Runs by what was varied, how they ended, and what is claimed of them.

A claim about no runs is neither true nor false: `Cells.all` then says None, and `claim` that this
run cannot tell.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigrad.lab.report import Finding
from minigrad.signal.windows import window_means
from minigrad.training.verdict import final_loss, verdict

Run = dict[str, Any]  # as it stands in a record
Test = Callable[[Run], bool]

LN2 = math.log(2)
FATES = ("diverged", "stalled", "slow", "trained")
BEGUN, TRAINED = 0.985, 0.93
"""Held-out losses, as shares of the unigram loss, below which a run on a text has begun to learn,
and has learned: 3.16 and 2.99 nats of Alice's 3.21."""


def held_out(run: Run) -> float:
    """The last held-out loss of a run on a text; NaN where it diverged."""
    end = None if run["diverged_at"] is not None else run["validation"][-1][1]
    return math.nan if end is None else float(end)


def fate(run: Run, entropy: float = LN2) -> str:
    """One of FATES, where guessing costs `entropy` nats.

    A run whose training loss alone is recorded has training/verdict.py's. One with a held-out loss
    is judged by its last: diverged if not finite or above 2·entropy, stalled from BEGUN·entropy up,
    slow from TRAINED·entropy up.
    """
    if "validation" not in run:
        return verdict(run["losses"], entropy)
    end = held_out(run) / entropy
    if not end <= 2:
        return "diverged"
    return "stalled" if end >= BEGUN else "slow" if end >= TRAINED else "trained"


def seen(run: Run, windows: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    """A run's mean loss in each window, (W,): inf from its first loss on that is not finite, NaN
    for windows that it did not reach."""
    means = np.array(window_means(run["losses"], windows))
    broke = run["losses"] and run["losses"][-1] is None
    return np.where(np.isnan(means), math.inf, means) if broke else means


class Cells:
    """The runs of a record, or some of them."""

    def __init__(self, runs: Sequence[Run], entropy: float = LN2, bigram: float = math.nan) -> None:
        self.runs, self.entropy, self.bigram = list(runs), entropy, bigram

    @classmethod
    def of_variants(cls, variants: Mapping[str, Sequence[Run]]) -> Cells:
        """A record's {variant: [run, …]}, except runs stopped before the first step."""
        return cls(
            [{"variant": v, **r} for v, runs in variants.items() for r in runs if r["losses"]]
        )

    @classmethod
    def of_cases(cls, cases: Sequence[Mapping[str, Any]]) -> Cells:
        """Records [{label: …, "runs": [run, …]}, …]: each run with its case's labels."""
        return cls([{**case, **run} for case in cases for run in case["runs"]])

    @classmethod
    def of_text(cls, record: Mapping[str, Any]) -> Cells:
        """A record {"text": …, "runs": […]} of runs on a text."""
        text = record["text"]
        return cls(record["runs"], text["unigram_loss"], text["bigram_loss"])

    def of(self, **wanted: Any) -> Cells:
        """The runs with these values; a function in a value's place says whether one will do."""

        def fits(run: Run) -> bool:
            return all(v(run[k]) if callable(v) else run[k] == v for k, v in wanted.items())

        return Cells([run for run in self.runs if fits(run)], self.entropy, self.bigram)

    def by(self, *keys: str) -> dict[Any, Cells]:
        """The runs by the values under ``keys`` (by the value alone, for one key), in order."""
        grouped: dict[Any, list[Run]] = defaultdict(list)
        for run in self.runs:
            values = tuple(run[key] for key in keys)
            grouped[values if len(keys) > 1 else values[0]].append(run)
        return {v: Cells(runs, self.entropy, self.bigram) for v, runs in grouped.items()}

    def all(self, test: Test) -> bool | None:
        """Whether the test holds for every run; None where there is no run to tell."""
        return all(map(test, self.runs)) if self.runs else None

    def any(self, test: Test) -> bool:
        """Whether the test holds for a run."""
        return any(map(test, self.runs))

    def fate(self, run: Run) -> str:
        """How one of the runs ended: one of FATES."""
        return fate(run, self.entropy)

    def is_(self, *fates: str) -> Test:
        """A test: the run's fate is one of these."""
        return lambda run: self.fate(run) in fates

    def learned(self, *keys: str) -> int:
        """In how many groups by these keys every run was trained."""
        return sum(bool(mine.all(mine.is_("trained"))) for mine in self.by(*keys).values())

    @property
    def fates(self) -> dict[str, int]:
        """How many runs had which fate, the most frequent first."""
        found = [self.fate(run) for run in self.runs]
        counted = {name: found.count(name) for name in FATES if name in found}
        return dict(sorted(counted.items(), key=lambda item: -item[1]))

    @property
    def word(self) -> str:
        """The fate that more than half of the runs had; else "mixed"."""
        most = max(self.fates.values(), default=0)
        return next(iter(self.fates)) if 2 * most > len(self.runs) else "mixed"

    @property
    def counts(self) -> str:
        """The fates counted: "trained 4/5, stalled 1/5"."""
        return ", ".join(f"{name} {n}/{len(self.runs)}" for name, n in self.fates.items())

    @property
    def end(self) -> str:
        """How runs on a text ended: "2.61", "stalled 3.41", "diverged", "3.05 (1/2 stalled)"."""
        fates, n = self.fates, len(self.runs)
        if len(fates) == 1:
            (name,) = fates
            loss = "" if name == "diverged" else f"{median(self.ends):.2f}"
            return loss if name == "trained" else f"{name} {loss}".strip()
        notes = [f"{fates[name]}/{n} {name}" for name in FATES[2::-1] if name in fates]
        return f"{median(self.ends):.2f} ({', '.join(notes)})"

    @property
    def ends(self) -> list[float]:
        """The last held-out loss of each run that did not diverge."""
        return [held_out(run) for run in self.runs if self.fate(run) != "diverged"]

    @property
    def broke(self) -> str:
        """The steps at which runs stopped being finite: "111, 86"; "" where none did."""
        return ", ".join(str(r["diverged_at"]) for r in self.runs if r["diverged_at"] is not None)

    @property
    def losses(self) -> str:
        """The training losses in one sentence: where they broke, or where they ended."""
        broken = [r["diverged_at"] for r in self.runs if r["diverged_at"] is not None]
        sentences = []
        if broken:
            worst = max(loss for r in self.runs for loss in r["losses"] if loss is not None)
            steps = " to ".join(str(step) for step in sorted({min(broken), max(broken)}))
            every = len(broken) == len(self.runs)
            seeds = "in every seed" if every else f"in {len(broken)} seeds"
            sentences.append(f"loss up to {worst:.2g}, not finite at step {steps} {seeds}")
        ended = [final_loss(r["losses"]) for r in self.runs if r["diverged_at"] is None]
        if ended:
            taken = max(len(r["losses"]) for r in self.runs)
            sentences.append(f"loss {spread(ended)} after {taken:,} steps")
        return "; ".join(sentences)

    def finding(self, name: str, key: str = "", **claimed: Any) -> Finding:
        """How the runs called `name` ended, with what was claimed of them."""
        return Finding(name, self.counts, self.losses, key=key, word=self.word, **claimed)


def claim(text: str, *tests: bool | None) -> dict[str, Any]:
    """What was predicted and whether it held, for Finding(…, **claim(…)): False if a test failed,
    None ("this run cannot tell") if one had nothing to judge by, else True."""
    held = False if False in tests else None if None in tests else True
    return {"predicted": text, "held": held}


def spread(values: Sequence[float]) -> str:
    """The median and, of several, the range: "0.0041 [0.0032, 0.0058]"."""
    low, middle, high = np.min(values), np.median(values), np.max(values)
    return f"{middle:.2g}" + (f" [{low:.2g}, {high:.2g}]" if len(values) > 1 else "")
