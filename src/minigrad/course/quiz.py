"""The quiz in the terminal: one question after the other, each choice answered with its reason."""

from __future__ import annotations

from random import Random
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from minigrad.course.console import make_console
from minigrad.course.progress import Progress, here
from minigrad.course.questions import OpenQuestion, Question, chosen, every_question, topics
from minigrad.course.table import CourseError
from minigrad.files import now

LETTERS = "abcdef"


def quiz(
    topic: Annotated[str, typer.Argument(help="A lab's number; every topic unless given.")] = "",
    number: Annotated[
        int, typer.Option("--questions", min=0, help="How many; 0 for all of them.")
    ] = 10,
    seed: Annotated[int | None, typer.Option(help="The same seed asks the same.")] = None,
) -> None:
    """Answer questions on the theory.

    Every wrong choice says why it is wrong.
    """
    progress, console, rng = here(), make_console(), Random(seed)
    questions, open_ = every_question(rng)
    if topic:
        lab = progress.workspace.course.lab(topic)
        questions = [q for q in questions if q.topic == lab.id]
        open_ = [q for q in open_ if q.topic == lab.id]
        if not questions:
            known = ", ".join(sorted(topics()))
            raise CourseError(f"there are no questions on {topic!r} yet; there are on {known}.")
    asked = chosen(questions, number, progress.data["quiz"], rng)
    rng.shuffle(open_)
    open_.sort(key=lambda q: q.id in progress.data["quiz"].get("open", {}))
    answers: list[bool] = []
    try:
        for question in asked:
            console.print(Text(f"\n{len(answers) + 1} of {len(asked)}  (q to stop)", style="dim"))
            answers.append(ask(question, rng, console))
            _keep(progress, question.topic, question.id, answers[-1])
        for extra in open_ if number == 0 else open_[:1]:
            _keep(progress, "open", extra.id, ask_open(extra, console))
    except (typer.Abort, KeyboardInterrupt):
        console.print("\nStopped; your answers so far are kept.")
    if answers:
        console.print(f"\n{sum(answers)} of {len(answers)} right.")


def ask(question: Question, rng: Random, console: Console) -> bool:
    """One question, its choices in random order; says why the chosen one is right or wrong."""
    choices = [(question.right, question.why, True)]
    choices += [(text, why, False) for text, why in question.wrong]
    rng.shuffle(choices)
    console.print(Text(question.ask, style="bold"))
    for letter, (text, _, _) in zip(LETTERS, choices, strict=False):
        console.print(Text(f"  {letter}  {text}"))
    _, why, ok = choices[_letter(len(choices))]
    console.print(Text(("Right. " if ok else "No. ") + why, style="green" if ok else "red"))
    if not ok:
        console.print(Text(f"Right is: {question.right}. {question.why}"))
    return ok


def ask_open(question: OpenQuestion, console: Console) -> dict[str, Any]:
    """An open question: the learner answers, sees the rubric, and counts their points."""
    console.print(
        Text("\nAn open question. Answer it in a sentence or two, or aloud.", style="dim")
    )
    console.print(Text(question.ask, style="bold"))
    answer = _line("your answer (Enter to see the rubric)")
    for point in question.rubric:
        console.print(Text(f"  - {point}"))
    most = len(question.rubric)
    points = _line(f"how many of these {most} did you have")
    score = min(int(points), most) if points.isdecimal() else 0
    return {"points": score, "of": most, "answer": answer, "at": now()}


def _keep(progress: Progress, topic: str, id: str, answer: Any) -> None:
    progress.update(lambda data: data["quiz"].setdefault(topic, {}).update({id: answer}))


def _letter(number: int) -> int:
    allowed = LETTERS[:number]

    def index(answer: str) -> int:
        if answer.lower() in ("q", "quit"):
            raise typer.Abort
        if len(answer) != 1 or answer.lower() not in allowed:
            raise typer.BadParameter(f"one of {', '.join(allowed)}, or q to stop")
        return allowed.index(answer.lower())

    return int(typer.prompt("", prompt_suffix="> ", value_proc=index))


def _line(prompt: str) -> str:
    return str(typer.prompt(prompt, default="", show_default=False, prompt_suffix=": ")).strip()
