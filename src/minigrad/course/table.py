"""labs/labs.toml, the single table of the course: labs, exercises, their order and their hints."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minigrad.errors import ArgumentError


class CourseError(ArgumentError):
    """Something a learner can put right; its text says how. The command line prints it alone."""


@dataclass(frozen=True)
class Exercise:
    """One piece to write: a function or class in its lab's exercise.py."""

    name: str
    title: str
    minutes: int
    theory: str  # "01-initialization.md#kaiming"
    hints: tuple[str, ...]  # a question, the formula, pseudocode
    ops: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    mine: str = ""  # the library's name that `run --mine` replaces with this exercise


@dataclass(frozen=True)
class Guess:
    """A prediction to lock before a lab's first run; ``key`` names the outcome in the report."""

    key: str
    question: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Lab:
    """One lab: its folder below labs/, its theory page, its exercises in order."""

    id: str
    folder: str
    title: str
    theory: str
    exercises: tuple[Exercise, ...] = field(default_factory=tuple)
    guesses: tuple[Guess, ...] = field(default_factory=tuple)

    @property
    def minutes(self) -> int:
        return sum(e.minutes for e in self.exercises)

    @property
    def module(self) -> str:
        """Where its checks are: the folder's name without the number."""
        name = self.folder
        return name.split("_", 1)[1] if name[:2].isdigit() else name


@dataclass(frozen=True)
class Course:
    """Every lab in order."""

    labs: tuple[Lab, ...]

    def lab(self, name: str) -> Lab:
        """The lab of this number ("1", "01"), folder, or exercise."""
        for lab in self.labs:
            wanted = name.zfill(2) if name.isdigit() else name
            if wanted in (lab.id, lab.folder, lab.module) or name in [
                e.name for e in lab.exercises
            ]:
                return lab
        labs = ", ".join(lab.id for lab in self.labs)
        raise CourseError(
            f"there is no lab or exercise called {name!r}. The labs are {labs}; "
            "`minigrad list` shows their exercises."
        )

    def exercise(self, name: str) -> Exercise:
        """The exercise of this name."""
        for exercise in self.exercises:
            if exercise.name == name:
                return exercise
        raise CourseError(f"there is no exercise called {name!r}; `minigrad list` shows them all.")

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        return tuple(e for lab in self.labs for e in lab.exercises)

    def select(self, target: str) -> list[tuple[Lab, list[Exercise]]]:
        """What a target means: "" is everything, else a lab, or one exercise."""
        if not target:
            return [(lab, list(lab.exercises)) for lab in self.labs if lab.exercises]
        lab = self.lab(target)
        return [(lab, [e for e in lab.exercises if e.name == target] or list(lab.exercises))]


def load(path: Path) -> Course:
    """Read labs.toml; what is wrong with it is said in one line."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        course = Course(tuple(_lab(row) for row in table["lab"]))
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise CourseError(f"{path} cannot be read as the table of labs: {error}") from error
    _check_order(course, path)
    return course


def _lab(row: dict[str, Any]) -> Lab:
    row = dict(row)
    rows: list[dict[str, Any]] = row.pop("exercise", [])
    exercises = tuple(Exercise(**_frozen(e)) for e in rows)
    guesses = tuple(
        Guess(g["key"], g["question"], tuple(g["choices"])) for g in row.pop("guess", [])
    )
    return Lab(**row, exercises=exercises, guesses=guesses)


def _frozen(row: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}


def _check_order(course: Course, path: Path) -> None:
    seen: set[str] = set()
    for exercise in course.exercises:
        if exercise.name in seen:
            raise CourseError(f"{path}: the exercise {exercise.name!r} stands there twice.")
        if missing := set(exercise.needs) - seen:
            names = ", ".join(sorted(missing))
            raise CourseError(f"{path}: {exercise.name} needs {names}, which must come before it.")
        seen.add(exercise.name)
