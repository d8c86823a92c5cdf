"""The course in a notebook: an exercise is a cell, checked when it runs; a lab's notebook.

from minigrad import course

@course.exercise
def relu_moment(v):
    return v / 2
"""

from __future__ import annotations

import ast
import json
import linecache
import re
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

from minigrad.course.progress import Progress
from minigrad.course.questions import count
from minigrad.course.reader import find_text
from minigrad.course.runner import check
from minigrad.course.status import faults, hint_lines
from minigrad.course.stub import code_of, is_stub, restore
from minigrad.course.table import CourseError, Lab
from minigrad.course.workspace import back_up, exercise_text, find, pristine
from minigrad.files import read_utf8, write_text
from minigrad.lab.notebook import Ran
from minigrad.lab.notebook import run as run_lab
from minigrad.lab.say import say

Written = TypeVar("Written", bound=Callable[..., Any])


class Page(str):
    """Markdown, which a notebook shows as such."""

    def _repr_markdown_(self) -> str:
        return str(self)


def exercise(written: Written) -> Written:
    """Put a function or class into its lab's exercise.py, check it, and say what came out.

    As a decorator, in a notebook whose folder lies in a workspace (`minigrad start`). The file
    as it was is kept under backups/. Raises CourseError where there is no such exercise.
    """
    name, workspace = written.__name__, find()
    lab, one = workspace.course.lab(name), workspace.course.exercise(name)
    source = re.sub(r"\A(@.*\n)*(?=def |class )", "", code_of(_cell(written), name) + "\n")
    file, before = lab.file, exercise_text(lab)
    after = restore(before, source, name)
    if after != before:
        if file.exists() and not is_stub(before, name):
            back_up(workspace.root, file)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, after)
    results = list(check(lab, [one]))
    progress = Progress(workspace)
    progress.record(results)
    for result in results:
        print(result)
    if results[-1].passed:
        print(f"{len(progress.passed)} of {len(workspace.course.exercises)} exercises pass")
    elif results[-1].status != "not written":
        print(f'course.hint("{name}") helps in three steps')
    return written


def _cell(written: Any) -> str:
    """The source of the cell, or the file, that defines a function or a class."""
    codes = [getattr(x, "__code__", None) for x in (written, *vars(written).values())]
    code = next(c for c in codes if c is not None)  # inspect.getsource finds no class in a notebook
    return "".join(linecache.getlines(code.co_filename))


def hint(name: str) -> None:
    """Open the next of an exercise's three hints."""
    workspace = find()
    print("\n".join(hint_lines(workspace.course.exercise(name), Progress(workspace).hint(name))))


def read(page: str) -> Page:
    """A theory page ("01"), a section of it ("01-initialization.md#kaiming"), or an exercise's."""
    _, text = find_text(find(), page)
    text = re.sub(r"```math\n(.*?)```", lambda m: f"$${m[1]}$$", text, flags=re.S)
    return Page(re.sub(r"\$`(.+?)`\$", r"$\1$", text))


def run(name: str, *, mine: bool = True, **options: Any) -> Ran:
    """`minigrad.lab.run` with the pieces of yours that are written, each marked by its check."""
    workspace = find()
    lab = workspace.course.lab(name)
    text = exercise_text(lab)
    own = mine and any(e.mine and not is_stub(text, e.name) for e in lab.exercises)
    return run_lab(name, mine=own, faults=faults([lab]) if own else {}, **options)


def left(name: str) -> None:
    """What is left of a lab: the exercises that have not passed, and what asks about it."""
    workspace = find()
    lab, progress = workspace.course.lab(name), Progress(workspace)
    open_ = [e.name for e in lab.exercises if e.name not in progress.passed]
    print(f"still to write: {', '.join(open_)}" if open_ else f"every exercise of {lab.id} passes")
    if count(lab.id):
        print(f"`minigrad quiz {lab.id}` in a terminal asks about it")


# -- a lab's notebook --------------------------------------------------------------------------


def as_json(lab: Lab) -> str:
    """A lab as a notebook, in JSON: what its README says before the outcome, a cell for each of its
    exercises, its run, and the run with the learner's own functions."""
    text = read_utf8(lab.path / "README.md").partition("<details>")[0].strip()
    cells = [
        ("markdown", text),
        ("code", f"import minigrad\nfrom minigrad import course, lab\n\n{_besides(lab)}".strip()),
    ]
    for one in lab.exercises:
        cells.append(("markdown", f'## {one.title}\n\n`course.hint("{one.name}")` helps.'))
        cells.append(("code", f'course.read("{one.name}")'))
        cells.append(("code", "@course.exercise\n" + code_of(pristine(lab), one.name)))
    if lab.runs:
        cells.append(
            ("markdown", "## The experiment\n\nA short run; without `quick` it is the full one.")
        )
        cells.append(("code", f'lab.run("{lab.id}", quick=True)'))
    if any(e.mine for e in lab.exercises):
        cells.append(
            ("markdown", "With those of your functions that are written, in the library's place:")
        )
        cells.append(("code", f'course.run("{lab.id}", quick=True)'))
    cells.append(("code", f'course.left("{lab.id}")'))
    return json.dumps(_nbformat(cells), indent=1, ensure_ascii=False) + "\n"


def _besides(lab: Lab) -> str:
    """What an exercise file holds beside its exercises: imports, and what they are given."""
    source, own = pristine(lab), {e.name for e in lab.exercises}
    kept = [
        ast.get_source_segment(source, node) or ""
        for node in ast.parse(source).body[1:]  # after its docstring
        if getattr(node, "name", "") not in own
    ]
    return re.sub(r"\n\n+(?=import |from )", "\n", "\n\n".join(kept))


def _nbformat(cells: list[tuple[str, str]]) -> dict[str, Any]:
    made: list[dict[str, Any]] = []
    for number, (kind, text) in enumerate(cells):
        cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}}
        cell["source"] = text.splitlines(keepends=True)
        made.append(cell | ({"execution_count": None, "outputs": []} if kind == "code" else {}))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": made,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def notebook(
    name: Annotated[str, typer.Argument(metavar="LAB", help="The lab's number.")],
) -> None:
    """Write a lab's notebook: its text, a cell for each exercise, and its run."""
    lab = find().course.lab(name)
    file = lab.file.with_name(f"{lab.module}.ipynb")
    shown = file.relative_to(lab.root).as_posix()
    if file.exists():
        raise CourseError(f"{shown} is there already, with what you wrote in it; delete it first.")
    write_text(file, as_json(lab))
    say(f"Wrote {shown}. Next: jupyter lab {shown}  (pip install jupyterlab, if need be)")
