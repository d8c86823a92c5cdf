"""For a teacher: a learner's work as one file, and the results of a class as one table."""

from __future__ import annotations

import csv
import sys
import tempfile
import zipfile
from pathlib import Path

from minigrad.course.runner import check_file
from minigrad.course.table import Course, CourseError, load
from minigrad.course.workspace import Workspace
from minigrad.files import whole
from minigrad.lab.say import say

LARGEST = 1_000_000  # bytes of an exercise.py


def export_workspace(workspace: Workspace, file: Path | None) -> Path:
    """A zip of the exercise files and the progress file. Returns its path.

    Raises:
        CourseError: the file exists or cannot be written.
    """
    target = file or workspace.root / f"{workspace.root.name}.zip"
    parts = [lab.file for lab in workspace.course.labs]
    parts = [p for p in [*parts, workspace.progress_file] if p.is_file()]
    if file and file.exists():
        raise CourseError(f"{target} exists; give another name.")
    try:
        with whole(target) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in parts:
                archive.write(part, part.relative_to(workspace.root).as_posix())
    except OSError as error:
        raise CourseError(f"{target} cannot be written: {error}") from error
    return target


def grade_all(folders: list[Path], as_csv: bool) -> None:
    """Check each learner's exercises with the installed course's checks; a row for each, as soon
    as it is known, whatever one of them does.

    Raises:
        CourseError: one of the folders is neither a workspace nor a file.
    """
    course = load()
    exercises = [e.name for e in course.exercises]
    learners = _learners(folders)
    handed_in = [_read(folder, course) for folder in folders]  # all, before the first one runs
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(["learner", "passed", *exercises, "note"])
    for learner, (files, note) in zip(learners, handed_in, strict=True):
        print(f"checking {learner} …", file=sys.stderr)
        found = _check_all(files, course)
        passed = sum(v == "passed" for v in found.values())
        if as_csv:
            row = [learner, passed, *(found[n] for n in exercises), note]
            writer.writerow([_no_formula(cell) for cell in row])
            sys.stdout.flush()
            continue
        open_ = sum(v in ("not written", "missing") for v in found.values())
        failed = [n for n, v in found.items() if v not in ("passed", "not written", "missing")]
        line = f"{learner}: {passed} of {len(exercises)} passed, {open_} not written"
        line += f", failed: {', '.join(failed)}" if failed else ""
        say(line + (f" ({note})" if note else ""))


def _no_formula(cell: object) -> object:
    """A cell that a spreadsheet would compute, as text."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell


def _learners(folders: list[Path]) -> list[str]:
    """A name for each: the file's or folder's own, with the folder above it where two are alike."""
    paths = [f.resolve() for f in folders]
    own = [p.stem if p.is_file() else p.name for p in paths]
    return [
        n if own.count(n) == 1 else f"{p.parent.name}/{n}" for n, p in zip(own, paths, strict=True)
    ]


def _read(folder: Path, course: Course) -> tuple[dict[str, bytes], str]:
    """A learner's exercise files by lab, and what is to be said of what was handed in."""
    if not folder.exists():
        raise CourseError(f"{folder} does not exist: name workspaces, or files of `export`.")
    wanted = {f"labs/{lab.folder}/exercise.py": lab.id for lab in course.labs if lab.exercises}
    try:
        files = _unpacked(folder, wanted) if folder.is_file() else _found(folder, wanted)
    except Exception as error:  # zipfile has many kinds; the others' rows go on
        return {}, f"cannot be read: {type(error).__name__}: {error}"
    return files, "" if files else "no labs/…/exercise.py in it"


def _found(folder: Path, wanted: dict[str, str]) -> dict[str, bytes]:
    """From a workspace, or from the one folder in it that is one."""
    roots = [folder, *sorted(p for p in folder.iterdir() if p.is_dir())]
    root = next((r for r in roots if (r / "labs").is_dir()), folder)
    files = {lab: root / name for name, lab in wanted.items() if (root / name).is_file()}
    return {lab: file.read_bytes() for lab, file in files.items() if _small(file.stat().st_size)}


def _unpacked(file: Path, wanted: dict[str, str]) -> dict[str, bytes]:
    """From a zip, packed with its folder around it or without. Nothing is written to the disk."""
    found: dict[str, bytes] = {}
    with zipfile.ZipFile(file) as archive:
        for member in sorted(archive.infolist(), key=lambda m: m.filename.count("/")):
            name = member.filename.replace("\\", "/")
            lab = wanted.get(name) or wanted.get(name.partition("/")[2])
            if lab and lab not in found and _small(member.file_size):
                with archive.open(member) as stream:
                    found[lab] = stream.read(LARGEST)
    return found


def _small(size: int) -> bool:
    if size > LARGEST:
        raise ValueError(f"an exercise.py of {size:,} bytes, more than {LARGEST:,}")
    return True


def _check_all(files: dict[str, bytes], course: Course) -> dict[str, str]:
    """What becomes of each exercise. The files are written to a folder of this learner's alone,
    which is gone afterwards; so is all they have started there."""
    found: dict[str, str] = {}
    for lab in course.labs:
        if lab.id not in files:
            found |= {e.name: "missing" for e in lab.exercises}
            continue
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
            file = Path(scratch, "labs", lab.folder, "exercise.py")
            file.parent.mkdir(parents=True)
            file.write_bytes(files[lab.id])
            alone = Path(scratch).resolve()
            for result in check_file(file, lab.module, lab.exercises, alone=alone):
                found[result.exercise] = result.mistake or result.status
    return found
