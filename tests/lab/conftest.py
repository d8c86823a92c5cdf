import math
import textwrap

import pytest

from minigrad.lab.cells import Cells

RUN = '''
"""A lab that counts."""
from dataclasses import dataclass
from typing import Annotated

from minigrad import lab
from minigrad.lab import Finding, plot


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Counts."""

    seeds: int = 3
    steps: int = 10
    norm: Annotated[str, "which norm"] = "all"


QUICK = {"steps": 4}
PIECES = {"double": lambda x: 2 * x}
MINE = {}


def data(s):
    return {"source": "none", "sha256": None}


def experiment(s, run, pieces):
    counts = run.record("counts.json", {"runs": []})
    with run.progress(s.seeds * s.steps) as advance:
        for seed in range(s.seeds):
            counts["runs"].append([])
            for step in range(s.steps):
                counts["runs"][-1].append(pieces.double(step) + seed)
                if step == STOP:
                    raise BaseExceptionHere
                advance(1, f"seed {seed}")
            run.save()


STOP, BaseExceptionHere = -1, KeyboardInterrupt


def findings(records):
    runs = records["counts.json"]["runs"]
    return [Finding("doubled", f"last {runs[0][-1]}", f"{len(runs)} runs", "even", True)]


def figures(records):
    figure, axes = plot.new_figure("counts double")
    axes[0, 0].plot(records["counts.json"]["runs"][0])
    return {"counts.png": figure}


if __name__ == "__main__":
    lab.main(__file__)
'''


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace with one small lab, 07_counting, as the current folder."""
    folder = tmp_path / "labs" / "07_counting"
    folder.mkdir(parents=True)
    (folder / "run.py").write_text(textwrap.dedent(RUN), encoding="utf-8")
    (folder / "README.md").write_text("# Lab 07 · counting\n\nText.\n", encoding="utf-8")
    row = '[[lab]]\nid = "{0}"\nfolder = "{0}_{1}"\ntheory = "00-motivation.md"\n'
    table = row.format("07", "counting") + row.format("08", "again")
    (tmp_path / "labs" / "labs.toml").write_text(table, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def stop_at(workspace):
    """Make the lab raise at a step."""

    def change(step, error="KeyboardInterrupt"):
        run = workspace / "labs" / "07_counting" / "run.py"
        text = run.read_text(encoding="utf-8")
        old = "STOP, BaseExceptionHere = -1, KeyboardInterrupt"
        assert old in text
        run.write_text(text.replace(old, f"STOP, BaseExceptionHere = {step}, {error}"), "utf-8")

    return change


TEXT = {"unigram_loss": 3.4, "bigram_loss": 2.4}


def run(variant, lr, seed, end):
    """A run that ends at this held-out loss; NaN: it diverged at step 3."""
    died = math.isnan(end)
    losses = [4.0, 3.5, 3.0, None] if died else [4.0, end + 0.2, end + 0.1, end]
    validation = [] if died else [[2, end + 0.3], [4, end]]
    labels = {"variant": variant, "lr": lr, "seed": seed}
    return labels | {"losses": losses, "validation": validation, "diverged_at": 3 if died else None}


@pytest.fixture
def cells():
    ends = {("a", 0.1): (2.5, 2.6), ("a", 1.0): (2.7, 3.4), ("b", 0.1): (3.4, 3.5)}
    ends[("b", 1.0)] = (math.nan, math.nan)
    runs = [run(*key, seed, end) for key, both in ends.items() for seed, end in enumerate(both)]
    return Cells.of_text({"text": TEXT, "runs": runs})
