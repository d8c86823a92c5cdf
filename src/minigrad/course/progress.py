"""progress.json: what a learner has passed, guessed and read. Small, readable, always whole."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterable
from typing import Any

from minigrad.course.result import Result
from minigrad.course.table import CourseError
from minigrad.course.workspace import Workspace, find
from minigrad.files import locked, now, write_text
from minigrad.lab.say import say

EMPTY: dict[str, Any] = {"exercises": {}, "guesses": {}, "quiz": {}, "read": {}, "runs": {}}


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _hold(data: Any) -> None:
    """ValueError for what no version of minigrad writes."""
    if not isinstance(data, dict) or not all(isinstance(data.get(p, {}), dict) for p in EMPTY):
        raise ValueError(f"it must hold {', '.join(EMPTY)}")
    for part in ("exercises", "guesses", "quiz"):
        if not all(isinstance(entry, dict) for entry in data.get(part, {}).values()):
            raise ValueError(f"{part} are not records")
    for name, entry in data.get("exercises", {}).items():
        for key, most in (("hints", 3), ("attempts", 10**9)):
            count = entry.get(key, 0)
            if type(count) is not int or not 0 <= count <= most:
                raise ValueError(f"{key} of {name} must be a number from 0 to {most}")
    json.dumps(data, ensure_ascii=False).encode()  # fails for half a pair of surrogates


class Progress:
    """The record of one workspace. Every change is read, made and written back at once, so that
    nothing is lost when the program is killed, and two windows can be open."""

    def __init__(self, workspace: Workspace, say: Callable[[str], None] = print) -> None:
        self.workspace = workspace
        self.file = workspace.progress_file
        self.say = say
        self.load()

    def load(self) -> None:
        """Read the file again: another process may have written to it."""
        try:
            data = json.loads(self.file.read_text(encoding="utf-8"), parse_constant=_refuse)
            _hold(data)
        except FileNotFoundError:
            data = {}
        except OSError as error:
            raise CourseError(f"{self.file} cannot be read: {error}") from error
        except (ValueError, AttributeError, RecursionError) as error:
            aside = self.file.with_name(f"progress.damaged-{now()}.json")
            os.replace(self.file, aside)
            self.say(f"{self.file.name} is damaged ({error}); it is kept as {aside.name}.")
            self.say("`minigrad check --all` finds out again what you have passed.")
            data = {}
        self.data = {**copy.deepcopy(EMPTY), **data}

    def update(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Apply a change to the file as it is now, and write it whole."""
        with locked(self.file):
            self.load()
            change(self.data)
            try:
                write_text(self.file, json.dumps(self.data, indent=1, ensure_ascii=False) + "\n")
            except OSError as error:
                raise CourseError(f"{self.file} cannot be written: {error}") from error

    @property
    def passed(self) -> list[str]:
        """The exercises that pass, as far as is known, in the course's order."""
        return [
            e.name
            for e in self.workspace.course.exercises
            if self.once(e.name) and not self.data["exercises"][e.name].get("broken")
        ]

    def once(self, name: str) -> bool:
        """Whether an exercise has passed, whatever became of it since."""
        return bool(self.data["exercises"].get(name, {}).get("passed"))

    def reset(self, name: str) -> str:
        """Put an exercise back to its stub, and say where the file as it was is kept."""
        kept = self.workspace.reset(name)
        if self.once(name):
            self.update(lambda data: data["exercises"][name].__setitem__("broken", True))
        if kept is None:
            return f"{name} is there again; there was no file to keep."
        where = kept.relative_to(self.workspace.root).as_posix()
        return f"Reset {name}; the file as it was is kept in {where}."

    def record(self, results: Iterable[Result]) -> None:
        """Count each attempt and keep the moment of the first pass."""

        def change(data: dict[str, Any]) -> None:
            for result in results:
                entry = data["exercises"].setdefault(result.exercise, {})
                if result.status != "not written" and not entry.get("passed"):
                    entry["attempts"] = entry.get("attempts", 0) + 1
                if result.passed:
                    entry.setdefault("passed", now())
                    entry.pop("broken", None)
                elif entry.get("passed"):
                    entry["broken"] = True
                if result.mistake:
                    entry.setdefault("mistakes", {}).setdefault(result.mistake, now())

        self.update(change)

    def current(self) -> str | None:
        """The first exercise, in the course's order, that does not pass."""
        done = set(self.passed)
        return next((e.name for e in self.workspace.course.exercises if e.name not in done), None)

    def hint(self, name: str) -> int:
        """Open the next hint of an exercise: how many are open now (three at most)."""

        def change(data: dict[str, Any]) -> None:
            entry = data["exercises"].setdefault(name, {})
            entry["hints"] = min(entry.get("hints", 0) + 1, 3)

        self.update(change)
        return int(self.data["exercises"][name]["hints"])

    def note(self, part: str, key: str, value: Any) -> None:
        """Keep one fact under "guesses", "quiz", "read" or "runs"."""
        self.update(lambda data: data[part].__setitem__(key, value))

    def give_up(self, name: str) -> None:
        """Record that the solution was opened before a pass."""
        self.update(
            lambda data: data["exercises"].setdefault(name, {}).setdefault("gave_up", now())
        )


def here() -> Progress:
    """The record of the workspace around here."""
    return Progress(find(), say=lambda line: say(line, err=True))
