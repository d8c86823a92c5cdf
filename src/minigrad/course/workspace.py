"""A workspace: a folder with labs/labs.toml, the learner's exercises and their progress."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

from minigrad.course.stub import definition, restore, stub
from minigrad.course.table import Course, CourseError, Lab, load
from minigrad.files import now, write_text


def resources() -> Path:
    """The folder of the course's labs, theory and solutions: inside the installed package, or,
    in a checkout of the project, the checkout itself."""
    packaged = Path(__file__).parents[1] / "_course"
    return packaged if packaged.is_dir() else Path(__file__).parents[3]


class Workspace:
    """One learner's folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.course: Course = load(self.root / "labs" / "labs.toml")

    def exercise_file(self, lab: Lab) -> Path:
        return self.root / "labs" / lab.folder / "exercise.py"

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
        file = self.exercise_file(lab)
        fresh = pristine(lab)
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            write_text(file, fresh)
            return None
        kept = back_up(self.root, file)
        write_text(file, restore(read_text(file), fresh, name))
        return kept


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
    raise AssertionError("unreachable")


def find(start: Path | None = None) -> Workspace:
    """The workspace around a folder (the current one unless given), looking upwards.

    Raises:
        CourseError: there is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "labs" / "labs.toml").is_file():
            return Workspace(folder)
    raise CourseError(
        f"{here} is not in a workspace (a folder with labs/labs.toml). "
        "`minigrad start my-course` makes one; then `cd my-course`."
    )


def pristine(lab: Lab) -> str:
    """A lab's exercise file as it was before anybody wrote in it."""
    return stub(solution_file(lab).read_text(encoding="utf-8"))


def solution_file(lab: Lab) -> Path:
    return resources() / "solutions" / f"{lab.folder}.py"


def start(folder: Path) -> tuple[Workspace, bool]:
    """Make a workspace, or bring an existing one up to date. Returns it and whether it is new.

    What the learner wrote is never lost: in a workspace that exists, texts and experiments are
    renewed, with a copy of what differed under backups/, and the stubs of new exercises are added
    at the end of their files. The clinic's patients are the learner's to change: one that is there
    stays.

    Raises:
        CourseError: the folder is a file, holds other things, or cannot be written.
    """
    known = (folder / "labs" / "labs.toml").is_file()
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is a file; give the name of a folder to make.")
    if folder.is_dir() and not known and any(folder.iterdir()):
        raise CourseError(
            f"{folder} is not empty and not a workspace; give the name of a new folder, "
            f"for example `minigrad start {folder / 'minigrad-course'}`."
        )
    if folder.resolve() == resources().resolve():
        return Workspace(folder), False  # the project's own checkout is a workspace already
    try:
        _copy(resources(), folder)
    except OSError as error:
        raise CourseError(f"{folder} cannot be written: {error}") from error
    return Workspace(folder), not known


def _copy(source: Path, folder: Path) -> None:
    for part in ("labs", "theory"):
        for path in sorted((source / part).rglob("*")):
            if path.is_dir() or "__pycache__" in path.parts or path.name == "exercise.py":
                continue
            target = folder / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            theirs = path.parent.name == "patients" and target.exists()
            if path.name == "labs.toml" or theirs:
                continue
            if target.exists() and target.read_bytes() != path.read_bytes():
                back_up(folder, target)  # renewed, or an experiment the learner has changed
            shutil.copyfile(path, target)
    for lab in load(source / "labs" / "labs.toml").labs:
        if lab.exercises:
            _write_stubs(lab, folder / "labs" / lab.folder / "exercise.py")
    # last, because its presence makes the folder a workspace: a start cut short can be repeated
    table = (source / "labs" / "labs.toml").read_text(encoding="utf-8")
    write_text(folder / "labs" / "labs.toml", table)


def _write_stubs(lab: Lab, file: Path) -> None:
    fresh = pristine(lab)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, fresh)
        return
    mine = read_text(file)
    added = mine
    for exercise in lab.exercises:
        if definition(added, exercise.name)[0] < 0:
            added = restore(added, fresh, exercise.name)
    if added != mine:
        write_text(file, added)


def read_text(file: Path) -> str:
    """A learner's file; `write_text` puts bytes that are not UTF-8 back as they were."""
    return file.read_text(encoding="utf-8", errors="surrogateescape")
