"""The quiz's questions, read from questions.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Question:
    """A multiple-choice question; ``wrong`` pairs each wrong choice with its explanation."""

    id: str
    topic: str  # a lab's id
    ask: str
    right: str
    why: str
    wrong: list[tuple[str, str]]


@dataclass(frozen=True)
class OpenQuestion:
    """A question that is answered in one's own words, and graded by oneself."""

    id: str
    topic: str
    ask: str
    rubric: list[str]


def load_questions() -> tuple[list[Question], list[OpenQuestion]]:
    """All questions whose numbers are fixed."""
    file = Path(__file__).with_name("questions.toml")
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    asked = [
        Question(
            q["id"], q["topic"], q["ask"], q["right"], q["why"], [(c, w) for c, w in q["wrong"]]
        )
        for q in table["question"]
    ]
    return asked, [OpenQuestion(**q) for q in table["open"]]
