"""`minigrad read | quiz | guess | where | engine`: what is learned beside the exercises."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from minigrad.course.console import make_console
from minigrad.course.runner import check
from minigrad.course.session import Session
from minigrad.course.table import CourseError, load
from minigrad.course.workspace import resources


def read(
    page: Annotated[
        str, typer.Argument(help="A page (01), a section (01-…md#kaiming), or an exercise.")
    ] = "",
) -> None:
    """Read a theory page in the terminal; without a name, list them."""
    from minigrad.course.reader import contents, read_page

    here = Session()
    if not page:
        here.console.print(Text(contents(here.workspace)))
        return
    file = read_page(here.workspace, page, here.console)
    here.progress.note("read", file.stem, True)


def quiz(
    topic: Annotated[str, typer.Argument(help="A lab's number; every topic unless given.")] = "",
    questions: Annotated[int, typer.Option(min=0, help="How many; 0 for all of them.")] = 10,
    seed: Annotated[int | None, typer.Option(help="The same seed asks the same.")] = None,
) -> None:
    """Answer questions on the theory.

    Every wrong choice says why it is wrong.
    """
    from minigrad.course.quiz import run_quiz

    here = Session()
    run_quiz(here.workspace, here.progress, here.console, topic, questions, seed)


def guess(
    lab: Annotated[str, typer.Argument(help="The lab's number.")],
    answers: Annotated[
        list[str] | None, typer.Argument(help="KEY=CHOICE, or none to be asked.")
    ] = (None),
) -> None:
    """Lock your guess before a lab's first run."""
    from minigrad.course.guess import ask_guess

    here = Session()
    ask_guess(here.workspace, here.progress, lab, answers or [])


def where(
    name: Annotated[str, typer.Argument(help="An op, a layer, an init or an optimizer.")],
) -> None:
    """Show the code behind a name.

    An op's gradient stands below its value; tests, theory and exercises are listed.
    """
    from minigrad.course.where import show_where

    root = resources()
    course = load(root / "labs" / "labs.toml")
    show_where(name, course, root, make_console())


def engine() -> None:
    """Train a network on your own engine: the pieces of the autograd lab, put together.

    Lab 01's smallest net, every gradient yours; minigrad's engine trains it beside yours.
    """
    from minigrad.course import engine
    from minigrad.files import load_module

    here = Session()
    lab = here.workspace.course.lab("autograd")
    results = list(check(here.workspace, lab, lab.exercises))
    here.progress.record(results)
    left = [r.exercise for r in results if not r.passed]
    if left:
        raise CourseError(
            f"{len(left)} of the autograd lab's {len(results)} pieces are not right yet; "
            "`minigrad check autograd` names them."
        )
    own = load_module(here.workspace.exercise_file(lab), "exercise_autograd")
    here.console.print(Text(engine.report(engine.with_yours(own), engine.with_minigrad())))
    here.console.print(Text("Next: `minigrad where backward` shows minigrad's own."))


study_commands = (read, quiz, guess, where, engine)
