"""A workspace to play a learner in."""

import shutil
from pathlib import Path

import pytest

import minigrad
from minigrad.course.workspace import Workspace, resources


@pytest.fixture(autouse=True)
def same_minigrad(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes that are started import the minigrad under test, wherever they start."""
    monkeypatch.setenv("PYTHONPATH", str(Path(minigrad.__file__).parents[1]))


@pytest.fixture
def workspace(fresh_workspace: Path, share, tmp_path: Path, monkeypatch) -> Workspace:
    """A fresh workspace, with the current folder in it."""
    root = shutil.copytree(fresh_workspace, tmp_path / "course", copy_function=share)
    monkeypatch.chdir(root)
    return Workspace(root)


@pytest.fixture
def solve(workspace: Workspace):
    """Put the solution of a lab in place of its exercise file."""

    def put(lab_id: str) -> Path:
        lab = workspace.course.lab(lab_id)
        file = workspace.exercise_file(lab)
        file.write_bytes((resources() / "solutions" / f"{lab.folder}.py").read_bytes())
        return file

    return put


@pytest.fixture
def short_course(workspace: Workspace) -> Workspace:
    """The workspace with the labs before 01 alone: checking all of it is quick."""
    table = workspace.root / "labs" / "labs.toml"
    text = table.read_text(encoding="utf-8")
    table.write_text(text[: text.index('[[lab]]\nid = "01"')], encoding="utf-8")
    return Workspace(workspace.root)
