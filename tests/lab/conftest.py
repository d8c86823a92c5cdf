import textwrap

import pytest

RUN = '''
"""A lab that counts."""
from dataclasses import dataclass
from typing import Annotated

import typer

from minigrad import lab
from minigrad.lab import Finding, plot


@dataclass(frozen=True, kw_only=True)
class Options(lab.Options):
    norm: Annotated[str | None, typer.Option(help="which norm")] = None


FULL = {"seeds": 3, "steps": 10, "norm": "all"}
QUICK = FULL | {"steps": 4}
PIECES = {"double": lambda x: 2 * x}


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
