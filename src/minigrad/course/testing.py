"""`pytest labs/NN_name`: the same check, the same words, one test per exercise.

labs/conftest.py hands the functions called pytest_… to pytest. All of a lab's exercises that are
asked for are checked in one child process, and what passes counts as it does with `minigrad check`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minigrad.course.progress import Progress
from minigrad.course.result import Result
from minigrad.course.runner import check
from minigrad.course.status import banner, next_step
from minigrad.course.workspace import find
from minigrad.lab.say import wrapped


class ExerciseFile(pytest.File):
    """A lab's exercise.py."""

    def collect(self) -> Iterator[ExerciseItem]:
        self.workspace = find(self.path.parent)
        self.lab = self.workspace.course.lab(self.path.parent.name)
        self.results: dict[str, Result] = {}
        for exercise in self.lab.exercises:
            yield ExerciseItem.from_parent(self, name=exercise.name)

    def result(self, name: str) -> Result:
        """What the check says; the first question is answered for all that are to run."""
        if name not in self.results:
            asked = {item.name for item in self.session.items if item.parent is self}
            chosen = [e for e in self.lab.exercises if e.name in asked]
            self.results = {r.exercise: r for r in check(self.workspace, self.lab, chosen)}
            Progress(self.workspace, say=lambda line: None).record(self.results.values())
        return self.results[name]


class ExerciseItem(pytest.Item):
    """One exercise."""

    def runtest(self) -> None:
        assert isinstance(self.parent, ExerciseFile)
        result = self.parent.result(self.name)
        if not result.passed:
            pytest.fail(str(result), pytrace=False)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.name


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How far the course has come, and what to write next."""
    progress = Progress(find(terminalreporter.config.rootpath), say=lambda line: None)
    terminalreporter.write_line(banner(progress).plain)
    terminalreporter.write_line(wrapped(next_step(progress)))


def pytest_collect_file(file_path: Path, parent: Any) -> ExerciseFile | None:
    """exercise.py is a file of tests."""
    if file_path.name != "exercise.py":
        return None
    return ExerciseFile.from_parent(parent, path=file_path)
