"""Timing side by side: what is compared runs in turn, so that both see the same machine."""

import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad.lab.cells import Cells
from minigrad.lab.report import markdown_table


def interleaved(
    functions: Mapping[str, Callable[[], Any]],
    repeats: int,
    advance: Callable[[], Any] = lambda: None,
) -> dict[str, list[float]]:
    """Milliseconds of each function, `repeats` times each, in turn; the order alternates.

    A function may return another: then its own time is not counted and the returned one's is, as
    for a backward pass, which needs a forward before it. The first three rounds warm up.
    """
    times: dict[str, list[float]] = {name: [] for name in functions}
    for repeat in range(-3, repeats):
        order = list(functions.items())
        for name, function in order if repeat % 2 else reversed(order):
            start = time.perf_counter()
            timed = function()
            if callable(timed):
                start = time.perf_counter()
                timed()
            if repeat >= 0:
                times[name].append(1e3 * (time.perf_counter() - start))
        if repeat >= 0:
            advance()
    return times


def backward(module: Any, x: Any, upstream: Any) -> Callable[[], Any]:
    """For `interleaved`: the backward pass of module(x) alone, from the gradient `upstream`."""

    def prepare() -> Callable[[], Any]:
        x.grad = None
        module.zero_grad()
        out = module(x)
        return lambda: out.backward(upstream)

    return prepare


class Ratio(NamedTuple):
    """A ratio of times; as text "0.57 [0.56, 0.58]"."""

    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.middle:.2f} [{self.low:.2f}, {self.high:.2f}]"


def ratio(a: Sequence[float], b: Sequence[float]) -> Ratio:
    """The median of a/b over pairs, and its 95 % interval from the order of the pairs.

    The interval holds for any distribution: the number of pairs below the true median is
    Binomial(n, ½), within ± 1.96 · √n / 2 of n / 2.
    """
    ratios = np.sort(np.divide(a, b))
    n = len(ratios)
    reach = 1.96 * np.sqrt(n) / 2
    low, high = int(max(0, np.floor(n / 2 - reach))), int(min(n - 1, np.ceil(n / 2 + reach)))
    return Ratio(float(np.median(ratios)), float(ratios[low]), float(ratios[high]))


def bytes_kept(forward: Callable[[], Any]) -> int:
    """Bytes that are held after `forward` besides its result's own array, for the way back."""
    forward()  # what is made once and cached does not count
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        result = forward()
        return tracemalloc.get_traced_memory()[0] - before - int(result.array.nbytes)
    finally:
        tracemalloc.stop()


def runs_table(cells: Cells, variants: Sequence[str], times: Mapping[str, Sequence[float]]) -> str:
    """Runs on a text, in Markdown: a line per variant and rate, with what a step of it takes.

    times: milliseconds of each variant's steps, measured side by side; the first is the unit.
    """
    head = ["variant", "lr", "validation", "range over seeds", "step of divergence", "step, ms"]
    head += [f"its ratio to {variants[0]}", "parameters"]
    rows = []
    for (name, lr), mine in sorted(
        cells.by("variant", "lr").items(), key=lambda item: variants.index(item[0][0])
    ):
        ends = mine.ends
        extent = f"{min(ends):.2f} – {max(ends):.2f}" if ends else "–"
        times_as_long = ratio(times[name], times[variants[0]]).middle
        costs = f"{np.median(times[name]):.1f}", f"{times_as_long:.2f}"
        parameters = f"{mine.runs[0]['parameters']:,}"
        rows.append([name, f"{lr:g}", mine.end, extent, mine.broke or "–", *costs, parameters])
    return "\n".join(markdown_table(head, rows)) + "\n"
