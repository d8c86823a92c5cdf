"""A workspace: a folder with labs/labs.toml, the learner's exercises and their progress."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

from minigrad.course.stub import definition, restore, stub
from minigrad.course.table import Course, CourseError, Lab, load
from minigrad.files import now, write_text
from minigrad.lab.catalog import TABLE, resources
from minigrad.lab.catalog import workspace as around

__all__ = ["Workspace", "find", "pristine", "resources", "solution_file", "start"]

STARTING = ".minigrad-start"  # in a folder that `start` has not yet filled
LEARNERS = {"exercise.py", "patients", "runs", "__pycache__"}  # in a checkout, and not the course's


README = """# My minigrad course

    minigrad               what to write next; checked again at every save
    minigrad list          what is done and what is open
    minigrad read 01       a page of theory;  minigrad hint  helps in three steps
    minigrad run 01        a lab's experiment;  with --mine it runs your code
    pytest labs/01*        the same checks, as tests
    minigrad site          the same course in a browser

Your code is in labs/*/exercise.py, your progress in progress.json, and whatever was reset or
renewed is kept in backups/. `minigrad start .` brings the course up to date and leaves your code
as it is.
"""


class Workspace:
    """One learner's folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.course: Course = load(self.root / TABLE)

    @property
    def progress_file(self) -> Path:
        return self.root / "progress.json"

    def theory(self, page: str) -> Path:
        """A theory page of the workspace, or the package's own if the learner moved it."""
        here = self.root / "theory" / page
        return here if here.exists() else resources() / "theory" / page

    def reset(self, name: str) -> Path | None:
        """Put one exercise back to its stub; the file as it was is kept. Returns the copy's path,
        None where there was no file to keep.

        Raises:
            CourseError: there is no such exercise.
        """
        lab = self.course.lab(name)
        self.course.exercise(name)
        kept = back_up(self.root, lab.file) if lab.file.exists() else None
        lab.file.parent.mkdir(parents=True, exist_ok=True)
        write_text(lab.file, restore(exercise_text(lab), pristine(lab), name))
        return kept

    def undo(self, name: str) -> str:
        """Bring one exercise back as it was before its last reset; the others are left alone.

        Raises:
            CourseError: nothing is kept of it.
        """
        file = self.course.lab(name).file
        mine = read_text(file) if file.exists() else ""
        folder = self.root / "backups" / file.parent.name
        for kept in sorted(folder.glob("exercise-*.py"), reverse=True):
            before = read_text(kept)
            if definition(before, name)[0] >= 0 and restore(mine, before, name) != mine:
                if mine:
                    back_up(self.root, file)
                write_text(file, restore(mine, before, name))
                return f"{name} is as it was in {kept.relative_to(self.root).as_posix()}."
        raise CourseError(f"backups/ holds no other {name} than the one in {file.name}.")


def back_up(root: Path, file: Path) -> Path:
    """A dated copy of a workspace's file under backups/, never over another one."""
    folder = root / "backups" / file.parent.name
    folder.mkdir(parents=True, exist_ok=True)
    for number in itertools.count():
        suffix = f"-{number}" if number else ""
        copy = folder / f"{file.stem}-{now()}{suffix}{file.suffix}"
        try:
            with open(copy, "xb") as out:  # x: fails if another reset took the name
                out.write(file.read_bytes())
            return copy
        except FileExistsError:
            continue
        except OSError:  # no half of a copy
            copy.unlink(missing_ok=True)
            raise
    raise AssertionError("unreachable")


def find(start: Path | None = None) -> Workspace:
    """The workspace around a folder (the current one unless given), looking upwards.

    A checkout of the project is one too: the exercises are written into it when it is used so.

    Raises:
        CourseError: there is none.
    """
    root = around(start)
    if root is None:
        raise CourseError(
            f"{(start or Path.cwd()).resolve()} is not in a workspace (a folder with "
            "labs/labs.toml). `minigrad start my-course` makes one; then `cd my-course`."
        )
    workspace = Workspace(root)
    if workspace.root == resources():
        for lab in workspace.course.labs:
            if lab.exercises and not lab.file.exists():
                write_exercises(lab, lab.file)
    return workspace


def pristine(lab: Lab) -> str:
    """A lab's exercise file as it was before anybody wrote in it."""
    return stub(solution_file(lab).read_text(encoding="utf-8"))


def exercise_text(lab: Lab) -> str:
    """A lab's exercise file as it is; as it was before, where there is none."""
    return read_text(lab.file) if lab.file.exists() else pristine(lab)


def solution_file(lab: Lab) -> Path:
    return resources() / "solutions" / f"{lab.folder}.py"


def start(folder: Path) -> tuple[Workspace, bool]:
    """Make a workspace, or bring an existing one up to date. Returns it and whether it is new.

    What the learner wrote is never lost: in a workspace that exists, texts and experiments are
    renewed, with a copy of what differed under backups/, and the stubs of new exercises are added
    at the end of their files.

    Raises:
        CourseError: the folder is a file, holds other things, or cannot be written.
    """
    known = (folder / TABLE).is_file()
    cut_short = (folder / STARTING).is_file()
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is a file; give the name of a folder to make.")
    if folder.is_dir() and not (known or cut_short) and any(folder.iterdir()):
        raise CourseError(
            f"{folder} is not empty and not a workspace; give the name of a new folder, "
            f"for example `minigrad start {folder / 'minigrad-course'}`."
        )
    if folder.resolve() == resources():
        return find(folder), False  # the project's own checkout is a workspace already
    try:
        _copy(resources(), folder, keep=known)
    except OSError as error:
        raise CourseError(f"{folder} cannot be written: {error.strerror or error}") from error
    return Workspace(folder), not known


def _copy(source: Path, folder: Path, keep: bool) -> None:
    """The course into a folder; with ``keep``, a copy of what differs there goes to backups/."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STARTING).touch()  # until all is there: a start cut short can be repeated
    for part in ("labs", "theory"):
        for path in sorted((source / part).rglob("*")):
            inside = path.relative_to(source)
            if path.is_dir() or inside == TABLE or LEARNERS.intersection(inside.parts):
                continue
            target = folder / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            if keep and target.exists() and target.read_bytes() != path.read_bytes():
                back_up(folder, target)  # renewed, or an experiment the learner has changed
            target.unlink(missing_ok=True)  # a link to a file elsewhere is not written through
            shutil.copyfile(path, target)
    if not (folder / "README.md").exists():
        write_text(folder / "README.md", README)
    for lab in load(source / TABLE).labs:
        if lab.exercises:
            write_exercises(lab, folder / "labs" / lab.folder / "exercise.py")
    # last, because its presence makes the folder a workspace
    write_text(folder / TABLE, (source / TABLE).read_text(encoding="utf-8"))
    (folder / STARTING).unlink()


def write_exercises(lab: Lab, file: Path) -> None:
    """Write a lab's exercise file, or add what is new at the end of the one that is there."""
    fresh = pristine(lab)
    mine = read_text(file) if file.exists() else ""
    added = mine or fresh
    for exercise in lab.exercises:
        if definition(added, exercise.name)[0] < 0:
            added = restore(added, fresh, exercise.name)
    if added != mine:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, added)


def read_text(file: Path) -> str:
    """A learner's file; `write_text` puts bytes that are not UTF-8 back as they were."""
    return file.read_text(encoding="utf-8", errors="surrogateescape")
