"""A workspace to play a learner in."""

import io
from dataclasses import dataclass
from pathlib import Path

import pytest

import minigrad
from minigrad.course.workspace import Workspace, resources, start


@pytest.fixture(autouse=True)
def same_minigrad(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes that are started import the minigrad under test, wherever they start."""
    monkeypatch.setenv("PYTHONPATH", str(Path(minigrad.__file__).parents[1]))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A fresh workspace, with the current folder in it."""
    made, _ = start(tmp_path / "course")
    monkeypatch.chdir(made.root)
    return made


@dataclass
class Outcome:
    """What a command gave back."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


@pytest.fixture(name="minigrad")
def run_minigrad(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run a command as a learner does: `minigrad("check", "01")` gives its outcome."""
    from minigrad.cli import main

    def run(*arguments: str, input: str = "") -> Outcome:
        monkeypatch.setattr("sys.argv", ["minigrad", *arguments])
        monkeypatch.setattr("sys.stdin", io.StringIO(input))
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return Outcome(end.value.code, out, err)

    return run


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
