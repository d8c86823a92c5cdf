"""A transformer's prediction as a page of text and as a figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from minigrad.lab.forecast import chart, draw_curve
from minigrad.signal.fate import wrap
from minigrad.signal.transformer.configuration import (
    BATCH,
    CONTEXT,
    ENTROPY,
    STEPS,
    TransformerConfiguration,
)
from minigrad.signal.transformer.predict import TransformerPrediction

Losses = list[float | None]


def assumed(c: TransformerConfiguration) -> Iterator[str]:
    """What is predicted, defaults included."""
    norm = "no norm" if c.norm == "none" else f"{c.norm} {c.placement}"
    skip = {"plain": "x + f(x)", "scaled": "x + f(x)/√(2·layers)"}[c.residual]
    clip = "no clipping" if c.clip is None else f"clipped at {c.clip:g}"
    yield from wrap(
        f"{c.layers} blocks of {c.dim}, FFN {c.ffn}, init {c.init}, {norm}, {skip}, "
        f"{c.optimizer} lr {c.lr:g}, warmup {c.warmup}, {clip}"
    )
    yield from wrap(
        f"{STEPS} steps of batch {BATCH} × {CONTEXT} on Tiny Shakespeare's characters; guessing by "
        f"their frequencies costs {ENTROPY} nats"
    )


def lines(p: TransformerPrediction, runs: Sequence[Losses] = ()) -> Iterator[str]:
    """The prediction for reading: verdict, reason, curves, rates, the change that would help."""
    yield from assumed(p.config)
    yield ""
    yield from p.said
    yield ""
    yield from chart(p, runs)
    yield ""
    yield "block   mean square    gradient²   1 − cos of two positions"
    for layer in sorted({round(x) for x in np.geomspace(1, p.config.layers, 7)}):
        i = layer - 1
        yield f"{layer:5d}   {p.forward[i]:11.3g}  {p.backward[i]:11.3g}   {p.alike[i]:.2g}"
    yield ""
    yield from p.advice


def plot(p: TransformerPrediction, path: Path, runs: Sequence[Losses] = ()) -> None:
    """The loss by step with its bands; by depth the stream's mean square, its gradient's, and how
    far apart positions are. ``runs`` are the losses of real ones, laid over the curve."""
    from minigrad.lab.plot import STYLES, new_figure, save_figure

    c = p.config
    norm = "no norm" if c.norm == "none" else f"{c.placement} {c.norm}"
    title = (
        f"{p.verdict} ({p.confidence:.0%}): {c.layers} blocks of {c.dim}, {norm}, {c.ffn}, "
        f"init {c.init}\nresidual {c.residual}, {c.optimizer} lr {c.lr:g}, warmup {c.warmup}"
    )
    figure, axes = new_figure(title, 1, 4, size=(15.0, 4.0))
    draw_curve(axes[0, 0], p, runs)
    axes[0, 0].set_title("band: 50 % and 80 % of runs", fontsize=9)
    if runs:
        axes[0, 0].legend(fontsize=8)
    layers = np.arange(1, c.layers + 1)
    panels = (
        (p.forward, STYLES[1], "mean square of the stream"),
        (p.backward, STYLES[0], "mean square of dL/dx, one position"),
        (p.alike, STYLES[2], "1 − cos of two positions"),
    )
    for ax, (curve, style, name) in zip(axes[0, 1:], panels, strict=True):
        shown = np.maximum(curve, 1e-60)
        ax.plot(layers, shown, color=style.color, linestyle=style.linestyle, marker=".")
        ax.set(xlabel="block, at init", ylabel=name, yscale="log")
        if np.ptp(np.log10(shown)) < 1:
            ax.set_ylim(shown.min() / 10, shown.max() * 10)
    save_figure(figure, path)
