"""A prediction, locked before a lab's first run and held against what came out."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from minigrad.course.progress import Progress, here
from minigrad.course.table import CourseError, Guess, Lab
from minigrad.course.workspace import find
from minigrad.errors import ArgumentError, meant
from minigrad.files import now
from minigrad.lab import Finding, Run, five
from minigrad.lab.say import say

LETTERS = "abcdefghi"


def guess(
    lab: Annotated[str, typer.Argument(help="The lab's number.")],
    answers: Annotated[
        list[str] | None, typer.Argument(help="KEY=CHOICE, or none to be asked.")
    ] = None,
) -> None:
    """Lock your guess before a lab's first run."""
    ask_guess(here(), lab, answers or [])


def ask_guess(progress: Progress, lab_name: str, given: list[str]) -> None:
    """Ask for, or take as KEY=CHOICE, a guess per question of the lab, and lock it.

    Raises:
        CourseError: the lab asks nothing, was guessed or run already, or an answer is not a choice.
    """
    lab = progress.workspace.course.lab(lab_name)
    if not lab.guesses:
        raise CourseError(f"lab {lab.id} asks for no guess.")
    if known := progress.data["guesses"].get(lab.id):
        locked = ", ".join(f"{k}: {v}" for k, v in known.get("answers", {}).items())
        raise CourseError(
            f"your guess for lab {lab.id} is locked since {known.get('at')}: {locked}."
        )
    if lab.id in progress.data["runs"]:
        raise CourseError(f"lab {lab.id} has been run already; a guess now would be hindsight.")
    answers = _parse(lab, given) if given else _ask(lab)
    if not answers:
        say("No guess, then; nothing is locked.")
        return
    progress.note("guesses", lab.id, {"at": now(), "answers": answers})
    say(f"Locked. `minigrad run {lab.id}` shows what happens.")


def _answer(guess: Guess, said: str) -> str:
    """An answer as it is kept, or ArgumentError where it is none."""
    if guess.curve:
        try:
            return str(five.read(said))
        except ArgumentError as error:
            raise ArgumentError(f"{guess.key}: {error}") from None
    lettered = dict(zip(LETTERS, guess.choices, strict=False))
    choice = lettered.get(said.lower(), said)
    if choice not in guess.choices:
        choices = ", ".join(map(repr, guess.choices))
        near = meant(said, guess.choices)
        raise ArgumentError(f"{guess.key} is one of {choices}, or its letter, not {said!r}.{near}")
    return choice


def _parse(lab: Lab, given: list[str]) -> dict[str, str]:
    guesses = {guess.key: guess for guess in lab.guesses}
    answers: dict[str, str] = {}
    for item in given:
        key, _, said = item.partition("=")
        if key not in guesses:
            near = meant(key, guesses)
            raise CourseError(f"lab {lab.id} asks about {', '.join(guesses)}, not {key!r}.{near}")
        answers[key] = _answer(guesses[key], said)
    if missing := [key for key in guesses if key not in answers]:
        raise CourseError(f"a guess is missing for {', '.join(missing)}.")
    return answers


def _ask(lab: Lab) -> dict[str, str]:
    """An answer to every question; none at all where one is left empty."""
    answers: dict[str, str] = {}
    for guess in lab.guesses:
        if not (answer := _ask_one(guess)):
            return {}
        answers[guess.key] = answer
    return answers


def _ask_one(guess: Guess) -> str:
    say(guess.question)
    for letter, choice in zip(LETTERS, guess.choices, strict=False):
        say(f"  {letter}  {choice}")
    if guess.curve:
        say(f"  {five.FORM}")

    def read(said: str) -> str:
        try:
            return _answer(guess, said) if said.strip() else ""
        except ArgumentError as error:
            raise typer.BadParameter(f"{error} (Enter alone: no guess)") from None

    try:
        return str(typer.prompt("", "", show_default=False, prompt_suffix="> ", value_proc=read))
    except typer.Abort:
        raise CourseError("no answer came; nothing is locked.") from None


def before_run(lab_id: str) -> None:
    """On a terminal, ask for the guess of a lab that was not run in this workspace before."""
    try:
        workspace = find()
        lab = workspace.course.lab(lab_id)
    except CourseError:
        return
    progress = Progress(workspace)
    first = lab.id not in progress.data["runs"] and lab.id not in progress.data["guesses"]
    if lab.guesses and first and sys.stdin.isatty() and sys.stdout.isatty():
        say("Before the first run: what do you expect? (Enter alone: no guess)")
        ask_guess(progress, lab_id, [])


def after_run(run: Run, findings: list[Finding]) -> None:
    """Hold the locked guess against a run's findings: on the terminal, and in its report."""
    try:
        workspace = find()
        lab = workspace.course.lab(run.manifest["lab"])
    except CourseError:
        return
    progress = Progress(workspace)
    if lab.id not in progress.data["runs"]:
        progress.note("runs", lab.id, now())
    guess: dict[str, Any] | None = progress.data["guesses"].get(lab.id)
    outcome = outcomes(lab, findings)
    if not guess or not outcome:
        return
    if changed := run.manifest.get("changed"):
        say(
            f"your guess is about the lab's own settings: this run, with another "
            f"{', '.join(changed)}, does not decide it"
        )
        return
    if not guess.get("outcome"):  # the first such run decides
        progress.note("guesses", lab.id, {**guess, "outcome": outcome})
    said_of = {k: said for k, said in guess.get("answers", {}).items() if k in outcome}
    asked = {guess.key: guess for guess in lab.guesses}
    lines = [compared(asked[key], said, outcome[key]) for key, said in said_of.items()]
    if not all(five.agree(said, outcome[key]) for key, said in said_of.items()):
        lines.append(f"why: theory/{lab.theory} (`minigrad read {lab.id}`)")
    say("your guess\n  " + "\n  ".join(lines))
    report = (run.path / "report.md").read_text(encoding="utf-8").rstrip()
    section = f"## Your guess\n\nLocked {guess.get('at')}.\n\n- " + "\n- ".join(lines)
    run.write("report.md", f"{report}\n\n{section}\n")


def compared(guess: Guess, said: str, outcome: str) -> str:
    """What was said beside what came out; of a curve how far off it was, and theory."""
    if not guess.curve:
        was = "and so it was" if said == outcome else f"it was {outcome}"
        return f"{guess.key}: you said {said}, {was}"
    from minigrad.signal.predict import predict  # which takes a while to import

    theory, truth = five.foretold(predict(**guess.curve)), five.read(outcome)
    mine = five.read(said).apart(truth)
    return (
        f"{guess.key}: you said {said}, it was {outcome}: {mine:.2f} decades off, "
        f"theory {theory.apart(truth):.2f} ({theory})"
    )


def outcomes(lab: Lab, findings: list[Finding]) -> dict[str, str]:
    """What came out for each of the lab's questions: the word of the finding with its key."""
    words = {finding.key: finding.word for finding in findings if finding.key}
    return {g.key: words[g.key] for g in lab.guesses if _answers(g, words.get(g.key, ""))}


def _answers(guess: Guess, word: str) -> bool:
    """Whether a finding's word is an answer at all: "mixed" is none."""
    try:
        return bool(_answer(guess, word))
    except ArgumentError:
        return False
