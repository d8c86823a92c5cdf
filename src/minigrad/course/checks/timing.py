"""Checks of lab 02's timing, on a clock and a machine made up for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigrad.course.check import check, edit, instead, probe, solutions

lab = solutions("02_norm_ablation")


class Machine:
    """A clock, and functions on a machine that may change its speed, or be interrupted."""

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
    """A run: f takes 2 s and g 1 s (cold: 100 s and 10 s) on such a machine; the ratio, and how
    often the two were called."""

    def run(paired_ratio: Any) -> Any:
        m = Machine(**machine)
        ratio = paired_ratio(m.work(2.0, 100.0), m.work(1.0, 10.0), repeats, lambda: m.now)
        return {"the ratio": ratio, "the number of calls": m.calls}

    return run


REPEATS = "range(repeats)"
RATIO = "statistics.median(seconds(f) / seconds(g) for _ in range(repeats))"

# fmt: off
CHECKS = {
    "paired_ratio": check(lab.paired_ratio, [
        probe("the ratio for f = 2 s, g = 1 s, when one call of f took 1,000 times as long",
            run=timed(11, hiccup=10)),
        probe("the ratio on a machine that slows down half-way", run=timed(11, slow_after=13)),
        probe("the ratio when one call took a tenth of its time", run=timed(11, burst=11)),
        probe("the ratio of one repeat, where the very first calls are slow",
            run=timed(1, cold=True)),
        probe("the ratio when the very last pair was disturbed", run=timed(11, hiccup=22)),
        probe("the ratio of four repeats", run=timed(4, hiccup=3)),
    ], [
        (edit("seconds(f) / seconds(g)", "seconds(g) / seconds(f)"),
         "the ratio is upside down",
         "f takes twice as long as g: is that 2 or ½?"),
        ([[edit(RATIO,
                f"statistics.{a}([seconds(f) for _ in {REPEATS}]) / statistics.{a}([seconds(g) "
                    f"for _ in {REPEATS}])") for a in ("median", "mean")],
          instead(RATIO,
                  f"min([seconds(f) for _ in {REPEATS}]) / min([seconds(g) for _ in {REPEATS}])",
                  f"(lambda p: statistics.median([a for a, b in p]) / statistics.median([b for "
                      f"a, b in p]))([(seconds(f), seconds(g)) for _ in {REPEATS}])")],
         "all of f is compared with all of g, not pair by pair: the machine had slowed down in "
             "between",
         "What do two measurements share when they are made right after each other?"),
        ([edit("statistics.median", "statistics.mean"),
          edit(RATIO,
               f"(lambda p: sum(a for a, b in p) / sum(b for a, b in p))([(seconds(f), "
                   f"seconds(g)) for _ in {REPEATS}])")],
         "a mean: one disturbed measurement decides the result",
         "One of eleven calls was interrupted: 1,000 times as long. Which average does not care?"),
        (edit("    f()\n    g()\n", ""),
         "the first, cold call was counted",
         "The first call fills caches and allocates. Is it what you want to know?"),
        (instead("    f()\n    g()\n", "    f()\n", "    g()\n"),
         "only one of the two was warmed up",
         "Which of the two is still cold when it is first timed?"),
        ([edit(RATIO,
               f"(lambda p: min(a for a, b in p) / min(b for a, b in p))([(seconds(f), "
                   f"seconds(g)) for _ in {REPEATS}])"),
          instead("statistics.median", "min", "max")],
         "the fastest call was taken, or the best ratio: one lucky moment decides",
         "One call met a machine that was ten times as fast. Did the other function's too?"),
        (edit("    f()\n    g()\n", "", "        start =", "        function()\n        start ="),
         "each is called twice per repeat: the warm-up stands inside the loop",
         "How often is each function called, with the warm-up?"),
        ([edit(RATIO, f"[seconds(f) / seconds(g) for _ in {REPEATS}][{i}]") for i in (0, -1)],
         "one pair only decides: the first or the last",
         "What are the other repeats for?"),
        (edit("seconds(f) / seconds(g)", "seconds(f) - seconds(g)"),
         "a difference, not a ratio",
         "How many times as long: which operation says that?"),
        (instead(REPEATS, "range(1)", "range(repeats - 1)", "range(repeats + 1)", "range(10)"),
         "the pairs were not measured `repeats` times",
         "How often is each function called, with the warm-up?"),
    ]),
}
