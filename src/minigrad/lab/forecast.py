"""A prediction as a page of text and as a figure, and the run that checks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.lab.progress import progress
from minigrad.signal.predict import Prediction
from minigrad.signal.transformer.predict import TransformerPrediction
from minigrad.training.verdict import final_loss, verdict

FLOAT32_ENDS = 1.4e-45**2  # the square of its smallest number, as a mean square


def lines(p: Prediction | TransformerPrediction) -> Iterator[str]:
    """The prediction for reading: verdict, reason, curves, rates, the change that would help."""
    odds = ", ".join(f"{name} {share:.0%}" for name, share in p.probabilities.items())
    yield f"{p.verdict}   ({odds})"
    yield f"because {p.reason}."
    yield ""
    yield from _depths(p)
    yield ""
    if p.window is None:
        yield "No learning rate would train it."
    else:
        low, high = p.window
        yield f"Learning rates that would train it: {low:g} to {high:g}."
    if p.nearest_change is not None:
        yield f"The nearest single change that would make it train: {p.nearest_change}."


def _depths(p: Prediction | TransformerPrediction) -> Iterator[str]:
    """The curves, at a few depths."""
    if isinstance(p, Prediction):
        yield "layer   mean square   ± nats    gradient²   ± nats"
    else:
        yield "block   mean square    gradient²   1 − cos of two positions"
    for layer in sorted({round(x) for x in np.geomspace(1, len(p.forward), 7)}):
        i = layer - 1
        if isinstance(p, Prediction):
            yield (
                f"{layer:5d}   {p.forward[i]:11.3g}   {p.forward_band[i]:6.2f}  "
                f"{p.backward[i]:11.3g}   {p.backward_band[i]:6.2f}"
            )
        else:
            yield f"{layer:5d}   {p.forward[i]:11.3g}  {p.backward[i]:11.3g}   {p.alike[i]:.2g}"


def truth(
    train: Callable[..., list[float | None]], config: Any, seed: int, steps: int, entropy: float
) -> tuple[str, list[float | None]]:
    """Train it; the sentence that says what happened, and the losses."""
    with progress(steps, "training") as advance:
        losses = train(config, seed, steps, on_step=lambda step, loss: advance())
    if losses[-1] is None:
        end = f"the loss stopped being finite at step {len(losses) - 1}"
    else:
        end = f"loss {losses[0]:.3g} at the start, {final_loss(losses):.3g} at the end"
    return f"{verdict(losses, entropy)}: {end} (seed {seed}, {steps} steps)", losses


def _of_mlp(p: Prediction) -> tuple[str, list[Any]]:
    c = p.config
    norm = c.norm if c.norm == "none" else f"{c.norm} {c.placement}"
    title = (
        f"{c.depth} × {c.width} {c.activation}, {c.init}\n"
        f"norm {norm}, residual {c.residual}, {c.optimizer} lr {c.lr:g}"
    )
    return title, [
        (p.forward, p.forward_band, 1, "mean square of h"),
        (p.backward, p.backward_band, 0, "mean square of dL/dh, one example"),
    ]


def _of_transformer(p: TransformerPrediction) -> tuple[str, list[Any]]:
    c = p.config
    norm = "no norm" if c.norm == "none" else f"{c.placement} {c.norm}"
    title = (
        f"{c.layers} blocks of {c.dim}, {norm}, {c.ffn}, init {c.init}\n"
        f"residual {c.residual}, {c.optimizer} lr {c.lr:g}, warmup {c.warmup}"
    )
    return title, [
        (p.forward, None, 1, "mean square of the stream"),
        (p.backward, None, 0, "mean square of dL/dx, one position"),
        (p.alike, None, 2, "1 − cos of two positions"),
    ]


def plot(p: Prediction | TransformerPrediction, path: Path) -> None:
    """The curves by depth at init, an MLP's with their band of two standard deviations."""
    from minigrad.lab.plot import REFERENCE, STYLES, new_figure, save_figure

    about, panels = _of_mlp(p) if isinstance(p, Prediction) else _of_transformer(p)
    title = f"{p.verdict} ({p.confidence:.0%}): {about}"
    figure, axes = new_figure(title, 1, len(panels), size=(4.25 * len(panels), 4.0))
    depth = len(p.forward)
    layers = np.arange(1, depth + 1)
    for ax, (curve, spread, style, name) in zip(axes[0], panels, strict=True):
        ax.set(xlabel="block", ylabel=name)
        if not curve.any():
            ax.text(0.5, 0.5, "0 in every block", transform=ax.transAxes, ha="center")
            ax.set(yticks=[], xlim=(0, depth + 1))
            continue
        look = STYLES[style]
        shown = np.maximum(curve, 1e-120)  # where a curve that is 0 is drawn
        ax.plot(layers, shown, color=look.color, linestyle=look.linestyle)
        if spread is not None:
            wide = np.exp(np.minimum(2 * spread, 50))
            ax.fill_between(layers, shown / wide, shown * wide, color=look.color, alpha=0.2, lw=0)
        ax.set_yscale("log")
        if shown.min() < FLOAT32_ENDS < shown.max():
            ax.axhline(FLOAT32_ENDS, color=REFERENCE, linestyle=":")
            ax.annotate(
                "below: 0 in float32",
                (depth / 2, FLOAT32_ENDS),
                (0, -11),
                "data",
                "offset points",
                ha="center",
            )
        if np.ptp(np.log10(shown)) < 1:
            ax.set_ylim(shown.min() / 10, shown.max() * 10)
    if isinstance(p, Prediction):
        axes[0, 1].annotate(
            "band: ± 2 standard deviations over seeds",
            (0.98, 0.02),
            xycoords="axes fraction",
            ha="right",
            fontsize=8,
        )
    save_figure(figure, path)
