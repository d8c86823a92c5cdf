"""For a teacher: a learner's work as one file, and the results of a class as one table."""

from __future__ import annotations

import csv
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from minigrad.course.runner import check_file
from minigrad.course.table import Course, CourseError, load
from minigrad.course.workspace import Workspace, resources

if TYPE_CHECKING:
    from rich.console import Console


def export_workspace(workspace: Workspace, file: Path | None) -> Path:
    """A zip of the exercise files and the progress file. Returns its path.

    Raises:
        CourseError: the file exists or cannot be written.
    """
    target = file or workspace.root / f"{workspace.root.name}.zip"
    parts = [workspace.exercise_file(lab) for lab in workspace.course.labs]
    parts = [p for p in [*parts, workspace.progress_file] if p.is_file()]
    try:
        with zipfile.ZipFile(target, "x" if file else "w", zipfile.ZIP_DEFLATED) as archive:
            for part in parts:
                archive.write(part, part.relative_to(workspace.root).as_posix())
    except FileExistsError as error:
        raise CourseError(f"{target} exists; give another name.") from error
    except OSError as error:
        raise CourseError(f"{target} cannot be written: {error}") from error
    return target


def grade_all(folders: list[Path], as_csv: bool, console: Console) -> None:
    """Check each learner's exercises with the installed course's checks and print the table.

    Raises:
        CourseError: one of the folders is neither a workspace nor an exported file.
    """
    course = load(resources() / "labs" / "labs.toml")
    names = [e.name for e in course.exercises]
    names_of = _learners(folders)
    rows: list[tuple[str, dict[str, str]]] = []
    with tempfile.TemporaryDirectory() as scratch:
        for number, folder in enumerate(folders):
            root = _open(folder, Path(scratch) / str(number))
            print(f"checking {folder} …", file=sys.stderr)
            rows.append((names_of[number], _check_all(root, course)))
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(["learner", "passed", *names])
        for learner, found in rows:
            count = sum(v == "passed" for v in found.values())
            writer.writerow([learner, count, *(found[n] for n in names)])
        return
    from rich.table import Table

    table = Table("learner", "passed", "not written", "failed", box=None, pad_edge=False)
    for learner, found in rows:
        failed = [n for n, v in found.items() if v not in ("passed", "not written")]
        counts = [sum(v == s for v in found.values()) for s in ("passed", "not written")]
        table.add_row(learner, f"{counts[0]} of {len(names)}", str(counts[1]), ", ".join(failed))
    console.print(table)


def _learners(folders: list[Path]) -> list[str]:
    """A name for each: the file's or folder's own, with the folder above it where two are alike."""
    paths = [f.resolve() for f in folders]
    own = [p.stem if p.is_file() else p.name for p in paths]
    return [
        n if own.count(n) == 1 else f"{p.parent.name}/{n}" for n, p in zip(own, paths, strict=True)
    ]


def _open(folder: Path, scratch: Path) -> Path:
    """A workspace's folder; an exported file is unpacked first."""
    if folder.is_file() and zipfile.is_zipfile(folder):
        with zipfile.ZipFile(folder) as archive:
            archive.extractall(scratch)  # zipfile keeps names inside the folder
        return scratch
    if (folder / "labs").is_dir():
        return folder
    raise CourseError(f"{folder} is neither a workspace nor a file written by `minigrad export`.")


def _check_all(root: Path, course: Course) -> dict[str, str]:
    found: dict[str, str] = {}
    for lab in course.labs:
        file = root / "labs" / lab.folder / "exercise.py"
        if not file.is_file():
            found |= {e.name: "missing" for e in lab.exercises}
            continue
        for result in check_file(file, f"minigrad.course.checks.{lab.module}", lab.exercises):
            found[result.exercise] = result.mistake or result.status
    return found
