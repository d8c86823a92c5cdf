"""A prediction, locked before a lab's first run and held against what came out."""

from __future__ import annotations

import sys
from typing import Any

import typer

from minigrad.course.progress import Progress, now
from minigrad.course.table import CourseError, Guess, Lab
from minigrad.course.workspace import Workspace, find


def ask_guess(workspace: Workspace, progress: Progress, lab_name: str, given: list[str]) -> None:
    """Ask for, or take as KEY=CHOICE, a guess per question of the lab, and lock it.

    Raises:
        CourseError: the lab asks nothing, was guessed or run already, or an answer is not a choice.
    """
    lab = workspace.course.lab(lab_name)
    if not lab.guesses:
        raise CourseError(f"lab {lab.id} asks for no guess.")
    if known := progress.data["guesses"].get(lab.id):
        locked = ", ".join(f"{k}: {v}" for k, v in known["answers"].items())
        raise CourseError(f"your guess for lab {lab.id} is locked since {known['at']}: {locked}.")
    if lab.id in progress.data["runs"]:
        raise CourseError(f"lab {lab.id} has been run already; a guess now would be hindsight.")
    answers = _parse(lab, given) if given else _ask(lab)
    progress.note("guesses", lab.id, {"at": now(), "answers": answers})
    typer.echo(f"Locked. `minigrad run {lab.id}` shows what happens.")


def _parse(lab: Lab, given: list[str]) -> dict[str, str]:
    answers: dict[str, str] = {}
    for item in given:
        key, _, choice = item.partition("=")
        guess = next((g for g in lab.guesses if g.key == key), None)
        if guess is None:
            keys = ", ".join(g.key for g in lab.guesses)
            raise CourseError(f"lab {lab.id} asks about {keys}, not {key!r}.")
        if choice not in guess.choices:
            raise CourseError(f"{key} is one of {', '.join(guess.choices)}, not {choice!r}.")
        answers[key] = choice
    if missing := [g.key for g in lab.guesses if g.key not in answers]:
        raise CourseError(f"a guess is missing for {', '.join(missing)}.")
    return answers


def _ask(lab: Lab) -> dict[str, str]:
    return {guess.key: _ask_one(guess) for guess in lab.guesses}


def _ask_one(guess: Guess) -> str:
    typer.echo(guess.question)
    for number, choice in enumerate(guess.choices, 1):
        typer.echo(f"  {number}  {choice}")
    while True:
        typer.echo("> ", nl=False)
        line = sys.stdin.readline()
        if not line:
            raise CourseError("no answer came; nothing is locked.")
        answer = line.strip()
        if answer.isdigit() and 1 <= int(answer) <= len(guess.choices):
            return guess.choices[int(answer) - 1]
        if answer in guess.choices:
            return answer
        typer.echo(f"a number from 1 to {len(guess.choices)}, please")


def before_run(lab_id: str, ask: bool = True) -> dict[str, str]:
    """What a lab's run calls first: the locked answers, asked for now on a terminal.

    Outside a workspace, or where the lab asks nothing, there is nothing to hold against.
    """
    try:
        workspace = find()
        lab = workspace.course.lab(lab_id)
    except CourseError:
        return {}
    progress = Progress(workspace)
    first = lab.id not in progress.data["runs"] and lab.id not in progress.data["guesses"]
    if lab.guesses and first and ask and sys.stdin.isatty() and sys.stdout.isatty():
        typer.echo("Before the first run: what do you expect? (--no-ask skips this)")
        ask_guess(workspace, progress, lab_id, [])
    return dict(progress.data["guesses"].get(lab.id, {}).get("answers", {}))


def after_run(lab_id: str, outcome: dict[str, str]) -> list[str]:
    """Keep what came out, and say in one line per question whether the guess held."""
    try:
        workspace = find()
        lab = workspace.course.lab(lab_id)
    except CourseError:
        return []
    progress = Progress(workspace)
    guess: dict[str, Any] | None = progress.data["guesses"].get(lab.id)
    if lab.id not in progress.data["runs"]:
        progress.note("runs", lab.id, now())
    if not guess:
        return []
    known = {g.key: outcome[g.key] for g in lab.guesses if g.key in outcome}
    if not guess.get("outcome"):  # the first run decides; later ones may use other settings
        progress.note("guesses", lab.id, {**guess, "outcome": known})
    return [
        f"{key}: you said {said}, it was {known[key]}"
        f" ({'it held' if said == known[key] else 'it did not hold'})"
        for key, said in guess["answers"].items()
        if key in known
    ]
