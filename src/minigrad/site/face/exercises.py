"""The learner's exercises: the exercise.py and progress.json that editor and terminal see."""

from __future__ import annotations

import base64
import hashlib
import io
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from minigrad.course.progress import Progress
from minigrad.course.result import Result
from minigrad.course.stub import code_of, definition
from minigrad.course.table import CourseError, Exercise, Lab
from minigrad.course.teacher import export_workspace
from minigrad.course.workspace import Workspace, exercise_text, pristine, read_text, solution_file
from minigrad.files import now, write_text

LONGEST = 200_000  # characters of one exercise


def progress_of(workspace: Workspace) -> Progress:
    return Progress(workspace, say=lambda line: None)


def course(workspace: Workspace) -> dict[str, Any]:
    """Every lab and exercise in order, what is passed, and what comes next."""
    progress = progress_of(workspace)
    entries = progress.data["exercises"]
    return {
        "root": str(workspace.root),
        "labs": [
            {
                "id": lab.id,
                "title": lab.title,
                "exercises": [
                    {
                        "name": e.name,
                        "title": e.title,
                        "minutes": e.minutes,
                        **_state(entries, e.name),
                    }
                    for e in lab.exercises
                ],
            }
            for lab in workspace.course.labs
        ],
        "next": progress.current(),
        "quiz": progress.data["quiz"],
        "read": sorted(progress.data["read"]),
    }


def _state(entries: dict[str, Any], name: str) -> dict[str, Any]:
    entry = entries.get(name, {})
    return {
        "passed": bool(entry.get("passed")) and not entry.get("broken"),
        "tried": entry.get("attempts", 0) > 0,
        "hints": entry.get("hints", 0),
    }


def exercise(name: str, workspace: Workspace) -> dict[str, Any]:
    """One exercise: the learner's code for it, what it belongs to, and the hints opened so far."""
    e, lab = workspace.course.exercise(name), workspace.course.lab(name)
    progress = progress_of(workspace)
    state = _state(progress.data["exercises"], name)
    head, code, (_, begin, _) = _parts(lab, name)
    names = [x.name for x in workspace.course.exercises]
    at = names.index(name)
    return {
        "name": name,
        "title": e.title,
        "minutes": e.minutes,
        "lab": {"id": lab.id, "title": lab.title, "mine": any(x.mine for x in lab.exercises)},
        "theory": e.theory,
        "needs": [{"name": n, **_state(progress.data["exercises"], n)} for n in e.needs],
        "head": head,
        "code": code,
        "line": begin + 1,  # of the file, as errors name it
        "digest": digest(code),
        "file": lab.file.relative_to(workspace.root).as_posix(),
        "opened": list(e.hints[: state["hints"]]),
        "hints": len(e.hints),
        "mine": e.mine,
        "state": state,
        "before": names[at - 1] if at else None,
        "after": names[at + 1] if at + 1 < len(names) else None,
    }


def digest(code: str) -> str:
    """A short name for a text, to see whether it was changed elsewhere."""
    return hashlib.sha256(code.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _parts(lab: Lab, name: str) -> tuple[str, str, tuple[list[str], int, int]]:
    """What stands at the head of the file, and the part of it that belongs to this exercise: from
    the end of the exercise before it to its own end. Also the file's lines and that part's range.
    """
    text, fresh = exercise_text(lab), pristine(lab)
    lines = text.splitlines(keepends=True)
    spans = {e.name: definition(text, e.name) for e in lab.exercises}
    there = [span for span in spans.values() if span[0] >= 0]
    first = min((a for a, _ in there), default=len(lines))
    # as long as the head is as it was, what the learner put below it is the first exercise's
    given = min(definition(fresh, e.name)[0] for e in lab.exercises)
    if lines[:given] == fresh.splitlines(keepends=True)[:given]:
        first = min(first, given)
    start, end = spans[name]
    if start < 0:  # not in the file: it goes to the end
        return "".join(lines[:first]), "", (lines, len(lines), len(lines))
    begin = max((b for _, b in there if b <= start), default=first)
    while begin < start and not lines[begin].strip():
        begin += 1
    return "".join(lines[:first]), "".join(lines[begin:end]), (lines, begin, end)


def save(lab: Lab, name: str, code: str, base: str) -> None:
    """Put the learner's code of one exercise into its file; all else in it stays as it is.

    Raises:
        CourseError: the file was changed elsewhere since ``base`` was read.
    """
    if not isinstance(code, str) or len(code) > LONGEST:
        raise CourseError(f"an exercise's code must be text of at most {LONGEST:,} characters")
    _, known, (lines, begin, end) = _parts(lab, name)
    if code.rstrip() == known.rstrip():
        return
    if base != digest(known):
        raise CourseError(
            "changed elsewhere: this exercise's code was changed in the file meanwhile"
        )
    gap = ["\n", "\n"] if begin == end and lines else []
    text = "".join([*lines[:begin], *gap, code.rstrip() + "\n", *lines[end:]])
    lab.file.parent.mkdir(parents=True, exist_ok=True)
    write_text(lab.file, text)


def check(
    name: str, workspace: Workspace, code: str | None = None, base: str = ""
) -> dict[str, Any]:
    """Save the code (of None, take the file as it is), check it, and keep the result."""
    e, lab = workspace.course.exercise(name), workspace.course.lab(name)
    if code is not None:
        save(lab, name, code, base)
    result = next(iter(results(lab, [e])))
    progress = progress_of(workspace)
    progress.record([result])
    return {
        **{k: v for k, v in vars(result).items() if k != "exercise"},
        "lines": result.lines(),
        "passed": result.passed,
        "digest": exercise(name, workspace)["digest"],
        "next": progress.current(),
    }


def results(lab: Lab, exercises: Sequence[Exercise]) -> Iterator[Result]:
    """From a child process; in a page's worker, which is one already, right here."""
    if sys.platform != "emscripten":
        from minigrad.course.runner import check as in_child

        yield from in_child(lab, exercises)
        return
    from minigrad.course import child

    said: list[dict[str, Any]] = []
    theory = {e.name: e.theory for e in exercises}
    arguments = [str(lab.file), lab.module, *theory]
    child.check(arguments, lambda **message: said.append(message))
    for result in (Result(**message["result"]) for message in said if "result" in message):
        yield result.pointing_to(theory[result.exercise])


def hint(name: str, workspace: Workspace) -> dict[str, Any]:
    """Open the next hint."""
    e = workspace.course.exercise(name)
    count = progress_of(workspace).hint(name)
    return {"opened": list(e.hints[:count]), "hints": len(e.hints)}


def solution(name: str, workspace: Workspace, give_up: bool = False) -> dict[str, Any]:
    """Our solution, after the learner's has passed or with ``give_up``, which is recorded."""
    workspace.course.exercise(name)
    progress = progress_of(workspace)
    if name not in progress.passed:
        if not give_up:
            raise CourseError("the solution opens when yours has passed")
        progress.give_up(name)
    text = solution_file(workspace.course.lab(name)).read_text(encoding="utf-8")
    return {"code": code_of(text, name) + "\n"}


def reset(name: str, workspace: Workspace) -> dict[str, Any]:
    """Back to the stub; the file as it was is kept under backups/."""
    kept = workspace.reset(name)
    where = kept.relative_to(workspace.root).as_posix() if kept else ""
    return {**exercise(name, workspace), "kept": where}


def read(page: str, workspace: Workspace) -> None:
    """Note that a theory page of the course was read to its end."""
    places = {e.theory.partition("#")[0] for e in workspace.course.exercises}
    if f"{page}.md" in places | {lab.theory for lab in workspace.course.labs}:
        progress_of(workspace).note("read", page, True)


def export(workspace: Workspace) -> dict[str, str]:
    """The learner's work as the file that `minigrad export` writes, in base64."""
    with tempfile.TemporaryDirectory() as folder:
        file = export_workspace(workspace, Path(folder) / "work.zip")
        return {"zip": base64.b64encode(file.read_bytes()).decode("ascii")}


def import_(data: str, workspace: Workspace) -> dict[str, Any]:
    """Take over a file that `export` wrote; the files that it replaces are kept under backups/.

    Raises:
        CourseError: it is not such a file.
    """
    from minigrad.course.workspace import back_up

    try:
        archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(data, validate=True)))
        allowed = set(_own(workspace))
        inside = [i for i in archive.infolist() if i.filename in allowed and i.file_size < 10**6]
        texts = {i.filename: archive.read(i).decode("utf-8") for i in inside}
    except (ValueError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise CourseError(f"this is not a file that `export` wrote: {error}") from None
    if not texts:
        raise CourseError("this file holds no exercises and no progress")
    for name in texts:
        if (file := workspace.root / name).exists():
            back_up(workspace.root, file)
    restore(texts, workspace)
    return {"files": sorted(texts), "at": now()}


def files(workspace: Workspace) -> dict[str, str]:
    """What the learner has made, by path: for a page that must keep it itself."""
    there = ((name, workspace.root / name) for name in _own(workspace))
    return {name: read_text(file) for name, file in there if file.is_file()}


def restore(texts: dict[str, str], workspace: Workspace) -> None:
    """Put back what `files` gave."""
    for name in _own(workspace):
        if isinstance(text := texts.get(name), str):
            file = workspace.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            write_text(file, text)


def _own(workspace: Workspace) -> list[str]:
    """The files that are the learner's, below the workspace."""
    labs = [lab for lab in workspace.course.labs if lab.exercises]
    own = [lab.file for lab in labs] + [workspace.progress_file]
    own.append(workspace.root / "challenge.jsonl")
    return [file.relative_to(workspace.root).as_posix() for file in own]
