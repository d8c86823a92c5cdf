"""Predicted bands behind measured curves, and a sentence that says where they failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from minigrad.lab.cells import Cells, Run, claim, seen
from minigrad.lab.forecast import draw_curve
from minigrad.lab.plot import STYLES, Style, legend_below, new_figure
from minigrad.lab.report import BAND, Finding
from minigrad.signal.fate import Fate

LOW, HIGH = 0.1, 0.9  # the quantiles between which 80 % of runs are to lie
SIGMAS = 1.2816  # the same in standard deviations of a normal logarithm
TOP = 1e12  # what lies higher, NaN included, is drawn here


def bands(ax: Axes, said: Mapping[str, Fate], styles: Mapping[str, Style]) -> None:
    """The 80 % bands of the loss by step, behind what is measured, as far as the windows reach."""
    for name, p in said.items():
        steps = [(first + stop - 1) / 2 for first, stop in p.curve.windows]
        low, high = (np.minimum(p.curve.quantile(q), TOP) for q in (LOW, HIGH))
        shade(ax, steps, low, high, styles[name])
    ax.set_xlabel("step (between thin lines, to step 300: the predicted 80 %)")


def shade(ax: Axes, x: Any, low: Any, high: Any, style: Style) -> None:
    """A band that was predicted: paler than the range over seeds, between thin lines."""
    ax.fill_between(x, low, high, color=style.color, alpha=0.1, lw=0, zorder=0)
    for edge in (low, high):
        ax.plot(x, edge, color=style.color, lw=0.6, alpha=0.6, zorder=0, label="_predicted")


def panels(
    title: str,
    curves: Mapping[str, tuple[Fate, Sequence[Run], Sequence[float] | None]],
    columns: int,
) -> Figure:
    """A panel per network: its band, its runs and, dotted, theory alone if given."""
    rows = -(-len(curves) // columns)
    size = (4.1 * columns + 0.4, 2.6 * rows + 0.9)
    figure, axes = new_figure(title, rows, columns, size=size, sharex=True)
    style = STYLES[0]
    look: Any = {"color": style.color, "ls": style.linestyle, "marker": style.marker, "ms": 3}
    look["label"] = "theory alone"
    for k, (name, (p, runs, alone)) in enumerate(curves.items()):
        ax = axes.flat[k]
        draw_curve(ax, p, [run["losses"] for run in runs])
        if alone is not None:
            ax.plot([(first + stop + 1) / 2 for first, stop in p.curve.windows], alone, **look)
        ax.set_title(f"{name}\npredicted {p.verdict}: {Cells(runs).counts}", fontsize=9)
        ax.set(xlabel=ax.get_xlabel() if k // columns == rows - 1 else "")
        ax.set(ylabel="" if k % columns else ax.get_ylabel())
    legend_below(figure, axes[0, 0])
    return figure


def by_depth(curve: Any, spread: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The 80 % band of a mean square by depth: ln is normal with mean ln curve − spread²/2."""
    middle = np.log(np.maximum(curve, 1e-300)) - np.square(spread) / 2
    return np.exp(middle - SIGMAS * spread), np.exp(middle + SIGMAS * spread)


def finding(name: str, foretold: Sequence[tuple[Fate, Sequence[Run]]]) -> Finding:
    """How many windows of the runs lie in the 80 % bands, and where the others are."""
    inside = total = 0
    missed: dict[tuple[int, int], Counter[str]] = {}
    for p, runs in foretold:
        low, high = p.curve.quantile(LOW), p.curve.quantile(HIGH)
        for run in runs:
            means = seen(run, p.curve.windows)
            for w in np.flatnonzero(~np.isnan(means)):
                total += 1
                if low[w] <= means[w] <= high[w]:
                    inside += 1
                else:
                    side = "above" if means[w] > high[w] else "below"
                    missed.setdefault(p.curve.windows[w], Counter())[side] += 1
    listed = ", ".join(
        f"{first if stop == first + 1 else f'{first}–{stop - 1}'} "
        f"({' and '.join(f'{n} {side}' for side, n in counts.items())})"
        for (first, stop), counts in sorted(missed.items())
    )
    sentence = f"outside at steps {listed}" if listed else "none of its windows lies outside"
    claimed = claim("most windows inside", 2 * inside > total if total else None)
    outcome = f"{inside} of {total} windows inside"
    return Finding(f"{BAND}, {name}", outcome, sentence, **claimed)


def by_layer(name: str, networks: Mapping[str, tuple[Any, Any]]) -> Finding:
    """How many points lie in bands by layer, of networks {name: ((low, high), (seeds, layers))}."""
    inside = {}
    for which, ((low, high), values) in networks.items():
        inside[which] = (np.array(values) >= low) & (np.array(values) <= high)
    few = [f"{which} ({x.sum()} of {x.size})" for which, x in inside.items() if x.mean() < 0.8]
    total, hit = sum(x.size for x in inside.values()), sum(x.sum() for x in inside.values())
    sentence = f"fewer than 80 % of {', '.join(few)}" if few else "at least 80 % of each network"
    claimed = claim("most of each network inside", min(x.mean() for x in inside.values()) > 0.5)
    outcome = f"{hit} of {total} points inside"
    return Finding(f"{BAND}, {name}", outcome, sentence, **claimed)
