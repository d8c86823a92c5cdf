"""Draw the figures of curve.md, prediction.md and transformer-fate.md, beside this file.

All of them, or those that are named: python theory/records/draw.py demonstrations
"""

import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from record import DEMONSTRATIONS, RELU, WORKED

from minigrad.lab.forecast import draw_curve
from minigrad.lab.plot import FATES, REFERENCE, STYLES, label_ends, new_figure, save_figure
from minigrad.signal.predict import predict, predict_many
from minigrad.signal.transformer.predict import predict_transformers
from minigrad.signal.windows import WINDOWS
from minigrad.sweep.families import FAMILIES
from minigrad.sweep.recorded import FITTED, TRANSFORMERS, rows

HERE = Path(__file__).parent


def demonstrations():
    """The predicted bands of the demonstrations, and their runs."""
    runs = json.loads((HERE / "demonstrations.json").read_text(encoding="utf-8"))["runs"]
    right = [predict(**DEMONSTRATIONS[run["name"]]).verdict == run["verdict"] for run in runs]
    inside = []
    for run in runs:
        curve = predict(**DEMONSTRATIONS[run["name"]]).curve
        seen = np.array([np.inf if x is None else x for x in run["windows"]])
        inside += list((seen >= curve.quantile(0.1)) & (seen <= curve.quantile(0.9)))
    title = (
        f"{sum(right)} of {len(runs)} fates foretold; {np.mean(inside):.0%} of the windows lie in "
        "the 80 % band (at the top: NaN)"
    )
    figure, axes = new_figure(title, 3, 4, size=(13.5, 9.0))
    for ax, (name, choices) in zip(axes.flat, DEMONSTRATIONS.items(), strict=False):
        p = predict(**choices)
        own = [spread(run["windows"], WINDOWS) for run in runs if run["name"] == name]
        draw_curve(ax, p, own)
        fates = ", ".join(sorted({run["verdict"] for run in runs if run["name"] == name}))
        ax.set_title(f"{name}\npredicted {p.verdict} ({p.confidence:.0%}), it {fates}", fontsize=9)
    for ax in axes.flat[len(DEMONSTRATIONS) :]:
        ax.set_visible(False)
    axes[0, 0].legend(fontsize=8)
    save_figure(figure, HERE / "demonstrations.png")


def spread(means, windows):
    """Losses that have these window means; nothing after the first that is not finite."""
    losses = []
    for mean, (_, stop) in zip(means, windows, strict=True):
        if mean is None:
            return [*losses, None]
        losses += [mean] * (stop - len(losses))
    return losses


def transformers():
    """Nine of the transformers that judge, drawn at random: the predicted bands, and their runs."""
    unseen = [run for run in rows(TRANSFORMERS) if run.group not in FAMILIES["transformer"].fitted]
    foretold = predict_transformers([run.config for run in unseen])
    right = [p.verdict == run.verdict for p, run in zip(foretold, unseen, strict=True)]
    inside = []
    for p, run in zip(foretold, unseen, strict=True):
        seen = np.nan_to_num(run.windows, nan=np.inf)
        inside += list((seen >= p.curve.quantile(0.1)) & (seen <= p.curve.quantile(0.9)))
    title = (
        f"{np.mean(right):.0%} of {len(unseen)} fates foretold, {np.mean(inside):.0%} of windows "
        "in the 80 % band (at the top: NaN): nine drawn at random"
    )
    figure, axes = new_figure(title, 3, 3, size=(12.0, 10.0))
    drawn = np.random.default_rng(0).permutation(len(unseen))[:9]
    for ax, k in zip(axes.flat, drawn, strict=True):
        p, run, c = foretold[k], unseen[k], unseen[k].config
        means = [x if np.isfinite(x) else None for x in run.windows]
        draw_curve(ax, p, [spread(means, p.curve.windows)])
        norm = "no norm" if c.norm == "none" else f"{c.placement} {c.norm}"
        name = (
            f"{c.layers} × {c.dim} {c.ffn}, {norm}, {c.init}, {c.residual}, {c.optimizer} {c.lr:g}"
        )
        ax.set_title(f"{name}\nsaid {p.verdict} ({p.confidence:.0%}), it {run.verdict}", fontsize=8)
    axes[0, 0].legend(fontsize=8)
    save_figure(figure, HERE / "transformer_curves.png")


def theory_alone():
    """How far theory goes without a fitted number, and what is left once the rest is fitted."""
    judging = FAMILIES["mlp"].judging
    unseen = [run for run in rows() if run.group in judging]
    foretold = predict_many([run.config for run in unseen])
    losses = np.array([(r.first, r.final) for r in unseen])
    first, final = np.log10(np.maximum(losses, 1e-9)).T
    theory = np.log10([p.curve.theory for p in foretold])
    title = (
        "Theory has the start; the way down comes later than a constant kernel says, "
        "and what is fitted knows the end"
    )
    figure, axes = new_figure(title, 1, 3, size=(13.0, 4.2))
    ax, dots = axes[0, 0], {"s": 8, "alpha": 0.5, "color": STYLES[1].color, "lw": 0}
    ax.scatter(first, theory[:, 0], **dots)
    ax.set(xlabel="first loss, measured (log₁₀ nats)", ylabel="E ln(1 + e^−t), theory alone")
    ax.set(xlim=(-0.5, 4), ylim=(-0.5, 4), title="the start: theory alone")
    own = [run for run in unseen if run.verdict == "trained"]
    gap = np.log10([run.windows for run in own]) - np.log10(
        [p.curve.theory for p in predict_many([run.config for run in own])]
    )
    step = [(start + stop + 1) / 2 for start, stop in WINDOWS]
    low, median, high = np.quantile(gap, (0.1, 0.5, 0.9), axis=0)
    axes[0, 1].fill_between(step, low, high, color=STYLES[0].color, alpha=0.2, lw=0)
    axes[0, 1].plot(step, median, color=STYLES[0].color, marker="o")
    axes[0, 1].axhline(0, color=REFERENCE, linestyle=":")
    axes[0, 1].set(xscale="log", xlabel="step + 1", ylabel="measured / theory, log₁₀")
    axes[0, 1].set_title(f"the way down of {len(own)} that trained (band: 80 %)")
    ended = np.array([r.verdict == "trained" for r in unseen])
    middle = np.log10([p.curve.quantile(0.5)[-1] for p in foretold])
    axes[0, 2].scatter(final[ended], middle[ended], **dots)
    axes[0, 2].set(xlabel="last window, measured (log₁₀ nats)", ylabel="median, fitted")
    axes[0, 2].set(xlim=(-6.5, 0.2), ylim=(-6.5, 0.2), title="their end: networks fitted")
    for ax in (axes[0, 0], axes[0, 2]):
        ax.plot([-7, 5], [-7, 5], color=REFERENCE, linestyle=":")
    save_figure(figure, HERE / "theory_alone.png")


def worked():
    """The worked case of prediction.md: theory's curves and bands, and five networks of each."""
    runs = json.loads((HERE / "worked.json").read_text(encoding="utf-8"))["runs"]
    title = "Five networks of each (dots) lie where theory at init says (lines, band of 80 %)"
    figure, axes = new_figure(title, columns=2, size=(11, 4.3))
    labels = {"q": "mean square of the output, q", "G": "squared gradient there, G"}
    for ax, (key, label) in zip(axes[0], labels.items(), strict=True):
        ends = []
        for (name, choices), style in zip(
            WORKED.items(), (STYLES[1], STYLES[2], STYLES[4]), strict=True
        ):
            p = predict(**RELU | choices)
            curve, spread_ = (
                (p.forward, p.forward_band) if key == "q" else (p.backward, p.backward_band)
            )
            middle, layers = np.log(curve) - spread_**2 / 2, np.arange(1, len(curve) + 1)
            look = {"color": style.color, "linestyle": style.linestyle}
            ax.plot(layers, np.exp(middle), **look)
            low, high = (np.exp(middle + side * 1.28 * spread_) for side in (-1, 1))
            ax.fill_between(layers, low, high, color=style.color, alpha=0.2, lw=0)
            mine = [run for run in runs if run["name"] == name]
            dots = {"color": style.color, "ms": 3.5, "alpha": 0.7}
            for run in mine:
                ax.plot(layers[4::5], run[key][4::5], style.marker, **dots)
            fates = Counter(run["verdict"] for run in mine)
            fell = ", ".join(f"{count} {fate}" for fate, count in fates.items())
            at = middle[-1] if key == "q" else middle[0]
            ends.append((float(np.exp(at)), f"{name}:\n{fell}", style.color))
        ax.set(yscale="log", xlabel="layer", ylabel=label)
        if key == "q":
            label_ends(ax, ends, gap=0.11)
    save_figure(figure, HERE / "worked.png")


def odds():
    """How often what is given p happened, on runs that no fit has seen."""
    unseen = [run for run in rows() if run.group not in FITTED]
    given = [
        (p.probabilities, run.verdict)
        for p, run in zip(predict_many([r.config for r in unseen]), unseen, strict=True)
    ]
    edges = np.array([0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0001])
    figure, axes = new_figure("", size=(6.5, 4.6))
    ax, off = axes[0, 0], 0.0
    ax.plot([0, 1], [0, 1], color=REFERENCE, ls=":", lw=1.2)
    for fate, style in zip(
        ("diverged", "stalled", "trained"), (STYLES[0], STYLES[3], STYLES[5]), strict=True
    ):
        said = np.array([p[fate] for p, _ in given])
        came = np.array([verdict == fate for _, verdict in given])
        place = np.digitize(said, edges) - 1
        at = [
            (said[place == i].mean(), came[place == i].mean())
            for i in range(len(edges) - 1)
            if (place == i).any()
        ]
        off = max(off, *(abs(share - odds) for odds, share in at))
        look = {"color": FATES[fate], "linestyle": style.linestyle, "marker": style.marker}
        ax.plot(*np.transpose(at), label=fate, **look)
    figure.suptitle(
        f"{len(unseen)} unseen runs: odds come true as often as they\n"
        f"say (dotted), to within {off:.2f}",
        **{"x": 0.01, "ha": "left", "fontsize": 11.5, "fontweight": "bold"},
    )
    ax.set(xlabel="odds given", ylabel="share that came true")
    ax.legend(frameon=False)
    save_figure(figure, HERE / "odds.png")


if __name__ == "__main__":
    every = {f.__name__: f for f in (theory_alone, worked, odds, demonstrations, transformers)}
    for name in sys.argv[1:] or every:
        every[name]()
