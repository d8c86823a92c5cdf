"""A guess is locked before the first run, and held against what came out."""

import pytest

from minigrad.course.guess import after_run, before_run, outcomes
from minigrad.course.progress import Progress
from minigrad.lab import Finding, Run

RIGHT = ["uniform=diverged", "xavier=stalled", "kaiming=trained"]


@pytest.fixture
def finish(workspace):
    """Play the end of a run of lab 01 with these outcomes; returns its report."""

    def play(changed: tuple[str, ...] = (), **outcome: str) -> str:
        path = workspace.root / "runs" / str(len(list(workspace.root.glob("runs/*"))))
        path.mkdir(parents=True)
        run = Run(path, "lab 01", {"lab": "01_init_ablation", "changed": list(changed)})
        run.write("report.md", "# Lab 01\n")
        variants = {"uniform": "uniform ±0.5", "xavier": "Xavier", "kaiming": "Kaiming"}
        after_run(run, [Finding(variants[k], v, "") for k, v in outcome.items()])
        return (path / "report.md").read_text(encoding="utf-8")

    return play


def test_a_guess_is_locked_and_compared(workspace, minigrad, finish):
    assert "Locked" in minigrad("guess", "01", *RIGHT).output
    again = minigrad("guess", "01", *RIGHT)
    assert again.exit_code == 2 and "locked since" in again.output
    report = finish(
        uniform="diverged 3/3", xavier="trained 2/3, stalled 1/3", kaiming="trained 3/3"
    )
    assert report.startswith("# Lab 01\n\n## Your guess\n\nLocked ")
    assert "- xavier: you said stalled, it was trained\n" in report
    assert "- uniform: you said diverged, and so it was" in report
    assert "guesses: 2 of 3 held" in minigrad("list").output


def test_a_question_finds_its_variant_whatever_the_signs(workspace):
    found = [
        Finding("linear, Kaiming", "variance 1e+06", ""),
        Finding("ReLU, no norm", "init decides", ""),
        Finding("ReLU, either norm", "any init will do", ""),
    ]
    assert outcomes(workspace.course.lab("00"), found) == {
        "relu_no_norm": "init decides",
        "relu_either_norm": "any init will do",
    }
    found = [
        Finding("no residual, SGD 0.001", "stalled 3/3", ""),
        Finding("residual, SGD", "trained 3/3", ""),
    ]
    named = outcomes(workspace.course.lab("03"), found)
    assert named == {"no_residual": "stalled", "residual": "trained"}


def test_the_first_run_decides(workspace, minigrad, finish):
    minigrad("guess", "01", *RIGHT)
    finish(uniform="diverged 3/3")
    finish(uniform="trained 3/3")
    assert Progress(workspace).data["guesses"]["01"]["outcome"] == {"uniform": "diverged"}


def test_a_run_with_other_settings_does_not_judge_a_guess(workspace, minigrad, finish, capsys):
    minigrad("guess", "01", *RIGHT)
    assert finish(("lr", "steps"), uniform="diverged 3/3") == "# Lab 01\n"
    assert "with another lr, steps, does not decide it" in capsys.readouterr().out
    finish(uniform="trained 3/3")
    assert Progress(workspace).data["guesses"]["01"]["outcome"] == {"uniform": "trained"}


def test_an_outcome_that_is_no_choice_judges_nothing(workspace):
    found = [Finding("Xavier", "2 of 3 cells", ""), Finding("Kaiming", "trained 3/3", "")]
    assert outcomes(workspace.course.lab("01"), found) == {"kaiming": "trained"}


def test_no_guess_after_a_run(workspace, minigrad, finish):
    assert finish(uniform="diverged 3/3") == "# Lab 01\n"
    result = minigrad("guess", "01", *RIGHT)
    assert result.exit_code == 2 and "hindsight" in result.output


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (["uniform=explodes"], "uniform is one of 'diverged', 'stalled', 'trained'"),
        (["gauss=trained"], "asks about uniform, xavier, kaiming"),
        (["uniform=trained"], "a guess is missing for xavier, kaiming"),
    ],
)
def test_a_wrong_answer_locks_nothing(workspace, minigrad, answers, says):
    result = minigrad("guess", "01", *answers)
    assert result.exit_code == 2 and says in result.output
    assert Progress(workspace).data["guesses"] == {}


def test_it_asks_in_turn(workspace, minigrad):
    result = minigrad("guess", "01", input="1\n9\n²\nstalled\n3\n")
    assert result.exit_code == 0 and "a number from 1 to 3" in result.output
    answers = Progress(workspace).data["guesses"]["01"]["answers"]
    assert answers == {"uniform": "diverged", "xavier": "stalled", "kaiming": "trained"}


def test_an_end_of_the_input_locks_nothing(workspace, minigrad):
    assert minigrad("guess", "01", input="1\n").exit_code == 2
    assert Progress(workspace).data["guesses"] == {}


def test_outside_a_workspace_and_off_a_terminal_runs_are_not_held_up(workspace, monkeypatch):
    before_run("01")
    monkeypatch.chdir(workspace.root.parent)
    before_run("01")
    assert Progress(workspace).data["guesses"] == {}
