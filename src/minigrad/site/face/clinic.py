"""The NaN clinic: a patient's script, edited in the page, run, and traced."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from minigrad.course.workspace import Workspace, read_text
from minigrad.errors import ArgumentError
from minigrad.files import write_text
from minigrad.lab import clinic
from minigrad.lab.records import strict
from minigrad.site.face.exercises import LONGEST, digest
from minigrad.site.face.own import in_child


def _folder(workspace: Workspace) -> Path:
    return (
        workspace.root
        / "labs"
        / next(lab.folder for lab in workspace.course.labs if lab.id == "08")
    )


def _script(folder: Path, patient: str) -> str:
    """The learner's copy, or the script as it was found where there is none yet."""
    file = folder / "patients" / f"{patient}.py"
    return read_text(file if file.is_file() else clinic.found(folder, patient))


def patients(workspace: Workspace) -> dict[str, Any]:
    """Every patient's script as it is now, and what a diagnosis may name."""
    folder = _folder(workspace)
    scripts = [(name, _script(folder, name)) for name in clinic.patients(folder)]
    return {
        "patients": [{"name": n, "code": c, "digest": digest(c)} for n, c in scripts],
        "causes": clinic.causes(folder),
    }


def examine(
    patient: str,
    workspace: Workspace,
    tell: Callable[[Any], None],
    code: str | None = None,
    base: str = "",
    trace: bool = False,
) -> dict[str, Any]:
    """Save the script, run it with one seed, and say whether it is well; with ``trace``, say which
    operation makes the first value that is not finite."""
    folder = _folder(workspace)
    if patient not in clinic.patients(folder):
        raise ArgumentError(f"there is no patient {patient!r}")
    file = folder / "patients" / f"{patient}.py"
    if code is not None:
        if not isinstance(code, str) or len(code) > LONGEST:
            raise ArgumentError(f"a script must be text of at most {LONGEST:,} characters")
        known = _script(folder, patient)
        if code.rstrip() != known.rstrip():
            if base != digest(known):
                raise ArgumentError("changed elsewhere: the script was changed in its file")
            file.parent.mkdir(exist_ok=True)
            write_text(file, code.rstrip() + "\n")
    args = {"folder": str(folder), "patient": patient, "trace": trace}
    found = in_child(_examine, args, workspace.root, tell)
    return {**found, "digest": digest(_script(folder, patient))}


def _examine(folder: str, patient: str, trace: bool, tell: Callable[[Any], None]) -> dict[str, Any]:
    tell({"say": "running"})
    if trace:
        return {"trace": clinic.trace(Path(folder), patient)}
    found = clinic.examine(Path(folder), patient, 1)
    return {
        "losses": strict(found.losses[0]),
        "cured": found.cured,
        "cause": found.cause,
        "right": found.right,
    }
