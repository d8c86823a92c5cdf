"""`minigrad notebook | export | grade`: a lab as a notebook; work handed in, and a class's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from minigrad.course.console import make_console
from minigrad.course.workspace import find
from minigrad.lab.say import say


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

    grade_all(folders, csv, make_console())


class_commands = (notebook, export, grade)
