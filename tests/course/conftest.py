"""A workspace to play a learner in."""

import shutil
from pathlib import Path

import pytest

import minigrad
from minigrad.course.runner import LIMIT, check_file
from minigrad.course.table import Exercise
from minigrad.course.workspace import Workspace, solution_file


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
        return Path(shutil.copyfile(solution_file(lab), lab.file))

    return put


@pytest.fixture
def write(workspace: Workspace):
    """Write code into a lab's exercise file, in the place of what stands there first."""

    def put(lab_id: str, code: str, old: str = "raise NotImplementedError") -> Path:
        file = workspace.course.lab(lab_id).file
        file.write_text(file.read_text("utf-8").replace(old, code, 1), "utf-8")
        return file

    return put


@pytest.fixture
def short_course(workspace: Workspace) -> Workspace:
    """The workspace with the labs before 01 alone: checking all of it is quick."""
    table = workspace.root / "labs" / "labs.toml"
    text = table.read_text(encoding="utf-8")
    table.write_text(text[: text.index('[[lab]]\nid = "01"')], encoding="utf-8")
    return Workspace(workspace.root)


@pytest.fixture
def judge(tmp_path: Path):
    """Check code as if it were an exercise file; a result for each name."""

    def results(code, *names, checks="variance_walk", limit=LIMIT):
        file = tmp_path / "exercise.py"
        file.write_text(code, encoding="utf-8")
        theory = "00-motivation.md#the-walk"
        wanted = [Exercise(n, n, 5, theory, ()) for n in names or ["linear_moment"]]
        return list(check_file(file, checks, wanted, limit))

    return results
