"""The rounds of the challenge that were played, a line of challenge.jsonl each; their plot."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.course.which import LETTERS
from minigrad.signal.calibration import VERDICTS

ANSWERS = (*VERDICTS, *LETTERS)
BINS = (0.25, 1 / 3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0001)  # of confidence


def remember(path: Path, record: dict[str, Any]) -> None:
    """Append a round to the history."""
    cut = path.is_file() and not path.read_bytes().endswith(b"\n") and path.stat().st_size
    line = ("\n" if cut else "") + json.dumps(record) + "\n"
    with path.open("ab") as file:
        file.write(line.encode())  # after a round that was cut short, on a line of its own


def history(path: Path) -> list[dict[str, Any]]:
    """Every round in the history; a damaged line is left out."""
    if not path.is_file():
        return []
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
            record = json.loads(line)
            known = record["answer"] in ANSWERS and record["truth"] in ANSWERS
            if known and 0 <= record["confidence"] <= 1:
                found.append(record)
    return found


def calibration_plot(records: Sequence[dict[str, Any]], path: Path) -> None:
    """How often you were right, by how sure you were."""
    from minigrad.lab.plot import REFERENCE, STYLES, new_figure, save_figure

    sure = np.array([r["confidence"] for r in records])
    right = np.array([r["answer"] == r["truth"] for r in records])
    title = f"Right {right.mean():.0%} of the time, sure {sure.mean():.0%}: {len(sure)} rounds"
    figure, axes = new_figure(title, size=(5.5, 4.5))
    ax = axes[0, 0]
    ax.plot([1 / 3, 1], [1 / 3, 1], color=REFERENCE, linestyle=":")
    ax.annotate("as sure as right", (0.62, 0.65), color=REFERENCE, rotation=38, ha="center")
    for low, high in itertools.pairwise(BINS):
        inside = (sure >= low) & (sure < high)
        if inside.any():
            x, y = sure[inside].mean(), right[inside].mean()
            ax.plot(x, y, marker=STYLES[1].marker, color=STYLES[1].color, markersize=8)
            ax.annotate(f"{inside.sum()}", (x, y), (8, -4), textcoords="offset points")
    left = min(0.3, sure.min() - 0.03)
    ax.set(xlabel="your confidence", ylabel="share right", xlim=(left, 1.03), ylim=(-0.05, 1.05))
    save_figure(figure, path)
