"""`minigrad read | quiz | guess | where | engine | notebook`, and for a class `export | grade`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from minigrad.course.console import make_console
from minigrad.course.progress import here
from minigrad.course.runner import check
from minigrad.course.table import CourseError, load
from minigrad.course.workspace import find
from minigrad.lab.say import say


def read(
    page: Annotated[
        str, typer.Argument(help="A page (01), a section (01-…md#kaiming), or an exercise.")
    ] = "",
) -> None:
    """Read a theory page in the terminal; without a name, list them."""
    from minigrad.course.reader import contents, read_page

    progress = here()
    if not page:
        say(contents(progress.workspace))
        return
    file = read_page(progress.workspace, page, make_console())
    progress.note("read", file.stem, True)


def quiz(
    topic: Annotated[str, typer.Argument(help="A lab's number; every topic unless given.")] = "",
    questions: Annotated[int, typer.Option(min=0, help="How many; 0 for all of them.")] = 10,
    seed: Annotated[int | None, typer.Option(help="The same seed asks the same.")] = None,
) -> None:
    """Answer questions on the theory.

    Every wrong choice says why it is wrong.
    """
    from minigrad.course.quiz import run_quiz

    run_quiz(here(), make_console(), topic, questions, seed)


def guess(
    lab: Annotated[str, typer.Argument(help="The lab's number.")],
    answers: Annotated[
        list[str] | None, typer.Argument(help="KEY=CHOICE, or none to be asked.")
    ] = None,
) -> None:
    """Lock your guess before a lab's first run."""
    from minigrad.course.guess import ask_guess

    ask_guess(here(), lab, answers or [])


def where(
    name: Annotated[str, typer.Argument(help="An op, a layer, an init or an optimizer.")],
) -> None:
    """Show the code behind a name.

    An op's gradient stands below its value; tests, theory and exercises are listed.
    """
    from minigrad.course.where import show_where

    show_where(name, load(), make_console())


def engine() -> None:
    """Train a network on your own engine: the pieces of the autograd lab, put together.

    Lab 01's smallest net, every gradient yours; minigrad's engine trains it beside yours.
    """
    from minigrad.course import engine
    from minigrad.files import load_module

    progress = here()
    lab = progress.workspace.course.lab("autograd")
    results = list(check(progress.workspace, lab, lab.exercises))
    progress.record(results)
    if left := [r for r in results if not r.passed]:
        raise CourseError(
            f"{len(left)} of the autograd lab's {len(results)} pieces are not right yet; "
            "`minigrad check autograd` names them."
        )
    own = load_module(progress.workspace.exercise_file(lab), "exercise_autograd")
    console = make_console()
    console.print(Text(engine.report(engine.with_yours(own), engine.with_minigrad())))
    console.print(Text("Next: `minigrad where backward` shows minigrad's own."))


def notebook(
    lab: Annotated[str, typer.Argument(help="The lab's number.")],
) -> None:
    """Write a lab's notebook: its text, a cell for each exercise, and its run."""
    from minigrad.course.notebook import write_notebook

    file = write_notebook(find(), lab)
    say(f"Wrote {file}. Next: jupyter lab {file}  (pip install jupyterlab, if need be)")


def export(
    file: Annotated[Path | None, typer.Argument(help="The file to write.")] = None,
) -> None:
    """Pack your work into one file, to hand in.

    It holds the exercise files and the progress file.
    """
    from minigrad.course.teacher import export_workspace

    say(f"Wrote {export_workspace(find(), file)}: hand it in; `minigrad grade` checks it.")


def grade(
    folders: Annotated[list[Path], typer.Argument(help="Workspaces, or files from `export`.")],
    csv: Annotated[bool, typer.Option("--csv", help="One line per learner, for a table.")] = False,
) -> None:
    """Check the work of a class (runs their code).

    Every exercise is checked again, with the checks of the minigrad installed here. Each file runs
    in a process of its own, with limits, without your environment, and kept from the others' files
    and the network. That stops accidents, not every trick: a result is evidence, not proof. For
    code that you do not trust use a container: CONTRIBUTING.md has the line.
    """
    from minigrad.course.teacher import grade_all

    grade_all(folders, csv)


Commands = tuple[Callable[..., None], ...]
study_commands: Commands = (read, quiz, guess, where, engine, notebook, export, grade)
