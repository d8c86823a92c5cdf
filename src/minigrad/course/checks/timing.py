"""Checks of lab 02's timing, on a clock and a machine made up for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigrad.course.check import Mistake, Probe

TIMING = "02-normalization.md#timing-two-things"

INVERTED = Mistake(
    "the ratio is upside down", "f takes twice as long as g: is that 2 or ½?", TIMING
)
BLOCKS = Mistake(
    "all of f was timed before all of g: the machine had slowed down by then",
    "What do two measurements share when they are made right after each other?",
    TIMING,
)
MEAN_OF_TIMES = Mistake(
    "a mean: one disturbed measurement decides the result",
    "One of eleven calls was interrupted: 1,000 times as long. Which average does not care?",
    TIMING,
)
NO_WARM_UP = Mistake(
    "the first, cold call was counted",
    "The first call fills caches and allocates. Is it what you want to know?",
    TIMING,
)


BEST_OF_EACH = Mistake(
    "the fastest call of each was taken: they come from different moments",
    "One call met a machine that was ten times as fast. Did the other function's best call too?",
    TIMING,
)


class Machine:
    """A clock, and two functions on a machine that halves its speed in the middle."""

    def __init__(
        self, slow_after: int = 10**9, cold: bool = False, hiccup: int = -1, burst: int = -1
    ) -> None:
        self.now, self.calls = 0.0, 0
        self.slow_after, self.cold, self.hiccup, self.burst = slow_after, cold, hiccup, burst

    def work(self, seconds: float, first: float) -> Callable[[], None]:
        done = 0

        def run() -> None:
            nonlocal done
            slow = 3.0 if self.calls >= self.slow_after else 1.0
            extra = 1000.0 if self.calls == self.hiccup else 1.0
            extra = 0.1 if self.calls == self.burst else extra
            self.now += slow * extra * (first if self.cold and done == 0 else seconds)
            done += 1
            self.calls += 1

        return run


def timed(repeats: int, **machine: Any) -> Callable[[Any], Any]:
    """A probe's run: f takes 2 s and g 1 s (cold: 100 s and 10 s) on such a machine."""

    def run(paired_ratio: Any) -> Any:
        m = Machine(**machine)
        return paired_ratio(m.work(2.0, 100.0), m.work(1.0, 10.0), repeats, lambda: m.now)

    return run


CHECKS: dict[str, list[Probe]] = {
    "paired_ratio": [
        Probe(
            "the ratio for f = 2 s, g = 1 s, when one call of f took 1,000 times as long",
            timed(11, hiccup=10),
            2.0,
            [(lambda r: r > 20, MEAN_OF_TIMES), (lambda r: r < 0.6, INVERTED)],
        ),
        Probe(
            "the ratio on a machine that slows down half-way",
            timed(11, slow_after=13),
            2.0,
            [(lambda r: 0.6 < r < 1.2, BLOCKS)],
        ),
        Probe(
            "the ratio when one call took a tenth of its time",
            timed(11, burst=11),
            2.0,
            [(lambda r: r > 10 or r < 0.4, BEST_OF_EACH)],
        ),
        Probe(
            "the ratio of one repeat, where the very first calls are slow",
            timed(1, cold=True),
            2.0,
            [(lambda r: r > 5, NO_WARM_UP)],
        ),
    ],
}
