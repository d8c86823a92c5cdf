"""A guess is locked before the first run, and held against what came out."""

import pytest

from minigrad.course.guess import after_run, before_run
from minigrad.course.progress import Progress

RIGHT = ["uniform=diverged", "xavier=stalled", "kaiming=trained"]


def test_a_guess_is_locked_and_compared(workspace, minigrad):
    assert "Locked" in minigrad("guess", "01", *RIGHT).output
    again = minigrad("guess", "01", *RIGHT)
    assert again.exit_code == 2 and "locked since" in again.output
    assert before_run("01") == {"uniform": "diverged", "xavier": "stalled", "kaiming": "trained"}
    lines = after_run("01", {"uniform": "diverged", "xavier": "trained", "kaiming": "trained"})
    assert "xavier: you said stalled, it was trained (it did not hold)" in lines
    assert "guesses: 2 of 3 held" in minigrad("list").output


def test_the_first_run_decides(workspace, minigrad):
    minigrad("guess", "01", *RIGHT)
    after_run("01", {"uniform": "diverged"})
    after_run("01", {"uniform": "trained"})
    assert Progress(workspace).data["guesses"]["01"]["outcome"] == {"uniform": "diverged"}


def test_no_guess_after_a_run(workspace, minigrad):
    assert after_run("01", {"uniform": "diverged"}) == []
    result = minigrad("guess", "01", *RIGHT)
    assert result.exit_code == 2 and "hindsight" in result.output


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (["uniform=explodes"], "uniform is one of diverged, stalled, trained"),
        (["gauss=trained"], "asks about uniform, xavier, kaiming"),
        (["uniform=trained"], "a guess is missing for xavier, kaiming"),
    ],
)
def test_a_wrong_answer_locks_nothing(workspace, minigrad, answers, says):
    result = minigrad("guess", "01", *answers)
    assert result.exit_code == 2 and says in result.output
    assert Progress(workspace).data["guesses"] == {}


def test_it_asks_in_turn(workspace, minigrad):
    result = minigrad("guess", "01", input="1\n9\nstalled\n3\n")
    assert result.exit_code == 0 and "a number from 1 to 3" in result.output
    assert before_run("01") == {"uniform": "diverged", "xavier": "stalled", "kaiming": "trained"}


def test_an_end_of_the_input_locks_nothing(workspace, minigrad):
    assert minigrad("guess", "01", input="1\n").exit_code == 2
    assert before_run("01") == {}


def test_outside_a_workspace_runs_are_not_held_up(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert before_run("01") == {} and after_run("01", {"uniform": "diverged"}) == []
