"""A diagnosis to read: as text, as report.md with its figure and JSON, and in a notebook."""

from __future__ import annotations

import base64
import io
import json
import math
import textwrap
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.diagnose.findings import LOWER
from minigrad.diagnose.layers import Layer
from minigrad.signal.fate import wrap

if TYPE_CHECKING:
    from minigrad.diagnose.diagnosis import Diagnosis

NAME = 21  # columns of a layer's name in the terminal, where a line has 80
COLUMNS = {  # of the table: heading -> what of a layer
    "mean square": "q",
    "1 − cos": "alike",
    "gradient²": "gradient",
    "update/weight": "update",
    "change": "change",
}


def lines(d: Diagnosis) -> Iterator[str]:
    """For the terminal: verdict, reason, findings, layers, rates, the change that would help."""
    yield f"{d.verdict}   ({_odds(d)})"
    yield from wrap(f"because {d.reason}.")
    yield ""
    others = _others(d)
    yield from (line for text in others for line in wrap(f"- {text}"))
    if others:
        yield ""
    widths = [max(len(heading), 8) + 2 for heading in COLUMNS]  # "1.23e-45" has 8
    yield "layer".ljust(NAME) + "".join(map(str.rjust, COLUMNS, widths))
    for layer in shown(d.layers):
        name = layer.name if len(layer.name) <= NAME else f"…{layer.name[1 - NAME :]}"
        yield name.ljust(NAME) + "".join(map(str.rjust, _cells(layer), widths))
    yield ""
    yield from (line for text in _advice(d) for line in wrap(text))


def shown(layers: list[Layer], most: int = 12) -> list[Layer]:
    """At most so many, evenly over the network, with the first and the last."""
    places = np.linspace(0, len(layers) - 1, most).round().astype(int)
    return [layers[i] for i in sorted(set(places.tolist()))] if layers else []


def markdown(d: Diagnosis) -> str:
    """report.md: the finding first, then figures and every layer."""
    text = [
        f"# Diagnosis: {d.verdict}",
        "",
        f"{_odds(d)}, of {d.steps} steps at learning rate {d.measured.rate:g}.",
        "",
    ]
    text += [f"**Because** {d.reason}."]
    text += [line for sentence in _advice(d) for line in ("", sentence)]
    if d.findings:
        text += ["", "## What is unusual", ""]
        text += [f"- **{f.name}**: {f.sentence}. Mend it with: {f.change}." for f in d.findings]
    text += ["", "## Layer by layer", "", "![Signal, gradient and update by layer](layers.png)", ""]
    text += [f"| layer | {' | '.join(COLUMNS)} |", "|" + " --- |" * (len(COLUMNS) + 1)]
    text += [f"| {layer.name} | {' | '.join(_cells(layer))} |" for layer in d.layers]
    m = d.measured
    facts = {
        "loss at the start": m.start,
        "loss of the best constant answer": m.guess,
        "rate × sharpness": m.curvature,
        "stability limit": m.limit,
        "cos of the two batches' gradients": m.agreement,
        "cost, in training steps": m.cost,
    }
    text += ["", "## The whole network", "", "| measured | |", "| --- | --- |"]
    text += [f"| {name} | {value:.3g} |" for name, value in facts.items()]
    losses, far = (", ".join(f"{x:.3g}" for x in y) for y in (m.losses, [x.loss for x in m.leaps]))
    text += ["", f"Losses after one update and two, all taken back: {losses}."]
    if far:
        text[-1] += f" Where leaps towards step {d.steps} end, which is no forecast: {far}."
    text += [""]
    return "\n".join(text)


def save(d: Diagnosis, folder: Path) -> Path:
    """report.md, diagnosis.json and layers.png; the folder is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    report = folder / "report.md"
    report.write_text(markdown(d), encoding="utf-8")
    text = json.dumps(d.as_dict(), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "diagnosis.json").write_text(text + "\n", encoding="utf-8")
    (folder / "layers.png").write_bytes(picture(d))
    return report


def html(d: Diagnosis) -> str:
    """For a notebook: verdict, reason, findings and the figure."""
    items = "".join(f"<li>{escape(text)}</li>" for text in _others(d))
    image = base64.b64encode(picture(d)).decode("ascii")
    return (
        f"<h3>{d.verdict} ({escape(_odds(d))})</h3><p>because {escape(d.reason)}.</p>"
        f"<ul>{items}</ul><p>{escape(' '.join(_advice(d)))}</p>"
        '<img alt="signal, gradient and update by layer" style="max-width:100%" '
        f'src="data:image/png;base64,{image}">'
    )


def draw(d: Diagnosis) -> Any:
    """Three panels by layer, in the order of the forward pass; the gravest finding is the title."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6.5), layout="constrained")
    title = textwrap.fill(f"{d.verdict}: {d.reason}", 105, max_lines=3, placeholder=" …")
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    axes = figure.subplots(3, 1, sharex=True)
    at = np.arange(len(d.layers))
    panels: list[tuple[str, list[tuple[str, str, str, str]]]] = [
        ("size", [("q", "mean square of the output", "#0072B2", "o-")]),
        (
            "what is left",
            [
                ("alike", "1 − cos of two examples", "#009E73", "^--"),
                ("gradient", "gradient² at the output", "#D55E00", "s:"),
            ],
        ),
        (
            "one update",
            [
                ("update", "update over weight", "#CC79A7", "D-."),
                ("change", "change of the output", "#000000", "v-"),
            ],
        ),
    ]
    for ax, (label, curves) in zip(axes, panels, strict=True):
        for name, text, color, style in curves:
            y = np.array([getattr(layer, name) for layer in d.layers], float)
            kept = np.isfinite(y) & (y > 0)
            ax.plot(at[kept], y[kept], style, color=color, label=text, markersize=4, linewidth=1.4)
        ax.set(yscale="log", ylabel=label)
        ax.grid(alpha=0.3)
        ax.legend(fontsize=8, loc="best")
    named = shown(d.layers, 10)
    ticks = [d.layers.index(layer) for layer in named]
    axes[-1].set_xticks(ticks, [layer.name[-24:] for layer in named], rotation=30, ha="right")
    axes[-1].tick_params(axis="x", labelsize=8)
    axes[-1].set_xlabel("layer, from input to output")
    return figure


def picture(d: Diagnosis) -> bytes:
    """The figure as a PNG."""
    out = io.BytesIO()
    draw(d).savefig(out, format="png", dpi=110)
    return out.getvalue()


def _odds(d: Diagnosis) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in d.probabilities.items())


def _others(d: Diagnosis) -> list[str]:
    """What was found beside the reason."""
    return [found.sentence for found in d.findings if found.sentence not in d.reason]


def _advice(d: Diagnosis) -> list[str]:
    """The rates, and the change that would help: a sentence each."""
    out = [_rates(d)]
    if d.nearest_change is not None:
        out.append(f"The nearest change that would make it train: {d.nearest_change}.")
    return out


def _rates(d: Diagnosis) -> str:
    if d.window is None and d.nearest_change == LOWER:
        return (
            "Which rate would train it cannot be told from one so high: diagnose it at a lower one."
        )
    if d.window is None:
        return "No learning rate would train it."
    if d.window[0] == d.window[1]:
        return f"Learning rates that would train it: about {d.window[0]:g}."
    return f"Learning rates that would train it: {d.window[0]:g} to {d.window[1]:g}."


def _cells(layer: Layer) -> list[str]:
    values = [getattr(layer, name) for name in COLUMNS.values()]
    return [f"{x:.3g}" if math.isfinite(x) else "–" for x in values]
