"""`pytest labs/NN_name`: the same check, the same words, one test per exercise.

labs/conftest.py hands the functions called pytest_… to pytest. All of a lab's exercises that are
asked for are checked in one child process, and what passes counts as it does with `minigrad check`.
One that is not written yet is skipped, so that what fails is what was written; the exit code is 1
as long as any is left.
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

LEFT = pytest.StashKey[list[str]]()  # of a session: the exercises that are not written yet
NAMED = 8  # of them, at most


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
            self.results = {r.exercise: r for r in check(self.lab, chosen)}
            Progress(self.workspace, say=lambda line: None).record(self.results.values())
        return self.results[name]


class ExerciseItem(pytest.Item):
    """One exercise."""

    def runtest(self) -> None:
        assert isinstance(self.parent, ExerciseFile)
        result = self.parent.result(self.name)
        if result.status == "not written":
            self.config.stash.setdefault(LEFT, []).append(self.name)
            pytest.skip(str(result))
        if not result.passed:
            pytest.fail(str(result), pytrace=False)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.name


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What is left is no success, for a script that looks at the exit code alone."""
    if session.config.stash.get(LEFT, []) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What is not written yet, how far the course has come, and what to write next."""
    left = terminalreporter.config.stash.get(LEFT, [])
    if left:
        some = f"{len(left)} exercises" if len(left) > NAMED else ", ".join(left)
        terminalreporter.write_line(wrapped(f"Skipped, since not written yet: {some}."))
    progress = Progress(find(terminalreporter.config.rootpath), say=lambda line: None)
    terminalreporter.write_line(banner(progress).plain)
    terminalreporter.write_line(wrapped(next_step(progress)))


def pytest_collect_file(file_path: Path, parent: Any) -> ExerciseFile | None:
    """exercise.py is a file of tests."""
    if file_path.name != "exercise.py":
        return None
    return ExerciseFile.from_parent(parent, path=file_path)
