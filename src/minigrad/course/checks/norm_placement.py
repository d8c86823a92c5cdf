"""Checks of lab 04: attention, and the loss of a model that knows frequencies only."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.course.check import Mistake, Probe, call
from minigrad.course.checks.cross_entropy import SIGN

NO_SCALE = Mistake(
    "the scores are not divided by √d",
    "For independent entries of variance 1, what is the variance of q · k? What does softmax do "
    "with scores that large?",
    "07-scalar-gpt.md#the-model",
)
SCALE_D = Mistake(
    "the scores are divided by d, not by √d",
    "Which power of d brings the standard deviation of q · k back to 1?",
    "07-scalar-gpt.md#the-model",
)
NO_MASK = Mistake(
    "every position sees all others: the mask is missing",
    "If position t may look at t + 1, what is left to predict?",
    "07-scalar-gpt.md#the-model",
)
STRICT = Mistake(
    "a position does not see itself",
    "Which positions may position 0 look at, if not itself?",
    "07-scalar-gpt.md#the-model",
)
LATE_MASK = Mistake(
    "masked after the softmax: the weights of a row no longer sum to 1",
    "What must be added to a score so that its exp is 0, before the row is divided by its sum?",
    "07-scalar-gpt.md#the-model",
)
WRONG_AXIS = Mistake(
    "softmax over the positions that look, not over those that are looked at",
    "Row t of the scores belongs to query t. Along which axis must its weights sum to 1?",
    "07-scalar-gpt.md#the-model",
)
BACKWARD_IN_TIME = Mistake(
    "the mask is the other way round: a position sees itself and what comes after it",
    "Is the upper or the lower triangle of the scores the future?",
    "07-scalar-gpt.md#the-model",
)
OWN_ENTROPY = Mistake(
    "the held-out text's own frequencies were used to guess it",
    "Which text was the model fitted to? May it know the other's frequencies?",
    "05-norm-placement.md#what-fails-and-how-it-looks",
)
TRAIN_ENTROPY = Mistake(
    "this is the entropy of the training text",
    "Over which characters is the mean of −ln p taken?",
    "05-norm-placement.md#what-fails-and-how-it-looks",
)
BITS = Mistake(
    "bits, not nats: the logarithm is to base 2",
    "Which logarithm does cross-entropy use here?",
    "05-norm-placement.md#what-fails-and-how-it-looks",
)
SUM = Mistake(
    "the sum over all characters, not the mean",
    "Per character: what must the sum be divided by?",
    "05-norm-placement.md#what-fails-and-how-it-looks",
)
UNIFORM = Mistake(
    "ln V, as if all characters were equally frequent",
    "A model that knows how frequent each character is: does it guess them all alike?",
    "05-norm-placement.md#what-fails-and-how-it-looks",
)

RNG = np.random.default_rng(0)
Q, K, V = (RNG.normal(size=(5, 4)) * 1.5 for _ in range(3))
TRAIN, HELD_OUT = np.array([60, 25, 10, 5]), np.array([3, 3, 2, 8])


def attention(
    scale: float = 0.5, mask: int | None = 1, late: bool = False, axis: int = -1, up: bool = False
) -> Any:
    """Attention with one thing changed."""
    scores = Q @ K.T * scale
    allowed = np.ones((5, 5), bool)
    if mask is not None:
        allowed = ~np.triu(allowed, mask)
    if up:
        allowed = allowed.T
    if not late:
        scores = np.where(allowed, scores, -np.inf)
    with np.errstate(all="ignore"):
        p = np.exp(scores)
        p = p / p.sum(axis=axis, keepdims=True)
    return np.where(allowed, p, 0) @ V


def nats(p: Any, counts: Any) -> float:
    return float(-(counts * np.log(p / p.sum())).sum() / counts.sum())


RIGHT_LOSS = nats(TRAIN, HELD_OUT)

CHECKS: dict[str, list[Probe]] = {
    "causal_attention": [
        Probe(
            "five positions of four channels",
            call(Q, K, V),
            attention(),
            [
                (attention(scale=1.0), NO_SCALE),
                (attention(scale=0.25), SCALE_D),
                (attention(mask=None), NO_MASK),
                (lambda y: np.shape(y) == (5, 4) and same(y, attention(mask=0)), STRICT),
                (attention(late=True), LATE_MASK),
                (attention(axis=0), WRONG_AXIS),
                (attention(up=True), BACKWARD_IN_TIME),
            ],
        ),
        Probe(
            "scores of a few thousand",
            call(2000 * Q, K, V),
            np.array([V[np.argmax((Q @ K.T)[t, : t + 1])] for t in range(5)]),
            [
                (
                    lambda y: bool(np.isnan(np.asarray(y, dtype=float)).any()),
                    Mistake(
                        "exp overflowed: inf / inf",
                        "Which number can be taken off a row of scores without changing softmax?",
                        "07-scalar-gpt.md#rmsnorm-softmax-and-cross-entropy-from-the-table",
                    ),
                )
            ],
        ),
    ],
    "unigram_loss": [
        Probe(
            "counts 60, 25, 10, 5 in training and 3, 3, 2, 8 held out",
            call(TRAIN, HELD_OUT),
            RIGHT_LOSS,
            [
                (nats(HELD_OUT, HELD_OUT), OWN_ENTROPY),
                (nats(TRAIN, TRAIN), TRAIN_ENTROPY),
                (RIGHT_LOSS / np.log(2), BITS),
                (RIGHT_LOSS * HELD_OUT.sum(), SUM),
                (np.log(4), UNIFORM),
                (-RIGHT_LOSS, SIGN),
            ],
        )
    ],
}


def same(received: Any, expected: Any) -> bool:
    """Equal wherever `expected` is a number: a row that may see nothing is 0/0."""
    got = np.asarray(received, dtype=float)
    return bool(np.allclose(got[1:], np.asarray(expected)[1:], rtol=1e-4, atol=1e-6))
