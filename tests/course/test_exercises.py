"""For every exercise: the stub is not written yet, the solution passes, both differ in the TODO."""

import importlib
import re

import pytest

from minigrad.course.questions import topics
from minigrad.course.runner import check_file
from minigrad.course.stub import code_of, definition
from minigrad.course.table import load
from minigrad.course.workspace import pristine, resources, solution_file

ROOT = resources()
COURSE = load()
LABS = [lab for lab in COURSE.labs if lab.exercises]


def ids(lab):
    return lab.folder


@pytest.mark.parametrize("lab", LABS, ids=ids)
def test_the_stub_is_not_written_yet_and_says_where(lab, tmp_path):
    file = tmp_path / "exercise.py"
    file.write_text(pristine(lab), encoding="utf-8")
    results = list(check_file(file, lab.module, lab.exercises))
    assert [(r.exercise, r.status) for r in results] == [
        (e.name, "not written") for e in lab.exercises
    ], "\n".join(map(str, results))
    lines = file.read_text(encoding="utf-8").splitlines()
    for result in results:
        line = int(re.search(r"line (\d+)", result.where)[1])
        assert lines[line - 1].strip() == "raise NotImplementedError"
        first, last = definition("\n".join(lines), result.exercise)
        assert first < line <= last


@pytest.mark.parametrize("lab", LABS, ids=ids)
def test_the_solution_passes(lab):
    results = check_file(solution_file(lab), lab.module, lab.exercises)
    assert [str(r) for r in results] == [f"{e.name}: passed" for e in lab.exercises]


@pytest.mark.parametrize("lab", LABS, ids=ids)
def test_each_exercise_has_one_todo_and_a_solution_of_a_few_lines(lab):
    solution, empty = solution_file(lab).read_text(encoding="utf-8"), pristine(lab)
    todos = solution.count("# TODO")
    assert todos == len(lab.exercises), "a solution that labs.toml does not name, or the other way"
    for exercise in lab.exercises:
        stub = code_of(empty, exercise.name)
        assert stub.count("# TODO") == 1, exercise.name
        assert code_of(solution, exercise.name).count("\n") - stub.count("\n") < 30, exercise.name


@pytest.mark.parametrize("exercise", COURSE.exercises, ids=lambda e: e.name)
def test_each_exercise_has_three_hints_a_question_a_formula_and_pseudocode(exercise):
    question, formula, pseudocode = exercise.hints
    assert "?" in question
    assert formula and pseudocode
    assert 2 <= exercise.minutes <= 30


@pytest.mark.parametrize("lab", COURSE.labs, ids=ids)
def test_nothing_of_a_lab_is_forgotten(lab):
    """Its statement, page, questions, run and line in the README; a check for each exercise."""
    assert (ROOT / "theory" / lab.theory).is_file() and lab.title
    assert lab.id in topics()
    if lab.exercises:
        checks = importlib.import_module(f"minigrad.course.checks.{lab.module}").CHECKS
        assert checks.keys() == {exercise.name for exercise in lab.exercises}
    if lab.id.isdigit():
        assert lab.runs and (lab.path / "reference" / "manifest.json").is_file()
        assert f"](labs/{lab.folder})" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_no_lab_stands_outside_the_table():
    known = {lab.folder for lab in COURSE.labs}
    assert {path.parent.name for path in (ROOT / "labs").glob("*/README.md")} == known
    assert {path.stem for path in (ROOT / "solutions").glob("*.py")} == {x.folder for x in LABS}
