"""What several seeds of one variant did, in words. Runs are as they stand in losses.json."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.lab.report import Finding
from minigrad.training.verdict import final_loss, verdict

LN2 = math.log(2)
Runs = Sequence[dict[str, Any]]


def fate(runs: Runs, entropy: float = LN2) -> str:
    """The verdict all seeds share, or how many had which: "trained 4/5, stalled 1/5"."""
    verdicts = [verdict(run["losses"], entropy) for run in runs if run["losses"]]
    counted = sorted({v: verdicts.count(v) for v in verdicts}.items(), key=lambda item: -item[1])
    if len(counted) == 1:
        return f"{counted[0][0]} {len(verdicts)}/{len(verdicts)}"
    return ", ".join(f"{v} {n}/{len(verdicts)}" for v, n in counted)


def word(runs: Runs, entropy: float = LN2) -> str:
    """The verdict that most seeds have."""
    return fate(runs, entropy).split()[0]


def spread(values: Sequence[float]) -> str:
    """The median and, of several, the range: "0.0041 [0.0032, 0.0058]"."""
    low, middle, high = np.min(values), np.median(values), np.max(values)
    return f"{middle:.2g}" + (f" [{low:.2g}, {high:.2g}]" if len(values) > 1 else "")


def describe(runs: Runs) -> str:
    """The losses in one sentence: where they broke, or where they ended."""
    runs = [run for run in runs if run["losses"]]
    broken = [run["diverged_at"] for run in runs if run["diverged_at"] is not None]
    sentences = []
    if broken:
        worst = max(loss for run in runs for loss in run["losses"] if loss is not None)
        steps = " to ".join(str(step) for step in sorted({min(broken), max(broken)}))
        seeds = "in every seed" if len(broken) == len(runs) else f"in {len(broken)} seeds"
        sentences.append(f"loss up to {worst:.2g}, not finite at step {steps} {seeds}")
    ended = [final_loss(run["losses"]) for run in runs if run["diverged_at"] is None]
    if ended:
        taken = max(len(run["losses"]) for run in runs)
        sentences.append(f"loss {spread(ended)} after {taken:,} steps")
    return "; ".join(sentences)


def finding(
    variant: str,
    runs: Runs,
    predicted: str = "",
    check: Callable[[dict[str, Any]], bool] | None = None,
    entropy: float = LN2,
) -> Finding:
    """The variant's verdict and losses; a prediction has held if `check` is true of every seed."""
    held = all(check(run) for run in runs if run["losses"]) if check else None
    return Finding(variant, fate(runs, entropy), describe(runs), predicted, held)


def is_verdict(expected: str, entropy: float = LN2) -> Callable[[dict[str, Any]], bool]:
    """A check that a run has this verdict."""
    return lambda run: verdict(run["losses"], entropy) == expected
