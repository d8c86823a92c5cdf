"""Runs on a text by what was varied, what is claimed of them, and how they are drawn.

A claim about no runs is neither true nor false: `Cells.all` then says None, and `claim` that this
run cannot tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from minigrad.lab import language, plot

Test = Callable[[dict[str, Any]], bool]


class Cells:
    """The runs of a record {"text": …, "runs": […]}, or some of them."""

    def __init__(self, record: Mapping[str, Any], runs: list[dict[str, Any]] | None = None) -> None:
        self.record = record
        self.runs: list[dict[str, Any]] = record["runs"] if runs is None else runs
        self.unigram: float = record["text"]["unigram_loss"]
        self.bigram: float = record["text"]["bigram_loss"]

    def of(self, **wanted: Any) -> Cells:
        """The runs with these values; a function in a value's place says whether one will do."""

        def fits(run: dict[str, Any]) -> bool:
            return all(v(run[k]) if callable(v) else run[k] == v for k, v in wanted.items())

        return Cells(self.record, [run for run in self.runs if fits(run)])

    def by(self, *keys: str) -> dict[Any, Cells]:
        """The runs by the values under ``keys`` (by the value alone, for one key), in order."""
        grouped = language.group(self.runs, *keys)
        return {values: Cells(self.record, runs) for values, runs in grouped.items()}

    def all(self, test: Test) -> bool | None:
        """Whether the test holds for every run; None where there is no run to tell."""
        return all(map(test, self.runs)) if self.runs else None

    def any(self, test: Test) -> bool:
        """Whether the test holds for a run."""
        return any(map(test, self.runs))

    def trained(self, run: dict[str, Any]) -> bool:
        """A test: neither diverged nor stalled."""
        return language.learned(run, self.unigram)

    def stalled(self, run: dict[str, Any]) -> bool:
        """A test: finite, and no better than knowing how frequent each character is."""
        return language.is_stuck(run, self.unigram)

    @staticmethod
    def diverged(run: dict[str, Any]) -> bool:
        """A test: a loss that is not finite."""
        return run["diverged_at"] is not None

    @property
    def fate(self) -> str:
        """How the runs ended: "2.61", "stalled 3.41", "diverged", or a mixture of these."""
        return language.fate(self.runs, self.unigram)

    @property
    def word(self) -> str:
        """What every run did: "diverged", "stalled" or "trained"; else "mixed"."""
        return language.word(self.runs, self.unigram)

    @property
    def ends(self) -> list[float]:
        """The last held-out loss of each run that did not diverge."""
        return [language.final(run) for run in self.runs if not self.diverged(run)]


def claim(text: str, *tests: bool | None) -> dict[str, Any]:
    """What was predicted and whether it held, for Finding(…, **claim(…)): False if a test failed,
    None ("this run cannot tell") if one had nothing to judge by, else True."""
    held = False if False in tests else None if None in tests else True
    return {"predicted": text, "held": held}


def curves(
    axes: tuple[Axes, Axes], variants: Mapping[str, Cells], styles: Mapping[str, plot.Style]
) -> None:
    """Training and held-out loss by step, median and range over seeds, with what is known
    beforehand (unigram, bigram) and a ✕ where runs diverged."""
    train, held_out = axes
    some = next(iter(variants.values()))
    known = [(some.unigram, "unigram", plot.REFERENCE), (some.bigram, "bigram", plot.REFERENCE)]
    ends = []
    for name, cells in variants.items():
        style = styles[name]
        losses = plot.smooth(plot.over_seeds([run["losses"] for run in cells.runs]), 10)
        plot.band(train, np.arange(losses.shape[1]), losses, style)
        alive = [run["validation"] for run in cells.runs if not cells.diverged(run)]
        if alive:
            values = np.array([[loss for _, loss in line] for line in alive])
            plot.band(held_out, [step for step, _ in alive[0]], values, style)
            ends.append((float(np.median(values[:, -1])), name, style.color))
        dead = [run["diverged_at"] for run in cells.runs if cells.diverged(run)]
        for ax in axes if dead else ():
            plot.divergence(ax, median(dead), style, f"{name}: diverged")
    for ax in axes:
        for value, _, color in known:
            ax.axhline(value, color=color, lw=0.8, ls=":")
    plot.label_ends(held_out, [*ends, *known])


def trainability(axes: Any, cells: Cells, variants: Any, rows: str, columns: str) -> Any:
    """A panel per variant: the held-out loss at each value of rows and columns, dark is stalled.

    Returns the image, for a colour bar.
    """
    ys, xs = (sorted(cells.by(key)) for key in (rows, columns))
    for ax, name in zip(axes, variants, strict=True):
        at = cells.of(variant=name).by(rows, columns)
        values = np.array([[median(at[y, x].ends or [np.nan]) for x in xs] for y in ys])
        image = ax.imshow(
            values, origin="lower", aspect="auto", cmap="cividis_r",
            vmin=cells.bigram, vmax=cells.unigram,
        )  # fmt: skip
        for (row, column), value in np.ndenumerate(values):
            cell = at[ys[row], xs[column]]
            stalled = sum(map(cell.stalled, cell.runs))
            text = f"{value:.2f}" + (f"\nstalled {stalled}/{len(cell.runs)}" if stalled else "")
            color = "white" if value > (cells.unigram + cells.bigram) / 2 else "black"
            ax.text(column, row, text, ha="center", va="center", fontsize=9, color=color)
        ax.grid(False)
        ax.set_title(name, fontsize=10)
        ax.set_xticks(range(len(xs)), [f"{x:g}" for x in xs])
        ax.set_yticks(range(len(ys)), ys)
    return image
