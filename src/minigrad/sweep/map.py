"""The trainability map: measured fates over two axes, and where theory puts the boundary."""

from __future__ import annotations

import contextlib
import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.errors import ArgumentError, meant
from minigrad.signal.calibration import VERDICTS
from minigrad.sweep.families import family_of
from minigrad.sweep.recorded import Row

GREYS = {"diverged": 0.05, "stalled": 0.55, "trained": 0.95}  # also told apart in print
MARKS = {"diverged": "x", "stalled": "s", "trained": "o"}
HATCHES = {"diverged": "////", "stalled": "...", "trained": ""}  # told apart in print as well
MOST, POINTS = 4, 240  # configurations and predictions per panel behind the shading


def draw_map(rows: Sequence[Row], x: str, y: str, facets: Sequence[str], path: Path) -> list[str]:
    """Draw the figure; returns its agreement in numbers, one line per panel.

    A panel holds the runs that agree on every value of ``facets``. Its shading is what theory
    says of a few of its configurations; agreement counts every run with its own.
    """
    if not rows:
        raise ArgumentError("the sweep holds no run yet")
    of = family_of(rows[0].config)
    names = [f.name for f in fields(of.configuration)]
    for name in (x, y, *facets):
        if name not in names:
            raise ArgumentError(
                f"an axis or facet must be one of {', '.join(names)}, got {name!r}."
                f"{meant(name, names)}"
            )
    from minigrad.lab.plot import new_figure, save_figure

    panels: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        panels[tuple(getattr(row.config, f) for f in facets)].append(row)
    values = [sorted({key[i] for key in panels}) for i in range(len(facets))]
    columns = len(values[-1]) if values else 1
    keys = list(itertools.product(*values))
    shades = {key: _points(inside, x, y) for key, inside in panels.items()}
    runs = [row.config for row in rows]
    asked = [*runs, *(config for shade in shades.values() for config in shade[1])]
    foretold = of.foretell(asked)  # all at once: a thousand takes less than ten times a hundred
    predicted = {p.config: p.verdict for p in foretold[: len(runs)]}
    share = {p.config: list(p.probabilities.values()) for p in foretold[len(runs) :]}
    right = [predicted[row.config] == row.verdict for row in rows]
    title = f"Theory agrees with {np.mean(right):.1%} of {len(rows)} runs"
    unseen = [ok for ok, row in zip(right, rows, strict=True) if row.group not in of.fitted]
    if 0 < len(unseen) < len(rows):
        title += f", with {np.mean(unseen):.1%} of the {len(unseen)} that its fit has not seen"
    height = -(-len(keys) // columns)
    size = (2.7 * columns + 2.55, 2.7 * height + 0.9)
    numbers = isinstance(getattr(rows[0].config, y), int | float)
    figure, axes = new_figure(
        title,
        height,
        columns,
        size=size,
        margins=(0.7, 0.5, 1.85, 0.85) if numbers else None,
        sharex=True,
        sharey=True,
    )
    report = [title]
    for ax, key in zip(axes.flat, keys, strict=False):
        name = ", ".join(f"{f} {v}" for f, v in zip(facets, key, strict=True)) or "all"
        inside = panels.get(key, [])
        agree = np.mean([predicted[r.config] == r.verdict for r in inside]) if inside else np.nan
        ax.set_title(f"{name}\n{agree:.0%} of {len(inside)}" if inside else name, fontsize=9)
        if inside:
            _panel(ax, inside, x, y)
            _shade(ax, *shades[key], share)
            report.append(f"{name}: {agree:.1%} of {len(inside)}")
    for ax in axes[-1]:
        ax.set_xlabel(x)
    for ax in axes[:, 0]:
        ax.set_ylabel(y)
    _legend(axes[0, -1])
    save_figure(figure, path)
    return report


def _panel(ax: Any, rows: list[Row], x: str, y: str) -> None:
    """Measured fates as marks; each cell of a grid the shares of its runs; predicted lines."""
    from matplotlib.ticker import NullLocator

    from minigrad.lab.plot import FATES

    spots: dict[tuple[Any, Any], list[str]] = defaultdict(list)
    for row in rows:
        spots[getattr(row.config, x), getattr(row.config, y)].append(row.verdict)
    for fate, marker in MARKS.items():
        inside = [spot for spot, fates in spots.items() if max(fates, key=fates.count) == fate]
        if inside:
            look = {"facecolors": str(GREYS[fate])} if marker != "x" else {}
            ax.scatter(
                *zip(*inside, strict=True),
                s=18,
                marker=marker,
                linewidths=0.6 if marker != "x" else 1.2,
                edgecolors="k" if marker != "x" else None,
                c=None if marker != "x" else FATES[fate],
                zorder=3,
                clip_on=False,
                **look,
            )
    numeric = [isinstance(getattr(rows[0].config, name), int | float) for name in (x, y)]
    for name, number, scale in ((x, numeric[0], ax.set_xscale), (y, numeric[1], ax.set_yscale)):
        column = [getattr(r.config, name) for r in rows]
        if number and min(column) > 0 and max(column) > 8 * min(column):
            scale("log")
            axis = ax.xaxis if scale == ax.set_xscale else ax.yaxis
            axis.set_minor_locator(NullLocator())  # in nine panels they take most of the time


def _points(rows: list[Row], x: str, y: str) -> tuple[list[list[Any]], list[Any]]:
    """The grid behind a panel, and the panel's configurations moved to each of its points: none
    where an axis is no number.

    A configuration whose init has no such knob (gain for uniform) cannot be moved: left out.
    """
    if not all(isinstance(getattr(rows[0].config, name), int | float) for name in (x, y)):
        return [], []
    found = {}
    for config in (row.config for row in rows):
        with contextlib.suppress(ArgumentError):
            blank: dict[str, Any] = {x: 2, y: 2}
            moved = replace(config, **blank)
            found[repr(moved)] = moved
    configs = [found[key] for key in sorted(found)]
    if not configs:
        return [], []
    configs = configs[:: -(-len(configs) // MOST)]  # a few of them, evenly
    side = max(round((POINTS / len(configs)) ** 0.5), 8)
    axes = []
    for name in (x, y):
        column = [v for v in (getattr(r.config, name) for r in rows) if v > 0]
        points = np.geomspace(min(column), max(column), side).tolist()
        whole = isinstance(column[0], int)
        axes.append(sorted({round(p) for p in points}) if whole else points)
    spots: list[dict[str, Any]] = [{x: a, y: b} for b in axes[1] for a in axes[0]]
    return axes, [replace(c, **point) for point in spots for c in configs]


def _shade(
    ax: Any, axes: list[list[Any]], configs: list[Any], share: dict[Any, list[float]]
) -> None:
    """Colour by theory's likeliest fate, on average over the configurations at each point."""
    from minigrad.lab.plot import FATES

    if not configs:
        return
    odds = np.array([share[c] for c in configs]).reshape(len(axes[1]), len(axes[0]), -1, 3).sum(2)
    shades = ax.contourf(
        axes[0], axes[1], odds.argmax(2), levels=[-0.5, 0.5, 1.5, 2.5], zorder=1,
        colors=[FATES[fate] for fate in VERDICTS], alpha=0.35,
        hatches=[HATCHES[fate] for fate in VERDICTS],
    )  # fmt: skip
    shades.set(edgecolor="#777777", linewidth=0)


def _legend(ax: Any) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    from minigrad.lab.plot import FATES

    runs = [
        Line2D(
            [], [], linestyle="", marker=MARKS[f], label=f"{f}, run",
            markerfacecolor=str(GREYS[f]), markeredgecolor=FATES[f] if f == "diverged" else "k",
        )
        for f in VERDICTS
    ]  # fmt: skip
    looks: list[Any] = [
        {"facecolor": FATES[f], "hatch": HATCHES[f], "label": f"{f}, predicted"} for f in VERDICTS
    ]
    shades = [Patch(alpha=0.35, edgecolor="#777777", linewidth=0, **look) for look in looks]
    ax.legend(
        handles=runs + shades, loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=8,
        frameon=False, title_fontsize=8, alignment="left",
        title="shade: likeliest on average\nover the panel's other\nsettings; %: each run's own",
    )  # fmt: skip
