"""A workspace to play a learner in."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

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


@pytest.fixture(name="minigrad")
def run_minigrad():
    """Run a command as a learner does: `minigrad("check", "01")` gives its result."""
    import typer

    from minigrad.course.commands import register, watch

    app = typer.Typer()
    register(app)

    @app.callback(invoke_without_command=True)
    def main(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            watch(poll=0.01)

    return lambda *arguments, **kwargs: CliRunner().invoke(app, list(arguments), **kwargs)


@pytest.fixture
def solve(workspace: Workspace):
    """Put the solution of a lab in place of its exercise file."""

    def put(lab_id: str) -> Path:
        lab = workspace.course.lab(lab_id)
        file = workspace.exercise_file(lab)
        file.write_bytes((resources() / "solutions" / f"{lab.folder}.py").read_bytes())
        return file

    return put
