"""The quiz in the terminal: one question after the other, each choice answered with its reason."""

from __future__ import annotations

from random import Random

import typer
from rich.console import Console
from rich.text import Text

from minigrad.course.computed import every_question
from minigrad.course.progress import Progress
from minigrad.course.questions import OpenQuestion, Question
from minigrad.course.table import CourseError
from minigrad.course.workspace import Workspace
from minigrad.files import now


class Ended(Exception):
    """The learner quit."""


def topics() -> set[str]:
    """The labs that have questions."""
    return {q.topic for q in every_question(Random(0))[0]}


def count(topic: str) -> int:
    """How many multiple-choice questions a topic has."""
    return sum(q.topic == topic for q in every_question(Random(0))[0])


def run_quiz(
    workspace: Workspace,
    progress: Progress,
    console: Console,
    topic: str = "",
    number: int = 10,
    seed: int | None = None,
) -> None:
    """Ask, answer, keep the score by question.

    Raises:
        CourseError: the topic has no questions.
    """
    rng = Random(seed)
    choices, open_ = every_question(rng)
    if topic:
        lab = workspace.course.lab(topic)
        choices = [q for q in choices if q.topic == lab.id]
        open_ = [q for q in open_ if q.topic == lab.id]
        if not choices:
            known = ", ".join(sorted(topics()))
            raise CourseError(f"there are no questions on {topic!r} yet; there are on {known}.")
    rng.shuffle(choices)
    # what was not answered right yet comes first
    choices.sort(key=lambda q: bool(progress.data["quiz"].get(q.topic, {}).get(q.id)))
    chosen = choices[: number or None]
    rng.shuffle(open_)
    open_.sort(key=lambda q: q.id in progress.data["quiz"].get("open", {}))
    right = asked = 0
    try:
        for question in chosen:
            console.print(Text(f"\n{asked + 1} of {len(chosen)}  (q to stop)", style="dim"))
            ok = ask(question, rng, console)
            asked, right = asked + 1, right + ok
            _keep(progress, question, ok)
        for extra in open_ if number == 0 else open_[:1]:
            ask_open(extra, progress, console)
    except (Ended, typer.Abort, KeyboardInterrupt):
        console.print("\nStopped; your answers so far are kept.")
    if asked > 0:
        console.print(f"\n{right} of {asked} right.")


def ask(question: Question, rng: Random, console: Console) -> bool:
    """One question, its choices in random order; says why the chosen one is right or wrong."""
    choices = [(question.right, question.why, True)]
    choices += [(text, why, False) for text, why in question.wrong]
    rng.shuffle(choices)
    console.print(Text(question.ask, style="bold"))
    for letter, (text, _, _) in zip("abcdef", choices, strict=False):
        console.print(Text(f"  {letter}  {text}"))
    _, why, ok = choices[_letter(len(choices))]
    console.print(Text(("Right. " if ok else "No. ") + why, style="green" if ok else "red"))
    if not ok:
        console.print(Text(f"Right is: {question.right}. {question.why}"))
    return ok


def ask_open(question: OpenQuestion, progress: Progress, console: Console) -> None:
    """An open question: the learner answers, sees the rubric, and counts their points."""
    console.print(
        Text("\nAn open question. Answer it in a sentence or two, or aloud.", style="dim")
    )
    console.print(Text(question.ask, style="bold"))
    answer = _line("your answer (Enter to see the rubric)")
    for point in question.rubric:
        console.print(Text(f"  - {point}"))
    points = _line(f"how many of these {len(question.rubric)} did you have")
    score = min(int(points), len(question.rubric)) if points.isdecimal() else 0
    entry = {"points": score, "of": len(question.rubric), "answer": answer, "at": now()}
    progress.update(lambda data: data["quiz"].setdefault("open", {}).update({question.id: entry}))


def _keep(progress: Progress, question: Question, ok: bool) -> None:
    progress.update(
        lambda data: data["quiz"].setdefault(question.topic, {}).update({question.id: ok})
    )


def _letter(number: int) -> int:
    allowed = "abcdef"[:number]

    def index(answer: str) -> int:
        if answer.lower() in ("q", "quit"):
            raise Ended
        if len(answer) != 1 or answer.lower() not in allowed:
            raise typer.BadParameter(f"one of {', '.join(allowed)}, or q to stop")
        return allowed.index(answer.lower())

    return int(typer.prompt("", prompt_suffix="> ", value_proc=index))


def _line(prompt: str) -> str:
    return str(typer.prompt(prompt, default="", show_default=False, prompt_suffix=": ")).strip()
