"""A prediction as a page of text and as a figure, and the run that checks it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.lab.trainability import train
from minigrad.signal.configuration import BATCH, STEPS, Configuration
from minigrad.signal.fate import Fate, wrap
from minigrad.signal.predict import Prediction
from minigrad.signal.windows import window_means
from minigrad.training.verdict import final_loss, verdict

Losses = list[float | None]
DEEPEST, WIDEST = 100, 256  # of the networks that the odds and the curve were fitted on

FLOAT32_ENDS = 1.4e-45**2  # the square of its smallest number, as a mean square


def assumed(c: Configuration) -> Iterator[str]:
    """What is predicted, defaults included, and whether the odds were fitted that far out."""
    norm = "no norm" if c.norm == "none" else f"{c.norm} {c.placement}"
    skip = {"none": "no residual", "plain": "x + f(x)", "scaled": "x + f(x)/√depth"}[c.residual]
    scale = f" ±{c.init_scale:g}" if c.init == "uniform" else ""
    scale = f" std {c.init_scale:g}" if c.init in ("normal", "trunc_normal") else scale
    yield from wrap(
        f"{c.depth} × {c.width} {c.activation}, {c.init}{scale}, {norm}, {skip}, "
        f"{c.optimizer} lr {c.lr:g}"
    )
    yield f"{STEPS} steps of batch {BATCH} on the labs' toy task; guessing costs ln 2 = 0.693"
    if c.depth > DEEPEST or c.width > WIDEST:
        yield f"beyond depth {DEEPEST} or width {WIDEST} no run was measured"


def lines(p: Prediction, runs: Sequence[Losses] = ()) -> Iterator[str]:
    """The prediction for reading: verdict, reason, curves, rates, the change that would help.

    ``runs`` are the losses of real ones, laid over the curve.
    """
    yield from assumed(p.config)
    yield ""
    yield from p.said
    yield ""
    yield from chart(p, runs)
    yield ""
    yield "layer   mean square   ± nats    gradient²   ± nats"
    depth = p.config.depth
    for layer in sorted({round(x) for x in np.geomspace(1, depth, 7)}):
        i = layer - 1
        yield (
            f"{layer:5d}   {p.forward[i]:11.3g}   {p.forward_band[i]:6.2f}  "
            f"{p.backward[i]:11.3g}   {p.backward_band[i]:6.2f}"
        )
    yield "± nats: standard deviation over seeds of the logarithm, the luck of the draw"
    yield ""
    yield from p.advice


def chart(p: Fate, runs: Sequence[Losses] = (), columns: int = 46) -> Iterator[str]:
    """The loss window by window on a logarithmic axis: the band, and real runs as o."""
    low, first, median, third, high = (p.curve.quantile(q) for q in (0.1, 0.25, 0.5, 0.75, 0.9))
    measured = [window_means(run, p.curve.windows) for run in runs]
    seen = [x for row in (low.tolist(), high.tolist(), *measured) for x in row if 0 < x < math.inf]
    bottom, top = math.log10(min(seen)), math.log10(max(seen)) + 0.01
    if top - bottom > 1:  # whole decades
        bottom, top = math.floor(bottom), min(math.ceil(top), math.floor(bottom) + 40)

    def column(x: float) -> int:  # the last one is for what is not finite
        if not math.isfinite(x):
            return columns
        place = (math.log10(max(x, 1e-300)) - bottom) / (top - bottom)
        return round(min(max(place, 0.0), 1.0) * (columns - 1))

    ends = (f"1e{x}" if isinstance(x, int) else f"{10**x:.3g}" for x in (bottom, top))
    left, right = next(ends), f"{next(ends)} NaN"
    yield f"steps         loss   {left}{right:>{columns + 3 - len(left)}}"
    for w, (start, stop) in enumerate(p.curve.windows):
        cells = [" "] * (columns + 1)
        for mark, near, far in (("·", low, high), ("━", first, third)):
            for k in range(column(near[w]), column(far[w]) + 1):
                cells[k] = mark
        cells[column(median[w])] = "┃"
        for run in measured:
            cells[column(run[w])] = "o"
        steps = f"{start}" if stop == start + 1 else f"{start}–{stop - 1}"
        loss = f"{median[w]:.3g}" if math.isfinite(median[w]) else "NaN"
        yield f"{steps:8s}  {loss:>8s}   {''.join(cells)}".rstrip()
    yield "┃ half of all runs stay below, ━ 50 % of them, · 80 %" + (", o the runs" if runs else "")
    half = p.curve.half_step
    last, level = p.curve.windows[-1][1], p.curve.task.entropy / 2
    reached = f"at step {half:.0f}" if half < last else f"not within {last} steps"
    yield f"half of guessing, {level:.3f} nats: {reached}"
    yield f"a spike above twice the start: {p.curve.spike:.0%}"


def truth(
    config: Any,
    seed: int,
    steps: int = STEPS,
    train: Callable[..., Losses] = train,
    entropy: float = math.log(2),
) -> tuple[str, Losses]:
    """Train it; the sentence that says what happened, and the losses."""
    from minigrad.lab.progress import progress  # rich: not there where a page draws curves alone

    with progress(steps, "training") as advance:
        losses = train(config, seed, steps, on_step=lambda step, loss: advance())
    if losses[-1] is None:
        end = f"the loss stopped being finite at step {len(losses) - 1}"
    else:
        end = f"loss {losses[0]:.3g} at the start, {final_loss(losses):.3g} at the end"
    return f"{verdict(losses, entropy)}: {end} (seed {seed}, {steps} steps)", losses


def draw_curve(ax: Any, p: Fate, runs: Sequence[Losses] = ()) -> None:
    """The predicted band on axes of the loss by step, real runs as lines over it."""
    from matplotlib.ticker import LogLocator

    from minigrad.lab.plot import REFERENCE, STYLES

    step = np.array([(start + stop - 1) / 2 + 1 for start, stop in p.curve.windows])
    bands = {q: p.curve.quantile(q) for q in (0.1, 0.25, 0.5, 0.75, 0.9)}
    measured = [np.array(window_means(run, p.curve.windows)) for run in runs]
    drawn = np.concatenate([*bands.values(), *measured])
    drawn = drawn[np.isfinite(drawn) & (drawn > 0)]
    entropy = p.curve.task.entropy
    low, high = min(drawn.min() / 1.5, entropy / 2), max(drawn.max() * 2, 2.5 * entropy)
    # at the top: not finite
    style = STYLES[1]
    for outer, opacity, share in ((0.1, 0.15, "80 % of runs"), (0.25, 0.3, "50 %")):
        edges = (np.clip(bands[q], low, high) for q in (outer, 1 - outer))
        ax.fill_between(step, *edges, color=style.color, alpha=opacity, lw=0, label=share)
    median = np.minimum(bands[0.5], high)
    ax.plot(step, median, color=style.color, linestyle=style.linestyle, label="predicted")
    for k, means in enumerate(measured):
        ax.plot(step, means, color="k", lw=0.9, marker=".", label="run" if k == 0 else None)
        if np.isnan(means).any():
            last = max(int(np.argmax(np.isnan(means))) - 1, 0)
            ax.plot(step[last], means[last], "x", color="k", markersize=8)
    ax.axhline(entropy, color=REFERENCE, linestyle=":")
    ax.set(xscale="log", yscale="log", xlabel="step + 1", ylabel="loss, nats", ylim=(low, high))
    if high / low < 100:  # numbers, not powers, and no more of them than have room
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_locator(LogLocator(subs=(2, 5)))
        ax.yaxis.set_minor_formatter("{x:g}")


def plot(p: Prediction, path: Path, runs: Sequence[Losses] = ()) -> None:
    """The loss by step with its bands, and by depth mean square and squared gradient with theirs.

    ``runs`` are the losses of real ones, laid over the curve.
    """
    from minigrad.lab.plot import REFERENCE, STYLES, new_figure, save_figure

    c = p.config
    norm = c.norm if c.norm == "none" else f"{c.norm} {c.placement}"
    title = (
        f"{p.verdict} ({p.confidence:.0%}): {c.depth} × {c.width} {c.activation}, {c.init}\n"
        f"norm {norm}, residual {c.residual}, {c.optimizer} lr {c.lr:g}"
    )
    figure, axes = new_figure(title, 1, 3, size=(12.0, 4.0))
    draw_curve(axes[0, 0], p, runs)
    axes[0, 0].set_title("band: 50 % and 80 % of runs", fontsize=9)
    if runs:
        axes[0, 0].legend(fontsize=8)
    layers = np.arange(1, c.depth + 1)
    panels = (
        (axes[0, 1], p.forward, p.forward_band, STYLES[1], "mean square of h"),
        (axes[0, 2], p.backward, p.backward_band, STYLES[0], "mean square of dL/dh, one example"),
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
        ax.plot(layers, typical, color=style.color, linestyle="--")
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
    axes[0, 1].set_title("dashes: the typical network; dots: the mean of all", fontsize=9)
    axes[0, 2].set_title("band: 95 % of networks", fontsize=9)
    save_figure(figure, path)
