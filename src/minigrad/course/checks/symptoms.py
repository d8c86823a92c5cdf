"""Checks of lab 03's prediction: what fifty blocks without skips do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigrad.course.check import Mistake, Probe

WITHOUT = "03-residual.md#without-the-skip"

HEALTHY_AT_FIRST = Mistake(
    "before the first update the gradient is healthy, in every seed",
    "Each block begins by putting the size right. Which product of fifty factors is then small?",
    WITHOUT,
)
DIES = Mistake(
    "ten updates take it to far below 1 % of what it was",
    "An update changes all fifty layers at once. What does 0.6⁵⁰ leave?",
    WITHOUT,
)
STALLS = Mistake(
    "the run stalls: its loss stays at ln 2, what a guess is worth",
    "Which layers still learn when layer 1's gradient is gone? And do norms let anything explode?",
    WITHOUT,
)
SYMPTOMS = {"gradient before": "healthy", "gradient after": "vanished", "loss": "stalled"}


def said(key: str, mistake: Mistake, *words: str) -> tuple[Callable[[Any], bool], Mistake]:
    return lambda answer: answer[key] in words, mistake


CHECKS: dict[str, list[Probe]] = {
    "symptoms_without_skip": [
        Probe(
            "the symptoms of fifty blocks without skips",
            lambda f: f(),
            SYMPTOMS,
            [
                said("gradient before", HEALTHY_AT_FIRST, "vanished"),
                said("gradient after", DIES, "healthy"),
                said("loss", STALLS, "trained", "diverged"),
            ],
        ),
    ],
}
