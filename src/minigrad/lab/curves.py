"""What several labs draw: loss curves, a map of fates, a coloured table, stripes of kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby, product
from statistics import median
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from minigrad.lab import plot
from minigrad.lab.cells import Cells


def loss_curves(
    axes: Sequence[Axes],
    panels: Sequence[Mapping[str, Cells]],
    styles: Mapping[str, plot.Style],
    window: int = 16,
    top: float = 8.0,
) -> None:
    """Training loss by step, one panel of variants per axes, beside the loss of guessing.

    Median and range over seeds, each point the mean of `window` steps, with a ✕ where a variant's
    loss stops being finite; losses above `top` lie outside the axes.
    """
    chance = next(cells.entropy for variants in panels for cells in variants.values())
    lines, highest, lowest, marked = [], chance, chance, False
    for ax, variants in zip(axes, panels, strict=True):
        ax.set(yscale="log", xlabel="step")
        ends, row = [(chance, "guessing", plot.REFERENCE)], 0
        for name, cells in variants.items():
            runs = cells.runs
            losses = plot.smooth(plot.over_seeds([run["losses"] for run in runs]), window)
            plot.band(ax, np.arange(losses.shape[1]), losses, styles[name])
            highest = max(highest, float(np.nanmax(losses)))
            if np.isfinite(losses).all():
                lowest = min(lowest, float(losses.min()))
            broken = [run["diverged_at"] for run in runs if run["diverged_at"] is not None]
            if broken:
                step, count = int(np.median(broken)), f"{len(broken)}/{len(runs)} seeds"
                worst = max(x for run in runs for x in run["losses"] if x is not None)
                text = f"{name}: loss up to {worst:.1g}, not finite at step {step}, {count}"
                plot.divergence(ax, step, styles[name], text, row)
                row, marked = row + 1, True
            elif np.isfinite(losses[:, -1]).all():
                ends.append((float(np.median(losses[:, -1])), name, styles[name].color))
        ax.axhline(chance, color=plot.REFERENCE, linewidth=1, linestyle=":")
        lines.append(ends)
    axes[0].set_ylabel(f"training loss (nats, mean of {window} steps)")
    for ax in axes:
        ax.set_ylim(lowest / 1.5, top if marked else min(top, 1.5 * highest))
    for ax, ends in zip(axes, lines, strict=True):
        plot.label_ends(ax, ends)


def text_curves(
    axes: tuple[Axes, Axes], variants: Mapping[str, Cells], styles: Mapping[str, plot.Style]
) -> None:
    """Training and held-out loss by step, median and range over seeds, with what is known
    beforehand (unigram, bigram) and a ✕ where runs diverged."""
    train, held_out = axes
    some = next(iter(variants.values()))
    known = [(some.entropy, "unigram", plot.REFERENCE), (some.bigram, "bigram", plot.REFERENCE)]
    ends = []
    for name, cells in variants.items():
        style = styles[name]
        losses = plot.smooth(plot.over_seeds([run["losses"] for run in cells.runs]), 10)
        plot.band(train, np.arange(losses.shape[1]), losses, style)
        alive = [run["validation"] for run in cells.runs if run["diverged_at"] is None]
        if alive:
            values = np.array([[loss for _, loss in line] for line in alive])
            plot.band(held_out, [step for step, _ in alive[0]], values, style)
            ends.append((float(np.median(values[:, -1])), name, style.color))
        dead = [run["diverged_at"] for run in cells.runs if run["diverged_at"] is not None]
        for ax in axes if dead else ():
            plot.divergence(ax, median(dead), style, f"{name}: diverged")
    for ax in axes:
        for value, _, color in known:
            ax.axhline(value, color=color, lw=0.8, ls=":")
    plot.label_ends(held_out, [*ends, *known])


def trainability(
    title: str,
    cells: Cells,
    variants: Sequence[str],
    rows: Mapping[str, Mapping[str, Any]],
    columns: Mapping[str, Mapping[str, Any]],
    size: tuple[float, float],
    xlabel: str,
    loss: str = "held-out loss",
) -> Figure:
    """A panel per variant: the held-out loss of the runs that have a row's and a column's values,
    dark is stalled, and how many of them were not trained."""
    figure, axes = plot.new_figure(title, columns=len(variants), size=size, sharey=True)
    for ax, name in zip(axes[0], variants, strict=True):
        mine = cells.of(variant=name)
        at = [[mine.of(**row, **column) for column in columns.values()] for row in rows.values()]
        values = np.array([[median(cell.ends or [np.nan]) for cell in row] for row in at])
        image = ax.imshow(
            values, origin="lower", aspect="auto", cmap="cividis_r",
            vmin=cells.bigram, vmax=cells.entropy,
        )  # fmt: skip
        for (row, column), value in np.ndenumerate(values):
            cell = at[row][column]
            notes = [f"{f} {n}/{len(cell.runs)}" for f, n in cell.fates.items() if f != "trained"]
            text = "\n".join([f"{value:.2f}"] * bool(cell.ends) + notes)
            color = "white" if value > (cells.entropy + cells.bigram) / 2 else "black"
            ax.text(column, row, text, ha="center", va="center", fontsize=9, color=color)
        ax.grid(False)
        ax.set_title(name, fontsize=10)
        ax.set_xticks(range(len(columns)), list(columns))
        ax.set_yticks(range(len(rows)), list(rows))
        ax.set_xlabel(xlabel)
    figure.colorbar(image, ax=axes[0].tolist(), label=f"{loss} (nats)")
    return figure


def log_curves(
    axes: Sequence[Axes],
    panels: Sequence[Mapping[str, Sequence[Sequence[float | None]]]],
    styles: Mapping[str, plot.Style],
    label: str,
) -> None:
    """Any quantity by step on a log axis, a panel of {name: one list per seed} per axes; each name
    stands beside the last value that is finite."""
    lines = []
    for ax, shown in zip(axes, panels, strict=True):
        ax.set(yscale="log", xlabel="step")
        ends = []
        for name, seeds in shown.items():
            values = plot.over_seeds(seeds)
            every = values.shape[1] // 8 + 1
            plot.band(ax, np.arange(values.shape[1]), values, styles[name], every)
            alive = np.median(values[:, np.isfinite(values).all(axis=0)], axis=0)
            ends += [(float(end), name, styles[name].color) for end in alive[-1:]]
        lines.append(ends)
    axes[0].set_ylabel(label)
    for ax, ends in zip(axes, lines, strict=True):
        plot.label_ends(ax, ends)


def layer_curves(
    axes: Any, columns: Mapping[str, Sequence[Any]], rows: Mapping[str, str], every: int
) -> None:
    """A row per quantity, a column of runs, one a seed: run[quantity][block] holds its values at
    every so many steps; a line per block from dark to light, median and range, on a log axis."""
    for (column, (name, runs)), (row, (key, label)) in product(
        enumerate(columns.items()), enumerate(rows.items())
    ):
        ax, blocks = axes[row, column], list(runs[0][key])
        for block, style in zip(blocks, plot.ordered(len(blocks)), strict=True):
            values = plot.over_seeds([run[key][block] for run in runs])
            steps = every * np.arange(values.shape[1])
            plot.band(ax, steps, values, style, label=f"block {block}")
        ax.set_yscale("log")
        if not column:
            ax.set_ylabel(label)
        if not row:
            ax.set_title(name, fontsize=10)
        if row == len(rows) - 1:
            ax.set_xlabel("step")


def table(
    ax: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    cell: Callable[[str, str], tuple[str, str, bool]],
) -> None:
    """A table of coloured cells; `cell(row, column)` says its text, colour, and whether bold."""
    image = np.ones((len(rows), len(columns), 3))
    for (i, row), (j, column) in product(enumerate(rows), enumerate(columns)):
        text, color, bold = cell(row, column)
        image[i, j] = to_rgb(color)
        weight = "bold" if bold else "normal"
        ax.text(j, i, text, ha="center", va="center", fontsize=9, fontweight=weight)
    ax.imshow(image, aspect="auto")
    for count, line in ((len(columns), ax.axvline), (len(rows), ax.axhline)):
        for at in range(1, count):
            line(at - 0.5, color="white", lw=1.5)
    ax.set_xticks(range(len(columns)), [c.replace(" ", "\n", 1) for c in columns], fontsize=9)
    ax.set_yticks(range(len(rows)), rows)
    ax.xaxis.tick_top()
    ax.grid(False)


def stripes(
    ax: Axes, edges: Any, rows: Mapping[str, Sequence[int]], colors: Mapping[str, str]
) -> None:
    """A stripe per row, coloured by which of `colors`' names (by place) holds between two edges;
    the names stand in the wide parts, for a print in grey."""
    names, count = list(colors), len(edges) - 1
    norm = BoundaryNorm(np.arange(len(names) + 1) - 0.5, len(names))
    cmap, ys = ListedColormap(list(colors.values())), np.arange(len(rows) + 1)
    ax.pcolormesh(edges, ys, list(rows.values()), cmap=cmap, norm=norm, rasterized=True)
    for y, kinds in enumerate(rows.values()):
        ax.axhline(y, color="white", lw=2)
        start = 0
        for kind, same in groupby(kinds):
            stop = start + len(list(same))
            if kind and stop - start > 0.06 * count:
                middle = np.sqrt(edges[start] * edges[stop])
                shade = "black" if sum(to_rgb(colors[names[kind]])) > 1.5 else "white"
                look: Any = {"ha": "center", "va": "center", "color": shade, "fontsize": 8}
                ax.text(middle, y + 0.5, names[kind], **look)
            start = stop
    ax.set_yticks(ys[:-1] + 0.5, list(rows), fontsize=9)
    ax.set_xscale("log")
    ax.invert_yaxis()
    ax.grid(False)
    patches = [Patch(facecolor=c, edgecolor="#888888", label=name) for name, c in colors.items()]
    place: Any = {"loc": "upper center", "bbox_to_anchor": (0.4, -0.14)}
    ax.legend(handles=patches, ncols=len(names), frameon=False, fontsize=9, **place)


def histograms(
    title: str, panels: Mapping[str, Sequence[Any]], edges: Mapping[str, Any], of: str
) -> Figure:
    """Outputs above and gradients below, a column per panel of Histograms.record()s, one a seed: a
    line per layer from dark to light, median and range; a log axis where all edges are positive.
    `of` says whose they are: "a layer's"."""
    size = (0.5 + 3.4 * len(panels), 5.8)
    figure, axes = plot.new_figure(title, 2, len(panels), size=size, sharex="row")
    for (column, (name, runs)), (row, key) in product(enumerate(panels.items()), enumerate(edges)):
        ax, at, log = axes[row, column], np.asarray(edges[key]), edges[key][0] > 0
        middles = np.sqrt(at[1:] * at[:-1]) if log else (at[1:] + at[:-1]) / 2
        layers = list(runs[0][key])
        for layer, style in zip(layers, plot.ordered(len(layers)), strict=True):
            plot.band(ax, middles, np.array([run[key][layer] for run in runs]), style, 0.1, layer)
        what = f"entry of {of} {'gradient' if row else 'output'}"
        ax.set(xscale="log" if log else "linear", xlabel=f"|{what}|" if log else what)
        ax.set(title="" if row else name, ylabel="" if column else "share of the entries")
    plot.legend_below(figure, axes[0, 0])
    return figure
