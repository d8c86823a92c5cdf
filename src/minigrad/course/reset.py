"""An exercise put back to its stub, and brought back as it was."""

from __future__ import annotations

from minigrad.course.progress import Progress
from minigrad.course.stub import definition, restore
from minigrad.course.table import CourseError
from minigrad.course.workspace import Workspace, back_up, read_text
from minigrad.files import write_text


def reset_line(workspace: Workspace, progress: Progress, name: str) -> str:
    """Reset an exercise, and say where the file as it was is kept."""
    kept = workspace.reset(name)
    progress.reopen(name)
    if kept is None:
        return f"{name} is there again; there was no file to keep."
    where = kept.relative_to(workspace.root).as_posix()
    return f"Reset {name}; the file as it was is kept in {where}."


def undo_line(workspace: Workspace, name: str) -> str:
    """Bring one exercise back as it was before its last reset; the others are left alone.

    Raises:
        CourseError: nothing is kept of it.
    """
    file = workspace.exercise_file(workspace.course.lab(name))
    now = read_text(file) if file.exists() else ""
    for kept in sorted((workspace.root / "backups" / file.parent.name).glob("exercise-*.py"))[::-1]:
        before = read_text(kept)
        if definition(before, name)[0] >= 0 and restore(now, before, name) != now:
            if now:
                back_up(workspace.root, file)
            write_text(file, restore(now, before, name))
            return f"{name} is as it was in {kept.relative_to(workspace.root).as_posix()}."
    raise CourseError(f"backups/ holds no other {name} than the one in {file.name}.")
