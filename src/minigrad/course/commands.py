"""The learner's commands: `minigrad start | check | hint | reset | list | solution | …`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.syntax import Syntax
from rich.text import Text

from minigrad.course.console import make_console, show
from minigrad.course.engine import engine
from minigrad.course.guess import guess
from minigrad.course.notebook import notebook
from minigrad.course.progress import here
from minigrad.course.quiz import quiz
from minigrad.course.reader import read
from minigrad.course.result import Result
from minigrad.course.runner import check
from minigrad.course.status import hint_lines, lab_done, next_step, status
from minigrad.course.stub import code_of
from minigrad.course.table import CourseError
from minigrad.course.teacher import export_workspace, grade_all
from minigrad.course.watch import Watch
from minigrad.course.where import where
from minigrad.course.workspace import Workspace, find, solution_file
from minigrad.course.workspace import start as make_workspace
from minigrad.lab.say import say


def register(app: typer.Typer) -> None:
    """Add the learner's commands to the command line."""
    commands: tuple[Callable[..., None], ...] = (
        *(start, check_command, hint, reset, list_command, solution),
        *(read, quiz, guess, where, engine, notebook, export, grade),
    )
    for command in commands:
        app.command(command.__name__.removesuffix("_command"))(command)


def watch(poll: float = 0.3) -> None:
    """What `minigrad` alone does in a workspace."""
    progress, console = here(), make_console()
    if not progress.file.exists():
        console.print(welcome(progress.workspace))
    Watch(progress, console, poll).run()


def welcome(workspace: Workspace) -> str:
    """What a newcomer needs to know, once."""
    labs = workspace.course.labs
    minutes = sum(lab.minutes for lab in labs)
    return (
        f"{len(workspace.course.exercises)} exercises in {len(labs)} labs, about "
        f"{minutes // 60} hours. You read a short page, write the piece yourself, and are told "
        "within a second what it does; then you run the experiment with it. Open the file named "
        "below in your editor, write under the TODO, and save.\n"
    )


def start(
    folder: Annotated[Path, typer.Argument(help="The folder to make; it may be a new one.")],
) -> None:
    """Make a workspace to learn in.

    It holds the labs, the theory, and your own code. In one that exists, texts are renewed and
    new exercises added; what you wrote stays as it is.
    """
    workspace, new = make_workspace(folder)
    shown = workspace.root if str(folder) == "." else folder
    if new:
        say(f"Your workspace is {shown}.")
    else:
        say(f"{shown} is a workspace already; what you wrote in it is as it was.")
    go = "" if workspace.root == Path.cwd() else f"cd {shown} and "
    say(f"Next: {go}type minigrad. It says what to write, and checks it at every save.")


def check_command(
    target: Annotated[str, typer.Argument(help="A lab (01) or an exercise.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="Every exercise of every lab.")] = False,
    once: Annotated[bool, typer.Option("--once", help="The current one, without waiting.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="The results as JSON.")] = False,
    show_: Annotated[bool, typer.Option("--show", help="The inputs that made it fail.")] = False,
) -> None:
    """Check a lab, an exercise, or the current one.

    Without a target, on a terminal, it checks again at every save; --once does not.
    """
    if not (target or all_ or once or json_) and sys.stdin.isatty() and sys.stdout.isatty():
        watch()
        return
    if target and all_:
        raise CourseError(f"either {target} or --all: --all checks every exercise.")
    progress, console = here(), make_console()
    if not target and not all_:
        if (current := progress.current()) is None:
            say("[]" if json_ else next_step(progress))
            return
        target = current
    results: list[Result] = []
    for lab, exercises in progress.workspace.course.select(target):
        if not exercises:
            raise CourseError(f"lab {lab.id} has no exercises; `minigrad run {lab.id}` runs it.")
        for result in check(lab, exercises):
            results.append(result)
            if not json_:
                show(console, result, inputs=show_)
            progress.record([result])
    passed = sum(r.passed for r in results)
    if json_:
        typer.echo(json.dumps([r.to_dict() for r in results], indent=1, ensure_ascii=False))
    else:
        lines = [f"{passed} of {len(results)} passed"] if len(results) > 1 else []
        if passed == len(results) and not all_:
            lines += [lab_done(progress, lab), next_step(progress)]
        elif [r.status for r in results] == ["not written"]:
            lines += [next_step(progress)] if target == progress.current() else []
        for line in filter(None, lines):
            say(line)
    if passed < len(results):
        raise typer.Exit(1)


def hint(
    name: Annotated[str, typer.Argument(help="An exercise; the current one unless given.")] = "",
) -> None:
    """Open the next hint of three.

    First a question, then the formula, then pseudocode.
    """
    progress = here()
    course = progress.workspace.course
    exercise = course.exercise(name or progress.current() or course.exercises[-1].name)
    say(f"{exercise.name}: {exercise.title}")
    for line in hint_lines(exercise, progress.hint(exercise.name)):
        say(line)


def reset(
    name: Annotated[str, typer.Argument(help="The exercise to put back to its stub.")],
    undo: Annotated[bool, typer.Option("--undo", help="Bring it back as it was before.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Without a question.")] = False,
) -> None:
    """Put an exercise back to its stub.

    What you wrote is kept, always, in a dated copy under backups/; --undo brings it back.
    """
    progress = here()
    progress.workspace.course.exercise(name)
    if undo:
        say(progress.workspace.undo(name))
    elif sys.stdin.isatty() and not yes and not typer.confirm(f"Put {name} back to its stub?"):
        say("It stays as it is.")
    else:
        say(progress.reset(name))
        say(f"`minigrad reset {name} --undo` brings it back.")


def list_command() -> None:
    """What is done and what is open.

    Also what broke again, and what your guesses were worth.
    """
    make_console().print(status(here()))


def solution(
    name: Annotated[str, typer.Argument(help="The exercise.")],
    give_up: Annotated[
        bool, typer.Option("--give-up", help="Open it before a pass; this is recorded.")
    ] = False,
) -> None:
    """Show our solution, after yours has passed."""
    progress, console = here(), make_console()
    progress.workspace.course.exercise(name)
    if not progress.once(name):
        if not give_up:
            raise CourseError(
                f"the solution of {name} opens when yours has passed; `minigrad hint {name}` "
                "helps. `--give-up` opens it now, and the record says so."
            )
        progress.give_up(name)
    file = solution_file(progress.workspace.course.lab(name))
    code = code_of(file.read_text(encoding="utf-8"), name)
    console.print(Syntax(code, "python") if console.is_terminal else Text(code))


def export(
    file: Annotated[Path | None, typer.Argument(help="The file to write.")] = None,
) -> None:
    """Pack your work into one file, to hand in.

    It holds the exercise files and the progress file.
    """
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
    grade_all(folders, csv)
