"""`minigrad clinic`: run a sick training script, look closer, and see whether a cure has worked.

A patient is a script with `train(seed)`, which returns the losses, and `CAUSE`, where the learner
writes the diagnosis. What is right stands in cases.toml beside the scripts.
"""

import contextlib
import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from minigrad.autograd.anomaly import detect_anomaly
from minigrad.errors import AnomalyError, ArgumentError
from minigrad.files import load_module


@dataclass(frozen=True)
class Examination:
    """What came of running a patient's script: the losses of each seed, and how it stands."""

    complaint: str
    losses: list[list[float]]
    cured: bool
    cause: str  # the learner's diagnosis, "" while there is none
    right: bool


def patients(folder: Path) -> dict[str, dict]:
    """The cases of a lab's folder by name: `causes`, and the range `healthy`."""
    return tomllib.loads((folder / "cases.toml").read_text(encoding="utf-8"))


def causes(folder: Path) -> list[str]:
    """Every cause a diagnosis may name, in alphabetical order."""
    return sorted({cause for case in patients(folder).values() for cause in case["causes"]})


def load(folder: Path, name: str) -> ModuleType:
    """The script patients/NAME.py. Raises ArgumentError for a name there is none of."""
    known = patients(folder)
    if name not in known:
        raise ArgumentError(f"unknown patient {name!r}: there are {', '.join(known)}")
    file = folder / "patients" / f"{name}.py"
    if not file.is_file():
        raise ArgumentError(f"{file} is not there: take it from the course again")
    with _theirs(file):
        return load_module(file, f"minigrad_patient_{name}")


@contextlib.contextmanager
def _theirs(file: Path) -> Iterator[None]:
    """One line for what goes wrong in a file that the learner edits."""
    try:
        yield
    except AnomalyError:
        raise
    except Exception as error:
        raise ArgumentError(f"{file} cannot run: {type(error).__name__}: {error}") from error


def examine(folder: Path, name: str, seeds: int) -> Examination:
    """Run the script with `seeds` seeds; cured means every one of them ends well."""
    module, case = load(folder, name), patients(folder)[name]
    with _theirs(Path(module.__file__ or name)):
        losses = [module.train(seed) for seed in range(seeds)]
    cause = getattr(module, "CAUSE", "")
    return Examination(
        complaint=(module.__doc__ or "").strip(),
        losses=losses,
        cured=all(is_healthy(x, *case["healthy"]) for x in losses),
        cause=cause,
        right=cause in case["causes"],
    )


def is_healthy(losses: list[float], low: float, high: float) -> bool:
    """All finite, and the mean of the last ten between `low` and `high`."""
    if not losses or not all(map(math.isfinite, losses)):
        return False
    return low <= sum(losses[-10:]) / len(losses[-10:]) <= high


def trace(folder: Path, name: str) -> str:
    """Which operation makes the first value that is not finite, with seed 0."""
    module = load(folder, name)
    try:
        with detect_anomaly(), _theirs(Path(module.__file__ or name)):
            module.train(0)
    except AnomalyError as error:
        return str(error)
    return "every value and every gradient is finite from the first step to the last"


def report(found: Examination, names: list[str]) -> str:
    """An examination in words."""
    lines = [found.complaint, ""]
    for seed, losses in enumerate(found.losses):
        shown = losses[:: max(1, len(losses) // 7)]
        broken = next((i for i, x in enumerate(losses) if not math.isfinite(x)), None)
        end = f"not finite at step {broken}" if broken is not None else f"ends at {losses[-1]:.3g}"
        lines.append(f"  seed {seed}: {', '.join(f'{x:.3g}' for x in shown)} … {end}")
    lines += ["", "It is cured." if found.cured else "It is sick."]
    if not found.cause:
        lines.append(f"Your diagnosis goes into CAUSE: one of {', '.join(names)}.")
    elif found.cause not in names:
        lines.append(f"CAUSE is {found.cause!r}: it must be one of {', '.join(names)}.")
    else:
        lines.append(
            f"Diagnosis {found.cause!r}: " + ("right." if found.right else "not the cause.")
        )
        if found.right and not found.cured:
            lines.append("Now change the script so that it is cured.")
        if found.cured and not found.right:
            lines.append("The symptom is gone. Which cause did your change remove?")
    return "\n".join(lines)
