"""A guess is locked before the first run, and held against what came out."""

import pytest

from minigrad.course.guess import after_run, before_run, outcomes
from minigrad.course.progress import Progress
from minigrad.course.workspace import resources
from minigrad.lab import Finding, Run, five
from minigrad.lab.catalog import labs, load
from minigrad.lab.records import read_records

RIGHT = ["uniform=diverged", "xavier=stalled", "kaiming=trained"]


@pytest.fixture
def finish(workspace):
    """Play the end of a run, of lab 01 unless said, with these outcomes; returns its report."""

    def play(changed: tuple[str, ...] = (), lab: str = "01_init_ablation", **outcome: str) -> str:
        path = workspace.root / "runs" / str(len(list(workspace.root.glob("runs/*"))))
        path.mkdir(parents=True)
        run = Run(path, "a lab", {"lab": lab, "changed": list(changed)})
        run.write("report.md", "# A lab\n")
        after_run(run, [Finding(k, f"{v} 3/3", "", key=k, word=v) for k, v in outcome.items()])
        return (path / "report.md").read_text(encoding="utf-8")

    return play


def test_a_guess_is_locked_and_compared(workspace, minigrad, finish):
    assert "Locked" in minigrad("guess", "01", *RIGHT).output
    again = minigrad("guess", "01", *RIGHT)
    assert again.exit_code == 2 and "locked since" in again.output
    report = finish(uniform="diverged", xavier="trained", kaiming="trained")
    assert report.startswith("# A lab\n\n## Your guess\n\nLocked ")
    assert "- xavier: you said stalled, it was trained\n" in report
    assert "- uniform: you said diverged, and so it was" in report
    assert "guesses: 2 of 3 held" in minigrad("list").output


LABS = labs(resources())


@pytest.mark.parametrize("lab", [lab for lab in LABS if lab.guesses], ids=lambda lab: lab.folder)
def test_every_guess_is_about_a_finding_and_can_come_true(lab):
    """The committed run answers each question with one of its choices."""
    found = load(lab).findings(read_records(lab.path / "reference"))
    answered = outcomes(lab, found)
    assert answered.keys() == {guess.key for guess in lab.guesses}
    for guess in lab.guesses:
        assert bool(guess.choices) != bool(guess.curve)
        assert answered[guess.key] in guess.choices or five.read(answered[guess.key])


def test_a_run_with_other_settings_does_not_judge_a_guess(workspace, minigrad, finish, capsys):
    minigrad("guess", "01", *RIGHT)
    assert finish(("lr", "steps"), uniform="diverged") == "# A lab\n"
    assert "with another lr, steps, does not decide it" in capsys.readouterr().out
    for outcome in ("trained", "diverged"):  # the first run decides
        finish(uniform=outcome)
        assert Progress(workspace).data["guesses"]["01"]["outcome"] == {"uniform": "trained"}


def test_an_outcome_that_is_no_choice_judges_nothing(workspace):
    found = [Finding("", "", "", key="xavier", word="mixed"), Finding("no key", "trained", "")]
    found.append(Finding("", "trained 3/3", "", key="kaiming", word="trained"))
    assert outcomes(workspace.course.lab("01"), found) == {"kaiming": "trained"}


def test_no_guess_after_a_run(workspace, minigrad, finish):
    assert finish(uniform="diverged") == "# A lab\n"
    result = minigrad("guess", "01", *RIGHT)
    assert result.exit_code == 2 and "hindsight" in result.output


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (["uniform=explodes"], "uniform is one of 'diverged', 'stalled', 'trained'"),
        (["gauss=trained"], "asks about uniform, xavier, kaiming"),
        (["kaimng=trained"], "Did you mean kaiming?"),
        (["uniform=trained"], "a guess is missing for xavier, kaiming"),
    ],
)
def test_a_wrong_answer_locks_nothing(workspace, minigrad, answers, says):
    result = minigrad("guess", "01", *answers)
    assert result.exit_code == 2 and says in result.output
    assert Progress(workspace).data["guesses"] == {}


def test_it_asks_in_turn(workspace, minigrad):
    result = minigrad("guess", "01", input="a\nz\n²\nstalled\nC\n")
    assert result.exit_code == 0 and "or its letter, not 'z'" in result.output
    answers = Progress(workspace).data["guesses"]["01"]["answers"]
    assert answers == {"uniform": "diverged", "xavier": "stalled", "kaiming": "trained"}


@pytest.mark.parametrize(("typed", "code"), [("a\n\n", 0), ("a\n", 2)], ids=["Enter", "end"])
def test_enter_alone_or_an_end_of_the_input_locks_nothing(workspace, minigrad, typed, code):
    result = minigrad("guess", "01", input=typed)
    assert result.exit_code == code and "nothing is locked" in result.output
    assert Progress(workspace).data["guesses"] == {}


def test_outside_a_workspace_and_off_a_terminal_runs_are_not_held_up(workspace, monkeypatch):
    before_run("01")
    monkeypatch.chdir(workspace.root.parent)
    before_run("01")
    assert Progress(workspace).data["guesses"] == {}


def test_a_curve_is_guessed_in_five_and_theory_stands_beside_it(minigrad, finish):
    wrong = minigrad("guess", "11", "five=0.7 1.2 40 trained", "tail=steeper")
    assert wrong.exit_code == 2 and "five: a curve is start" in wrong.output
    assert minigrad("guess", "11", "five=0.7, 0.7, 500, 0.02, t", "tail=steeper").exit_code == 0
    told = finish(lab="11_curve", five="0.7 0.7 300 0.002 trained")
    assert "it was 0.7 0.7 300 0.002 trained: 0.25 decades off, theory " in told
    assert "guesses: 1 of 1 held" in minigrad("list").output
