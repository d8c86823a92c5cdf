"""The quiz's questions: those of questions.toml, and some whose numbers are drawn afresh."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any


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


def _number(value: float) -> str:
    if value and not 1e-3 <= abs(value) < 1e4:
        digits, power = f"{value:.1e}".split("e")
        raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"{digits} · 10{raised}"
    return f"{value:.0f}" if abs(value) >= 1e3 else f"{value:.3g}"


def linear_layer(rng: Random) -> Question:
    """E[y²] = n · Var W · q."""
    n, q = rng.choice([64, 128, 256, 512]), rng.choice([0.5, 2.0, 3.0])
    std = rng.choice([0.02, 0.05, 0.1])
    right = n * std**2 * q
    return Question(
        "computed-linear-layer",
        "00",
        f"A linear layer with {n} inputs of mean square {q:g}; weights of mean 0 and standard "
        f"deviation {std:g}. What is the mean square of one output?",
        _number(right),
        f"n · Var W · q = {n} · {std**2:g} · {q:g}.",
        [
            (_number(n * std * q), "The standard deviation has to be squared: its square adds up."),
            (_number(std**2 * q), f"That is one term; {n} of them are added."),
            (_number(math.sqrt(right)), "That is the root of it, the typical size."),
        ],
    )


def relu_stack(rng: Random) -> Question:
    """(n · Var W / 2) to the power of the depth."""
    depth, c = rng.choice([10, 20, 30, 50]), rng.choice([1.2, 1.5, 3.0])
    right = (c / 2) ** depth
    return Question(
        "computed-relu-stack",
        "00",
        f"{depth} ReLU layers with n · Var W = {c:g}. What is left of the mean square?",
        _number(right),
        f"Each layer multiplies it by {c:g}/2, since ReLU keeps half: ({c / 2:g})^{depth}.",
        [
            (_number(c**depth), "The ReLU's half is missing in each layer."),
            (_number(c / 2 * depth), "Factors multiply from layer to layer; they do not add."),
            (_number((c / 2) ** (depth / 2)), "That is the standard deviation, the root of it."),
        ],
    )


def xavier_std(rng: Random) -> Question:
    """σ = √(2 / (fan_in + fan_out))."""
    fan_in, fan_out = rng.sample([50, 100, 200, 400, 800], 2)
    return Question(
        "computed-xavier-std",
        "01",
        f"A weight of shape ({fan_out}, {fan_in}). What is Xavier's standard deviation?",
        _number(math.sqrt(2 / (fan_in + fan_out))),
        f"√(2 / ({fan_in} + {fan_out})).",
        [
            (_number(math.sqrt(1 / fan_in)), "1/√fan_in looks at the forward pass only."),
            (_number(math.sqrt(6 / (fan_in + fan_out))), "That is the bound of the uniform draw."),
            (_number(2 / (fan_in + fan_out)), "That is the variance."),
        ],
    )


def kaiming_std(rng: Random) -> Question:
    """σ = √2 / √fan_in."""
    fan_in = rng.choice([50, 72, 128, 200, 288, 512])
    fan_out = 3 * fan_in
    return Question(
        "computed-kaiming-std",
        "01",
        f"A weight of shape ({fan_out}, {fan_in}) before a ReLU, Kaiming normal, mode fan_in. "
        "Its standard deviation?",
        _number(math.sqrt(2 / fan_in)),
        f"√(2/{fan_in}): the second number of the shape is fan_in.",
        [
            (_number(math.sqrt(1 / fan_in)), "The ReLU gain √2 is missing."),
            (_number(math.sqrt(2 / fan_out)), "That is mode fan_out."),
            (_number(math.sqrt(6 / fan_in)), "That is the bound of the uniform draw."),
        ],
    )


def rms_row(rng: Random) -> Question:
    """One entry of RMSNorm."""
    a, b = rng.sample([1, 2, 3, 4, 6], 2)
    row = [a, -b, 0]
    mean, rms = (a - b) / 3, math.sqrt((a * a + b * b) / 3)
    std = math.sqrt(rms**2 - mean**2)
    return Question(
        "computed-rms-row",
        "02",
        f"RMSNorm (weight 1, no ε) of the row {row}: what is its first entry?",
        _number(a / rms),
        f"{a} / √(({a * a} + {b * b} + 0) / 3).",
        [
            (_number((a - mean) / std), "That is LayerNorm: the mean was taken off."),
            (_number(a / math.hypot(a, b)), "Divided by √ of the sum of squares, not of the mean."),
            (_number(a / rms**2), "The root is missing."),
        ],
    )


def stream_size(rng: Random) -> Question:
    """Mean squares add along a pre-norm stream."""
    depth = rng.choice([8, 15, 24, 35, 63])
    return Question(
        "computed-stream-size",
        "03",
        f"A pre-norm stream starts at size 1; each of {depth} blocks adds an independent share of "
        "size 1. How large (root mean square) is it at the end?",
        _number(math.sqrt(1 + depth)),
        f"Mean squares add: √(1 + {depth}).",
        [
            (_number(1.0 + depth), "Independent shares do not add in size; their squares do."),
            (_number(2.0**depth), "Nothing is doubled: each block adds to the stream."),
            ("1", "Only what enters a branch is normalized; the stream grows."),
        ],
    )


COMPUTED = (linear_layer, relu_stack, xavier_std, kaiming_std, rms_row, stream_size)


def every_question(rng: Random) -> tuple[list[Question], list[OpenQuestion]]:
    """The fixed questions and the computed ones, with fresh numbers; the open ones."""
    file = Path(__file__).with_name("questions.toml")
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    asked = [Question(**q) for q in table["question"]] + [make(rng) for make in COMPUTED]
    return asked, [OpenQuestion(**q) for q in table["open"]]


def topics() -> set[str]:
    """The labs that have questions."""
    return {q.topic for q in every_question(Random(0))[0]}


def count(topic: str) -> int:
    """How many multiple-choice questions a topic has."""
    return sum(q.topic == topic for q in every_question(Random(0))[0])


def chosen(
    questions: Sequence[Question], number: int, answered: Mapping[str, Any], rng: Random
) -> list[Question]:
    """So many of them (0: all) in random order, those first that were not answered right yet.

    ``answered`` is what the progress file keeps of the quiz: by topic, by id, whether it was right.
    """
    shuffled = list(questions)
    rng.shuffle(shuffled)
    shuffled.sort(key=lambda q: bool(answered.get(q.topic, {}).get(q.id)))
    return shuffled[: number or None]
