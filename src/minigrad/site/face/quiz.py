"""Questions on the theory; wrong ones come first the next time."""

from __future__ import annotations

from random import Random
from typing import Any

from minigrad.course.questions import Question, chosen, every_question
from minigrad.course.table import CourseError
from minigrad.course.workspace import Workspace
from minigrad.site.face.exercises import progress_of


def questions(
    workspace: Workspace, topic: str = "", number: int = 10, seed: int | None = None
) -> list[dict[str, Any]]:
    """Questions with their choices in random order, each choice with its reason.

    Raises:
        CourseError: the topic has no questions.
    """
    rng = Random(seed)
    known: list[Question] = every_question(rng)[0]
    if topic:
        known = [q for q in known if q.topic == topic]
    if not known:
        raise CourseError(f"there are no questions on {topic!r}")
    answered = progress_of(workspace).data["quiz"]
    return [plain(q, rng) for q in chosen(known, number, answered, rng)]


def plain(question: Question, rng: Random) -> dict[str, Any]:
    """A question as a page asks it."""
    shown = [(question.right, question.why, True), *((t, w, False) for t, w in question.wrong)]
    rng.shuffle(shown)
    return {
        "id": question.id,
        "topic": question.topic,
        "ask": question.ask,
        "choices": [{"text": text, "why": why, "right": right} for text, why, right in shown],
    }


def answered(topic: str, id: str, right: bool, workspace: Workspace) -> None:
    """Keep whether a question was answered right at its last asking."""
    progress_of(workspace).update(
        lambda data: data["quiz"].setdefault(str(topic), {}).update({str(id): bool(right)})
    )
