"""Figures that read at a glance, in grey and by eyes that see fewer colours.

Every variant differs in colour, line style and marker; labels stand at the lines' ends.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from numpy.typing import NDArray

from minigrad.files import whole

RC: Any = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 10,
    "legend.handlelength": 3.5,
    "grid.alpha": 0.3,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.8,
    "svg.hashsalt": "minigrad",  # the same run draws the same file
}


class Style(NamedTuple):
    """How one variant is drawn. Colours: Okabe & Ito's, told apart with any colour vision."""

    color: str
    linestyle: Any
    marker: str


STYLES = (
    Style("#D55E00", (0, (1, 1.2)), "s"),
    Style("#0072B2", (0, (5, 1.5)), "^"),
    Style("#009E73", "-", "o"),
    Style("#CC79A7", (0, (6, 1.5, 1, 1.5)), "D"),
    Style("#E69F00", (0, (3, 1, 1, 1, 1, 1)), "v"),
    Style("#56B4E9", (0, (8, 2)), "P"),
)
REFERENCE = "#555555"
THEORY: Any = {"color": "black", "ls": "--", "lw": 1.1}  # what is known without a run

# One colour for one thing, in every figure of the course.
PLACEMENTS = {"none": STYLES[0], "post": STYLES[1], "pre": STYLES[2]}
NORMS = {"none": STYLES[0], "layernorm": STYLES[3], "rmsnorm": STYLES[4]}
INITS = {"uniform ±0.5": STYLES[0], "Xavier": STYLES[1], "Kaiming": STYLES[2]}
FATES = {"diverged": "#D55E00", "stalled": "#BBBBBB", "slow": "#F0E442", "trained": "#56B4E9"}


def ordered(count: int) -> list[Style]:
    """Styles from dark to light, for what has an order: layers, moments."""
    shades = [to_hex(colormaps["viridis"](i / max(count, 2) * 0.95)) for i in range(count)]
    looks = [STYLES[i % len(STYLES)] for i in range(count)]
    return [look._replace(color=shade) for look, shade in zip(looks, shades, strict=True)]


def new_figure(
    title: str,
    rows: int = 1,
    columns: int = 1,
    size: tuple[float, float] = (7.5, 4.3),
    margins: tuple[float, float, float, float] | None = None,
    **axes: Any,
) -> tuple[Figure, NDArray[Any]]:
    """A figure whose title states the finding, and its axes (rows, columns). ``margins``, in inches
    from left, bottom, right and top, spare it the measuring of its text."""
    with mpl.rc_context(RC):
        figure = Figure(figsize=size, layout="constrained" if margins is None else None)
        if margins is not None:
            (width, height), (left, bottom, right, top) = size, margins
            figure.subplots_adjust(
                left / width, bottom / height, 1 - right / width, 1 - top / height, 0.07, 0.25
            )
        figure.suptitle(title, x=0.01, ha="left", fontsize=11.5, fontweight="bold")
        return figure, figure.subplots(rows, columns, squeeze=False, **axes)


def save_figure(figure: Figure, path: Path, svg: bool = False) -> None:
    """As PNG, and as SVG beside it; each appears whole."""
    for suffix in ("png", "svg") if svg else ("png",):
        target = path.with_suffix(f".{suffix}")
        metadata = {"Date": None} if suffix == "svg" else None
        with mpl.rc_context(RC), whole(target) as beside:
            figure.savefig(beside, dpi=110, metadata=metadata)


def over_seeds(runs: Sequence[Sequence[float | None]]) -> NDArray[np.float64]:
    """Records of several seeds as (seeds, steps); NaN where a run stopped or was not finite."""
    steps = max(map(len, runs))
    return np.array([[*run, *[None] * (steps - len(run))] for run in runs], dtype=np.float64)


def smooth(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Mean over the last `window` steps (over those there are, at the start), along axis 1."""
    if window < 2:
        return values
    total = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
    stop = np.arange(1, values.shape[1] + 1)
    start = np.maximum(stop - window, 0)
    return (total[:, stop] - total[:, start]) / (stop - start)


def band(
    ax: Axes,
    x: Any,
    values: NDArray[np.float64],
    style: Style,
    marker_every: float = 0.12,
    label: str | None = None,
) -> None:
    """The median over seeds as a line, their range as a band. `values` is (seeds, len(x)).

    Drawn as far as every seed is finite: the median of the survivors would flatter the rest.
    """
    alive = int(np.isfinite(values).all(axis=0).argmin()) or values.shape[1]
    if not np.isfinite(values[:, 0]).all():
        alive = 0
    x, values = np.asarray(x)[:alive], values[:, :alive]
    if not alive:
        return
    look: Any = {"color": style.color, "linestyle": style.linestyle}
    marks: Any = {"marker": style.marker, "markevery": marker_every, "markersize": 5}
    ax.plot(x, np.median(values, axis=0), label=label, **look, **marks)
    ax.fill_between(x, values.min(axis=0), values.max(axis=0), color=style.color, alpha=0.2, lw=0)


def by_layer(
    ax: Axes,
    values: NDArray[np.float64],
    style: Style,
    marker_every: float = 0.12,
    label: str | None = None,
) -> NDArray[np.int64]:
    """`band` over layers, counted from 1, which are returned. `values` is (seeds, layers)."""
    layers = np.arange(1, values.shape[1] + 1)
    band(ax, layers, values, style, marker_every, label)
    return layers


def divergence(ax: Axes, step: float, style: Style, text: str, row: int = 0) -> None:
    """A ✕ at the top of the axes where a run stopped being finite, and what happened there."""
    y = 0.97 - 0.075 * row
    place = ax.get_xaxis_transform()  # x in steps, y in axes heights
    ax.plot([step], [y], "x", color=style.color, markersize=9, mew=2.5, transform=place)
    note = ax.annotate(text, (step, y), (10, 0), place, "offset points", va="center")
    note.set_color(style.color)


def legend_below(figure: Figure, ax: Axes) -> None:
    """One legend for all panels, below them: that of one axes."""
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)


def label_ends(ax: Axes, labels: Sequence[tuple[float, str, str]], gap: float = 0.07) -> None:
    """Labels (y, text, colour) to the right of the axes, at least `gap` axes heights apart.

    What lies beyond the axes has its label at their edge.
    """
    ax.get_ylim()  # brings the limits up to date, which transData does not
    to_axes = ax.transData + ax.transAxes.inverted()
    ordered = sorted(
        (float(to_axes.transform((0, y))[1]), text, color) for y, text, color in labels
    )
    heights = np.clip([height for height, _, _ in ordered], 0, 1)
    for _ in range(200):  # push neighbours apart until all have room
        short = np.maximum(gap - np.diff(heights), 0) / 2
        if not short.any():
            break
        heights[:-1] -= short
        heights[1:] += short
    for height, (_, text, color) in zip(heights, ordered, strict=True):
        ax.text(1.01, height, text, color=color, va="center", transform=ax.transAxes)
