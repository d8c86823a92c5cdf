"""The catalog of the course: what labs/labs.toml lists, where it is, and each lab's run.py.

minigrad knows no lab by name: what there is to learn, and in which order, stands in that table.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from minigrad.errors import ArgumentError, meant
from minigrad.files import load_module, read_utf8

TABLE = Path("labs", "labs.toml")


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
    mine: str = ""  # the lab's piece that `run --mine` replaces with this exercise


@dataclass(frozen=True)
class Guess:
    """A prediction to lock before a lab's first run; ``key`` is that of the finding it is about.

    One of the choices or, where a ``curve`` is given, a configuration's, the five of `lab.five`.
    """

    key: str
    question: str
    choices: tuple[str, ...] = ()
    curve: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Lab:
    """One lab: its folder below labs/, its theory page, its exercises in order."""

    id: str
    folder: str
    theory: str
    exercises: tuple[Exercise, ...] = ()
    guesses: tuple[Guess, ...] = ()
    root: Path = field(default=Path(), compare=False)  # the folder that holds labs/

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.root / "labs" / self.folder

    @property
    def file(self) -> Path:
        """Where its exercises are written."""
        return self.path / "exercise.py"

    @property
    def module(self) -> str:
        """Its folder's name without the number: where its checks are."""
        return self.folder.split("_", 1)[1] if self.folder[:2].isdigit() else self.folder

    @cached_property
    def heading(self) -> str:
        """Its README's first line: "Lab 01 · Initialization: three fates"."""
        return read_utf8(self.path / "README.md").partition("\n")[0].lstrip("# ").strip()

    @property
    def title(self) -> str:
        """The heading without the number."""
        return self.heading.rpartition(" · ")[2]

    @property
    def minutes(self) -> int:
        """What its exercises take."""
        return sum(e.minutes for e in self.exercises)

    @property
    def runs(self) -> bool:
        """Whether it has an experiment."""
        return (self.path / "run.py").is_file()


def resources() -> Path:
    """The course that came with minigrad: inside the installed package, or the project's own
    checkout."""
    packaged = Path(__file__).parents[1] / "_course"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[3]


def workspace(start: Path | None = None) -> Path | None:
    """The nearest folder, from `start` (here) upward, that holds labs/labs.toml; None without."""
    here = (start or Path.cwd()).resolve()
    return next((p for p in (here, *here.parents) if (p / TABLE).is_file()), None)


def read(path: Path) -> tuple[Lab, ...]:
    """The labs of a labs.toml, in order. What is wrong with it is said in one line."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        labs = tuple(_lab(row, path.parents[1]) for row in table["lab"])
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise ArgumentError(f"{path} cannot be read as the table of labs: {error}") from error
    seen: set[str] = set()
    for exercise in (e for lab in labs for e in lab.exercises):
        if exercise.name in seen:
            raise ArgumentError(f"{path}: the exercise {exercise.name!r} stands there twice.")
        if missing := set(exercise.needs) - seen:
            names = ", ".join(sorted(missing))
            raise ArgumentError(
                f"{path}: {exercise.name} needs {names}, which must come before it."
            )
        seen.add(exercise.name)
    return labs


def _lab(row: dict[str, Any], root: Path) -> Lab:
    exercises = tuple(Exercise(**_frozen(e)) for e in row.get("exercise", []))
    guesses = tuple(Guess(**_frozen(g)) for g in row.get("guess", []))
    return Lab(row["id"], row["folder"], row["theory"], exercises, guesses, root)


def _frozen(row: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}


def labs(start: Path | None = None) -> tuple[Lab, ...]:
    """The labs of the workspace around `start` (here), or else those that came with minigrad."""
    return read((workspace(start) or resources()) / TABLE)


def find(name: str, labs: Iterable[Lab]) -> Lab:
    """A lab by number ("01", "1"), folder ("01_init_ablation") or name ("init_ablation")."""
    known = list(labs)
    for lab in known:
        if name in (lab.id, lab.folder, lab.module) or name.zfill(2) == lab.id:
            return lab
    near = meant(name, [lab.module for lab in known])
    ids = ", ".join(lab.id for lab in known)
    raise ArgumentError(f"unknown lab {name!r}.{near} The labs are {ids}")


def load(lab: Lab) -> ModuleType:
    """The lab's run.py, under a module name of its own. Raises ArgumentError where it has none."""
    if not lab.runs:
        raise ArgumentError(f"lab {lab.id} has no experiment to run")
    module = load_module(lab.path / "run.py", f"minigrad_lab_{lab.folder}")
    for name in ("PIECES", "MINE"):  # a lab with none need not say so
        vars(module).setdefault(name, {})
    return module
