"""Checks of lab 02's timing, on a clock and a machine made up for them."""

from collections.abc import Callable
from typing import Any

from minigrad.course.check import check, edit, instead, probe, solutions

lab = solutions("02_norm_ablation")


def timed(
    repeats: int,
    slowed: Callable[[int], float] = lambda call: 1.0,
    first: tuple[float, float] = (2.0, 1.0),
) -> Callable[[Any], Any]:
    """A run: f takes 2 s and g 1 s, except their first calls; the n-th call of both takes
    ``slowed(n)`` times as long. It gives the ratio, and how often the two were called."""

    def run(paired_ratio: Any) -> Any:
        now, calls = 0.0, list[float]()

        def work(seconds: float, cold: float) -> Callable[[], None]:
            def call() -> None:
                nonlocal now
                now += slowed(len(calls)) * (seconds if seconds in calls else cold)
                calls.append(seconds)

            return call

        ratio = paired_ratio(work(2.0, first[0]), work(1.0, first[1]), repeats, lambda: now)
        return {"the ratio": ratio, "the number of calls": len(calls)}

    return run


REPEATS = "range(repeats)"


def over_all(average: str) -> str:
    """All of f, then all of g."""
    return f"{average}(seconds(f) for _ in {REPEATS}) / {average}(seconds(g) for _ in {REPEATS})"


def of_pairs(average: str) -> str:
    """They take turns, and are averaged apart."""
    pairs = f"*zip(*[(seconds(f), seconds(g)) for _ in {REPEATS}])"
    return f"(lambda f, g: {average}(f) / {average}(g))({pairs})"


# fmt: off
CHECKS = {
    "paired_ratio": check(lab.paired_ratio, [
        probe("the ratio for f = 2 s, g = 1 s, when one call of f took 1,000 times as long",
              run=timed(11, lambda call: 1000.0 if call == 10 else 1.0)),
        probe("the ratio on a machine that slows down half-way",
              run=timed(11, lambda call: 3.0 if call >= 13 else 1.0)),
        probe("the ratio when one call took a tenth of its time",
              run=timed(11, lambda call: 0.1 if call == 11 else 1.0)),
        probe("the ratio of one repeat, where the very first calls are slow",
              run=timed(1, first=(100.0, 10.0))),
        probe("the ratio when the very last pair was disturbed",
              run=timed(11, lambda call: 1000.0 if call == 22 else 1.0)),
        probe("the ratio of four repeats", run=timed(4, lambda call: 1000.0 if call == 3 else 1.0)),
    ], [
        (edit("seconds(f) / seconds(g)", "seconds(g) / seconds(f)"),
         "the ratio is upside down",
         "f takes twice as long as g: is that 2 or ½?"),
        ([over_all(average) for average in ("statistics.median", "statistics.mean", "min")],
         "all of f is compared with all of g, not pair by pair: the machine had slowed down in "
             "between",
         "What do two measurements share when they are made right after each other?"),
        ([edit("statistics.median", "statistics.mean"), of_pairs("sum")],
         "a mean: one disturbed measurement decides the result",
         "One of eleven calls was interrupted: 1,000 times as long. Which average does not care?"),
        (edit("    f()\n    g()\n", ""),
         "the first, cold call was counted",
         "The first call fills caches and allocates. Is it what you want to know?"),
        (instead("    f()\n    g()\n", "    f()\n", "    g()\n"),
         "only one of the two was warmed up",
         "Which of the two is still cold when it is first timed?"),
        ([of_pairs("min"), instead("statistics.median", "min", "max")],
         "the fastest call was taken, or the best ratio: one lucky moment decides",
         "One call met a machine that was ten times as fast. Did the other function's too?"),
        (edit("    f()\n    g()\n", "", "        start =", "        function()\n        start ="),
         "each is called twice per repeat: the warm-up stands inside the loop",
         "How often is each function called, with the warm-up?"),
        ([f"[seconds(f) / seconds(g) for _ in {REPEATS}][{i}]" for i in (0, -1)],
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
