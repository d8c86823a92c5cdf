"""A prediction as a notebook shows it: the verdict, its reason, and the loss with its bands."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from minigrad.signal.curve import SHOWN

WIDTH, HEIGHT, LEFT, BOTTOM = 560, 220, 46, 26


def page(p: Any) -> str:
    """HTML of a `Prediction`; it needs nothing but the text itself."""
    odds = ", ".join(f"{name} {share:.0%}" for name, share in p.probabilities.items())
    settings = ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in p.config.as_dict().items()
    )
    return (
        f"<h3>{escape(p.verdict)} ({escape(odds)})</h3><p>because {escape(p.reason)}.</p>"
        f"<p>{escape(' '.join(p.advice))}</p>{_curve(p.curve)}"
        f"<p><small>{escape(settings)}</small></p>"
    )


def _curve(curve: Any) -> str:
    """The loss by step: the median, and bands that hold half and 80 % of all runs."""
    x = [LEFT + (WIDTH - LEFT) * i / (len(curve.windows) - 1) for i in range(len(curve.windows))]
    bands = {q: curve.quantile(q) for q in SHOWN}
    finite = [loss for row in bands.values() for loss in row.tolist() if 0 < loss < np.inf]
    ends = np.log10([min(finite), max(finite)])
    low, high = np.floor(ends[0]), np.floor(ends[1]) + 1
    marks = np.arange(low, high + 1, np.ceil((high - low) / 4))
    if ends[1] - ends[0] < 0.5:  # hardly a decade: the axis of what is there
        low, high = ends[0] - 0.05, ends[1] + 0.05
        marks = np.linspace(low, high, 4)

    def height(loss: float) -> float:
        """Its place on the logarithmic axis; what is not finite stands at the top."""
        share = (np.log10(max(loss, 1e-300)) - low) / (high - low) if np.isfinite(loss) else 1.0
        return float((HEIGHT - BOTTOM) * (1 - np.clip(share, 0, 1)) + 8)

    lines = {q: [height(loss) for loss in row] for q, row in bands.items()}

    def points(*parts: tuple[list[float], list[float]]) -> str:
        return " ".join(f"{a:.1f},{b:.1f}" for xs, ys in parts for a, b in zip(xs, ys, strict=True))

    areas = "".join(
        f'<polygon points="{points((x, lines[low]), (x[::-1], lines[1 - low][::-1]))}" '
        f'fill="#0072B2" fill-opacity="{opacity}"/>'
        for low, opacity in ((0.1, 0.15), (0.25, 0.25))
    )
    ticks = "".join(
        f'<text x="{LEFT - 6}" y="{height(loss) + 4:.1f}" text-anchor="end">{loss:.3g}</text>'
        f'<line x1="{LEFT}" x2="{WIDTH}" y1="{height(loss):.1f}" y2="{height(loss):.1f}" '
        'stroke="#bbb" stroke-width="0.5"/>'
        for loss in 10 ** marks[marks <= high]
    )
    steps = "".join(
        f'<text x="{x[i]:.0f}" y="{HEIGHT - 8}" text-anchor="middle">{curve.windows[i][0]}</text>'
        for i in range(0, len(x), 2)
    )
    return (
        f'<svg width="{WIDTH + 24}" height="{HEIGHT + 14}" font-size="11" role="img" '
        'fill="currentColor" '
        'aria-label="loss by step: median and bands of 50 and 80 %">'
        f'{ticks}{areas}<polyline points="{points((x, lines[0.5]))}" fill="none" '
        f'stroke="#0072B2" stroke-width="2"/>{steps}'
        f'<text x="{LEFT}" y="{HEIGHT + 8}">loss by step: median, half and 80 % of runs</text>'
        "</svg>"
    )
