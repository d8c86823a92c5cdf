"""The course: the catalog's labs with their exercises, and how each is found by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from minigrad.errors import ArgumentError, meant
from minigrad.lab.catalog import TABLE, Exercise, Guess, Lab, find, read, resources

__all__ = ["Course", "CourseError", "Exercise", "Guess", "Lab", "load"]


class CourseError(ArgumentError):
    """Something a learner can put right; its text says how. The command line prints it alone."""


@dataclass(frozen=True)
class Course:
    """Every lab in order."""

    labs: tuple[Lab, ...]

    def lab(self, name: str) -> Lab:
        """The lab of this number ("1", "01"), folder, name, or exercise."""
        for lab in self.labs:
            if name in (e.name for e in lab.exercises):
                return lab
        try:
            return find(name, self.labs)
        except ArgumentError:
            labs = ", ".join(lab.id for lab in self.labs)
            raise CourseError(
                f"there is no lab or exercise called {name!r}.{self._meant(name)} "
                f"The labs are {labs}; `minigrad list` shows their exercises."
            ) from None

    def exercise(self, name: str) -> Exercise:
        """The exercise of this name."""
        if found := [e for e in self.exercises if e.name == name]:
            return found[0]
        raise CourseError(
            f"there is no exercise called {name!r}.{self._meant(name)} "
            "`minigrad list` shows them all."
        )

    def _meant(self, name: str) -> str:
        names = [e.name for e in self.exercises]
        return meant(name, [*names, *(lab.module for lab in self.labs)])

    @property
    def exercises(self) -> list[Exercise]:
        """All of them, in the order they are learned."""
        return [e for lab in self.labs for e in lab.exercises]

    def select(self, target: str) -> list[tuple[Lab, list[Exercise]]]:
        """What a target means: "" is everything, else a lab, or one exercise."""
        if not target:
            return [(lab, list(lab.exercises)) for lab in self.labs if lab.exercises]
        lab = self.lab(target)
        return [(lab, [e for e in lab.exercises if e.name == target] or list(lab.exercises))]


def load(path: Path | None = None) -> Course:
    """Read a labs.toml, unless given the one that came with minigrad; what is wrong with it is
    said in one line."""
    return Course(read(path or resources() / TABLE))
