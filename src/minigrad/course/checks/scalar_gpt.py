"""Checks of lab 07: RMSNorm, softmax and cross-entropy in plain numbers, with their gradients."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.course.check import Mistake, Probe
from minigrad.course.checks.cross_entropy import TWICE
from minigrad.course.checks.rms_norm import EPS_OUTSIDE, wrong_sizes
from minigrad.scalar import Value
from minigrad.scalar import gpt as library

TABLE = "07-scalar-gpt.md#rmsnorm-softmax-and-cross-entropy-from-the-table"
GRADIENT = "07-scalar-gpt.md#one-local-gradient-per-argument"

DETACHED = Mistake(
    "the values are right and the gradients are not: a Value was replaced by its number",
    "Which of your numbers depend on x, and come from .data? A number passes no gradient on.",
    GRADIENT,
)
NUMBERS = Mistake(
    "numbers came back, not Values: no gradient can flow through them",
    "Where did .data or float() take the place of a Value?",
    GRADIENT,
)
NO_EPS = Mistake(
    "there is no ε: zeros divide by zero",
    "What is 0/√0, and what keeps it from being asked?",
    TABLE,
)
OVERFLOW = Mistake(
    "exp(1000) is beyond every float",
    "Which number can be taken off every x without changing the quotient?",
    TABLE,
)
NOT_NORMALIZED = Mistake(
    "the results do not sum to 1", "By what must the exponentials be divided?", TABLE
)
SIGN = Mistake("the sign is missing: a loss is −ln p", "Is ln p of a probability positive?", TABLE)
CLIPPED = Mistake(
    "ln 0: the probability was rounded to zero before its logarithm was taken",
    "ln(e^x / Σ) = x − ln Σ. Which of the two needs no exp of the target's logit?",
    TABLE,
)
PROBABILITY = Mistake(
    "this is the probability; the loss is its negative logarithm",
    "What is the loss at p = 1?",
    TABLE,
)
ALL_CLASSES = Mistake(
    "the sum over all classes, not the target's own",
    "Which of the probabilities does the loss look at?",
    TABLE,
)


def values(numbers: Sequence[float]) -> list[Value]:
    return [Value(float(x)) for x in numbers]


def numbers_of(run: Callable[[Any, list[Value]], Any], x: Sequence[float]) -> Callable[[Any], Any]:
    """A probe's run: the numbers in what came back, or a word where it holds no Values."""

    def probe(f: Any) -> Any:
        out = run(f, values(x))
        listed = out if isinstance(out, list | tuple) else [out]
        if not all(isinstance(v, Value) for v in listed):
            return "no Values" if out is not None else None
        return [v.data for v in listed]

    return probe


def gradients_of(
    run: Callable[[Any, list[Value]], Any], x: Sequence[float]
) -> Callable[[Any], Any]:
    """A probe's run: the gradients of a weighted sum of what came back."""

    def probe(f: Any) -> Any:
        leaves = values(x)
        out = run(f, leaves)
        listed = out if isinstance(out, list | tuple) else [out]
        loss = Value(0.0)
        for i, v in enumerate(listed):
            loss = loss + v * (i + 1.0)
        loss.backward()
        return [v.grad for v in leaves]

    return probe


def plain(f: Any, x: list[Value]) -> Any:
    return f(x)


def second(f: Any, x: list[Value]) -> Any:
    return f(x, 1)


def both(
    what: str,
    run: Any,
    right: Any,
    x: Sequence[float],
    mistakes: list[Any],
) -> list[Probe]:
    """The values, then the gradients."""
    return [
        Probe(
            what, numbers_of(run, x), numbers_of(run, x)(right), [("no Values", NUMBERS), *mistakes]
        ),
        Probe(
            f"the gradients of a weighted sum of it: {what}",
            gradients_of(run, x),
            gradients_of(run, x)(right),
            [(lambda g: len(g) == len(x), DETACHED)],
        ),
    ]


X = [3.0, -4.0, 0.0]
LOGITS = [2.0, 0.5, -1.0]
EXPS = [math.exp(v) for v in LOGITS]
P = EXPS[1] / sum(EXPS)

CHECKS: dict[str, list[Probe]] = {
    "scalar_rms_norm": [
        *both(
            "RMSNorm of [3, −4, 0]",
            plain,
            library.rms_norm,
            X,
            [(wrong[0].tolist(), mistake) for wrong, mistake in wrong_sizes(np.array([X]))],
        ),
        Probe(
            "RMSNorm of [0.001, −0.001], ε = 1e-5",
            numbers_of(plain, [1e-3, -1e-3]),
            numbers_of(plain, [1e-3, -1e-3])(library.rms_norm),
            [([v / (1e-3 + 1e-5) for v in (1e-3, -1e-3)], EPS_OUTSIDE), ([1.0, -1.0], NO_EPS)],
        ),
        Probe(
            "RMSNorm of [0, 0]",
            numbers_of(plain, [0.0, 0.0]),
            [0.0, 0.0],
            [(ZeroDivisionError, NO_EPS)],
        ),
    ],
    "scalar_softmax": [
        *both(
            "softmax of [2, 0.5, −1]",
            plain,
            library.softmax,
            LOGITS,
            [(lambda y: not isinstance(y, str) and abs(sum(y) - 1) > 1e-3, NOT_NORMALIZED)],
        ),
        Probe(
            "softmax of [1000, 1001]",
            numbers_of(plain, [1000.0, 1001.0]),
            [1 / (1 + math.e), math.e / (1 + math.e)],
            [(OverflowError, OVERFLOW)],
        ),
    ],
    "scalar_cross_entropy": [
        *both(
            "cross-entropy of [2, 0.5, −1], target 1",
            second,
            library.cross_entropy,
            LOGITS,
            [
                ([math.log(P)], SIGN),
                ([P], PROBABILITY),
                ([math.log(sum(math.exp(e / sum(EXPS)) for e in EXPS)) - P], TWICE),
                ([-sum(math.log(e / sum(EXPS)) for e in EXPS)], ALL_CLASSES),
            ],
        ),
        Probe(
            "cross-entropy of [1000, 0], target 1",
            numbers_of(second, [1000.0, 0.0]),
            [1000.0],
            [(OverflowError, OVERFLOW), (ValueError, CLIPPED), (ZeroDivisionError, CLIPPED)],
        ),
    ],
}
