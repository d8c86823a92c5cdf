"""`pytest labs/NN_name`: the same check, the same words, one test per exercise."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from minigrad.course.result import Result
from minigrad.course.runner import check
from minigrad.course.workspace import find


def lab_tests(test_file: str) -> Callable[..., None]:
    """The test function of a lab's test_exercise.py.

    All of the lab's exercises are checked in one child process, when the first of them is asked
    for; the progress file is left alone.
    """
    import pytest

    folder = Path(test_file).resolve().parent
    workspace = find(folder)
    lab = workspace.course.lab(folder.name)
    names = [e.name for e in lab.exercises]

    @cache
    def results(wanted: tuple[str, ...]) -> dict[str, Result]:
        chosen = [e for e in lab.exercises if e.name in wanted]
        return {r.exercise: r for r in check(workspace, lab, chosen)}

    @pytest.mark.parametrize("exercise", names)
    def test_exercise(exercise: str, request: pytest.FixtureRequest) -> None:
        asked = [getattr(item, "callspec", None) for item in request.session.items]
        wanted = {c.params.get("exercise") for c in asked if c}
        result = results(tuple(n for n in names if n in wanted))[exercise]
        if not result.passed:
            pytest.fail(str(result), pytrace=False)

    return test_exercise
