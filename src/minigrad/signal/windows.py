"""A run's loss in eleven numbers: means over windows of steps that widen as training slows."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

WINDOWS = (
    *((0, 1), (1, 2), (2, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 128)),
    *((128, 200), (200, 284), (284, 300)),
)
"""Half-open ranges of the steps of a 300-step run; the last is what a verdict judges."""


class Task(NamedTuple):
    """What the losses of a family's runs are measured by."""

    windows: tuple[tuple[int, int], ...]  # of steps, half-open; the last is what a verdict judges
    entropy: float  # nats: the loss of guessing


TOY = Task(WINDOWS, math.log(2))  # the labs' task, two balanced classes


def window_means(
    losses: Sequence[float | None], windows: Sequence[tuple[int, int]] = WINDOWS
) -> list[float]:
    """Mean loss in nats of each window; NaN from the first loss on that is not finite.

    None stands for a non-finite loss. NaN, too, for a window that a shorter run does not reach.
    """
    broke = next((i for i, x in enumerate(losses) if x is None or not math.isfinite(x)), math.inf)
    means = []
    for start, stop in windows:
        inside = [x for x in losses[start:stop] if x is not None]
        means.append(math.fsum(inside) / len(inside) if inside and stop <= broke else math.nan)
    return means


def step_below(
    means: Sequence[float] | Any, level: float, windows: Sequence[tuple[int, int]] = WINDOWS
) -> float:
    """The step at which window means in nats have come down to a level, inf if they do not.

    Between the middles of two windows the logarithm of the loss is a straight line.
    """
    steps = [(first + stop - 1) / 2 for first, stop in windows]
    for w in range(1, len(steps)):
        if means[w] <= level:
            ratio = math.inf if means[w] <= 0 else means[w - 1] / means[w]
            usual = 1 < ratio < math.inf
            part = math.log(means[w - 1] / level) / math.log(ratio) if usual else 1.0
            return float(steps[w - 1] + max(part, 0.0) * (steps[w] - steps[w - 1]))
    return math.inf
