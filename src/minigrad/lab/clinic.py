"""`minigrad clinic`: run a sick training script, look closer, and see whether a cure has worked.

A patient is a script with `train(seed)`, which returns the losses, and `CAUSE`, where the learner
writes the diagnosis. As found it is cases/NAME.py; the learner's own copy, made at the first look,
is patients/NAME.py. What is right stands in cases.toml.
"""

import contextlib
import math
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from types import ModuleType

import numpy as np

from minigrad.autograd.anomaly import detect_anomaly
from minigrad.errors import AnomalyError, ArgumentError, meant
from minigrad.files import load_module, read_utf8, write_text


@dataclass(frozen=True)
class Examination:
    """What came of running a patient's script: the losses of each seed, and how it stands."""

    complaint: str
    losses: list[list[float]]
    cured: bool
    cause: str  # the learner's diagnosis, "" while there is none
    right: bool
    file: Path = Path()  # the learner's copy


def patients(folder: Path) -> dict[str, dict]:
    """The cases of a lab's folder by name: `causes`, the range `healthy`, and a `cure`."""
    file = folder / "cases.toml"
    try:
        return tomllib.loads(read_utf8(file))
    except tomllib.TOMLDecodeError as error:
        raise ArgumentError(f"{file} cannot be read as the table of patients: {error}") from None


def causes(folder: Path) -> list[str]:
    """Every cause a diagnosis may name, in alphabetical order."""
    return sorted({cause for case in patients(folder).values() for cause in case["causes"]})


def found(folder: Path, name: str) -> Path:
    """The script as it was found: cases/NAME.py. Raises ArgumentError for an unknown patient."""
    known = patients(folder)
    if name not in known:
        raise ArgumentError(
            f"unknown patient {name!r}.{meant(name, known)} There are {', '.join(known)}"
        )
    return folder / "cases" / f"{name}.py"


def load(folder: Path, name: str) -> ModuleType:
    """The learner's copy of the script, patients/NAME.py; made if it is not there."""
    case, file = found(folder, name), folder / "patients" / f"{name}.py"
    if not file.is_file():
        file.parent.mkdir(exist_ok=True)
        write_text(file, read_utf8(case))
    with _theirs(file):
        return load_module(file, f"minigrad_patient_{name}")


def load_case(folder: Path, name: str) -> ModuleType:
    """The script as it was found, whatever the learner has made of it."""
    return load_module(found(folder, name), f"minigrad_case_{name}")


@contextlib.contextmanager
def _theirs(file: Path) -> Iterator[None]:
    """One line for what goes wrong in a file that the learner edits."""
    try:
        yield
    except AnomalyError:
        raise
    except Exception as error:
        raise ArgumentError(f"{file} cannot run: {type(error).__name__}: {error}") from error


def examine(
    folder: Path, name: str, seeds: int, begin: Callable[[int], None] = lambda seed: None
) -> Examination:
    """Run the script with `seeds` seeds; cured means every one of them ends well.

    Raises ArgumentError, before anything runs, for a diagnosis that is none.
    """
    module, case = load(folder, name), patients(folder)[name]
    file = Path(module.__file__ or name)
    cause = getattr(module, "CAUSE", "")
    if cause and cause not in causes(folder):
        known = causes(folder)
        raise ArgumentError(
            f"CAUSE in {file} is {cause!r}.{meant(cause, known)} It must be one of "
            f"{', '.join(known)}"
        )
    losses = []
    with _theirs(file):
        for seed in range(seeds):
            begin(seed)
            losses.append(module.train(seed))
    return Examination(
        complaint=(module.__doc__ or "").strip(),
        losses=losses,
        cured=all(is_healthy(x, *case["healthy"]) for x in losses),
        cause=cause,
        right=cause in case["causes"],
        file=file,
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


def report(seen: Examination, names: list[str]) -> str:
    """An examination in words."""
    lines = [seen.complaint, ""]
    for seed, losses in enumerate(seen.losses):
        shown = losses[:: max(1, len(losses) // 7)]
        broken = next((i for i, x in enumerate(losses) if not math.isfinite(x)), None)
        end = f"not finite at step {broken}" if broken is not None else f"ends at {losses[-1]:.3g}"
        lines.append(f"  seed {seed}: {', '.join(f'{x:.3g}' for x in shown)} … {end}")
    lines += ["", "It is cured." if seen.cured else "It is sick."]
    if not seen.cause:
        lines.append(f"Your diagnosis goes into CAUSE in {seen.file}: one of {', '.join(names)}.")
    else:
        lines.append(f"Diagnosis {seen.cause!r}: " + ("right." if seen.right else "not the cause."))
        if seen.right and not seen.cured:
            lines.append("Now change the script so that it is cured.")
        if seen.cured and not seen.right:
            lines.append("The symptom is gone. Which cause did your change remove?")
    return "\n".join(lines)


def losses_told(every: Sequence[Sequence[float]]) -> str:
    """What a script's losses, one list a seed, came to: where they broke, or where they ended."""
    bad = [next((i for i, v in enumerate(x) if not math.isfinite(v)), None) for x in every]
    if None not in bad:
        return f"First loss not finite at step {', '.join(map(str, bad))}."
    first, last = (np.median([of(x) for x in every]) for of in (lambda x: x[0], end))
    return f"Loss {first:.2f} at step 0, {last:.3g} at the end (median over seeds)."


def end(losses: Sequence[float]) -> float:
    """The mean of the last ten."""
    return fmean(losses[-10:])
