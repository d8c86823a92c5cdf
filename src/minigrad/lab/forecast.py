"""A prediction as a page of text and as a figure, and the run that checks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from minigrad.lab.progress import progress
from minigrad.lab.trainability import train
from minigrad.signal.configuration import STEPS, Configuration
from minigrad.signal.predict import Prediction
from minigrad.training.verdict import final_loss, verdict

FLOAT32_ENDS = 1.4e-45**2  # the square of its smallest number, as a mean square


def lines(p: Prediction) -> Iterator[str]:
    """The prediction for reading: verdict, reason, curves, rates, the change that would help."""
    odds = ", ".join(f"{name} {share:.0%}" for name, share in p.probabilities.items())
    yield f"{p.verdict}   ({odds})"
    yield f"because {p.reason}."
    yield ""
    yield "layer   mean square   ± nats    gradient²   ± nats"
    depth = p.config.depth
    for layer in sorted({round(x) for x in np.geomspace(1, depth, 7)}):
        i = layer - 1
        yield (
            f"{layer:5d}   {p.forward[i]:11.3g}   {p.forward_band[i]:6.2f}  "
            f"{p.backward[i]:11.3g}   {p.backward_band[i]:6.2f}"
        )
    yield ""
    if p.window is None:
        yield "No learning rate would train it."
    else:
        low, high = p.window
        yield f"Learning rates that would train it: {low:g} to {high:g}."
    if p.nearest_change is not None:
        yield f"The nearest single change that would make it train: {p.nearest_change}."


def truth(config: Configuration, seed: int, steps: int = STEPS) -> tuple[str, list[float | None]]:
    """Train it; the sentence that says what happened, and the losses."""
    with progress(steps, "training") as advance:
        losses = train(config, seed, steps, on_step=lambda step, loss: advance())
    if losses[-1] is None:
        end = f"the loss stopped being finite at step {len(losses) - 1}"
    else:
        end = f"loss {losses[0]:.3g} at the start, {final_loss(losses):.3g} at the end"
    return f"{verdict(losses)}: {end} (seed {seed}, {steps} steps)", losses


def plot(p: Prediction, path: Path) -> None:
    """Mean square and squared gradient by depth, with the band of two standard deviations."""
    from minigrad.lab.plot import REFERENCE, STYLES, new_figure, save_figure

    c = p.config
    norm = c.norm if c.norm == "none" else f"{c.norm} {c.placement}"
    title = (
        f"{p.verdict} ({p.confidence:.0%}): {c.depth} × {c.width} {c.activation}, {c.init}\n"
        f"norm {norm}, residual {c.residual}, {c.optimizer} lr {c.lr:g}"
    )
    figure, axes = new_figure(title, 1, 2, size=(8.5, 4.0))
    layers = np.arange(1, c.depth + 1)
    panels = (
        (axes[0, 0], p.forward, p.forward_band, STYLES[1], "mean square of h"),
        (axes[0, 1], p.backward, p.backward_band, STYLES[0], "mean square of dL/dh, one example"),
    )
    for ax, curve, spread, style, name in panels:
        ax.set(xlabel="block", ylabel=name)
        if not curve.any():
            ax.text(0.5, 0.5, "0 in every block", transform=ax.transAxes, ha="center")
            ax.set(yticks=[], xlim=(0, c.depth + 1))
            continue
        shown = np.maximum(curve, 1e-120)  # where a curve that is 0 is drawn
        # ln q is normal with the mean curve − spread²/2 (Hanin & Nica 2020): the curve is the mean
        # of q over draws, which a few lucky ones keep up
        typical = shown * np.exp(-np.minimum(spread**2 / 2, 50))
        wide = np.exp(np.minimum(2 * spread, 50))
        ax.plot(layers, shown, color=style.color, linestyle=":", lw=1)
        ax.plot(layers, typical, color=style.color, linestyle=style.linestyle)
        ax.fill_between(layers, typical / wide, typical * wide, color=style.color, alpha=0.2, lw=0)
        ax.set_yscale("log")
        if shown.min() < FLOAT32_ENDS < shown.max():
            ax.axhline(FLOAT32_ENDS, color=REFERENCE, linestyle=":")
            ax.annotate(
                "below: 0 in float32",
                (c.depth / 2, FLOAT32_ENDS),
                (0, -11),
                "data",
                "offset points",
                ha="center",
            )
        if np.ptp(np.log10(shown)) < 1:
            ax.set_ylim(min(shown.min() / 10, (typical / wide).min()), (typical * wide).max() * 10)
    axes[0, 1].annotate(
        "line: the typical network, band: 95 % of them; dots: their mean",
        (0.98, 0.02),
        xycoords="axes fraction",
        ha="right",
        fontsize=8,
    )
    save_figure(figure, path)
