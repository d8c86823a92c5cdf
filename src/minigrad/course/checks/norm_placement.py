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
    "04-norm-placement.md#what-fails-and-how-it-looks",
)
TRAIN_ENTROPY = Mistake(
    "this is the entropy of the training text",
    "Over which characters is the mean of −ln p taken?",
    "04-norm-placement.md#what-fails-and-how-it-looks",
)
BITS = Mistake(
    "bits, not nats: the logarithm is to base 2",
    "Which logarithm does cross-entropy use here?",
    "04-norm-placement.md#what-fails-and-how-it-looks",
)
SUM = Mistake(
    "the sum over all characters, not the mean",
    "Per character: what must the sum be divided by?",
    "04-norm-placement.md#what-fails-and-how-it-looks",
)
UNIFORM = Mistake(
    "ln V, as if all characters were equally frequent",
    "A model that knows how frequent each character is: does it guess them all alike?",
    "04-norm-placement.md#what-fails-and-how-it-looks",
)

ONE_HEAD = Mistake(
    "one head with all the channels",
    "How many softmaxes does each position have? Over how many channels is each score summed?",
    "07-scalar-gpt.md#the-model",
)
NO_PROJ = Mistake(
    "the heads were not mixed: proj is missing",
    "Which matrix lets one head's result reach another's channels?",
    "07-scalar-gpt.md#the-model",
)
TRANSPOSED = Mistake(
    "proj is used the wrong way round",
    "A weight has shape (out, in). What is multiplied with each of its rows?",
    "07-scalar-gpt.md#the-model",
)
QKV_ORDER = Mistake(
    "queries, keys and values have changed places",
    "Which d rows of qkv does the docstring give to the queries?",
    "07-scalar-gpt.md#the-model",
)
INTERLEAVED = Mistake(
    "the heads took every heads-th channel, not neighbours",
    "Which channels does the docstring give to head 0?",
    "07-scalar-gpt.md#the-model",
)
WHOLE_D = Mistake(
    "the scores are divided by √d of the whole, not of one head",
    "How many products does one head's score sum? Their variance is what the root undoes.",
    "07-scalar-gpt.md#the-model",
)
PER_ARRAY = Mistake(
    "a ratio per array, then their mean",
    "A bias of zeros moves by 1e-3: what is its own ratio? Which vector does the docstring mean?",
    "04-norm-placement.md#what-fails-and-how-it-looks",
)
SQUARED_RATIO = Mistake(
    "the ratio of the squares: the root is missing",
    "If every weight moves by a tenth of itself, what must come out?",
    "04-norm-placement.md#what-fails-and-how-it-looks",
)
INVERSE = Mistake(
    "the other way round: weights over update",
    "A layer that does not move: 0 or infinity?",
    "04-norm-placement.md#what-fails-and-how-it-looks",
)
NORMS_APART = Mistake(
    "the change of the norm, not the norm of the change",
    "A weight goes from 1 to −1. How far has it moved, and how much has its size changed?",
    "04-norm-placement.md#what-fails-and-how-it-looks",
)
OVER_AFTER = Mistake(
    "divided by the weights after the step",
    "A step from 1 to 0: what would you divide by?",
    "04-norm-placement.md#what-fails-and-how-it-looks",
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


X, QKV, PROJ = (RNG.normal(size=shape) / 1.4 for shape in ((5, 6), (18, 6), (6, 6)))


def heads_of(
    heads: int = 3, order: str = "qkv", proj: Any = PROJ.T, apart: bool = False, size: int = 2
) -> Any:
    """Multi-head attention with one thing changed."""
    parts = dict(zip("qkv", np.split(X @ QKV.T, 3, axis=-1), strict=True))
    out = np.zeros((5, 6))
    for h in range(heads):
        mine = slice(h, None, heads) if apart else slice(h * 6 // heads, (h + 1) * 6 // heads)
        q, k, v = (parts[name][:, mine] for name in order)
        scores = np.where(np.tri(5, dtype=bool), q @ k.T / np.sqrt(size), -np.inf)
        p = np.exp(scores - scores.max(axis=-1, keepdims=True))
        out[:, mine] = p / p.sum(axis=-1, keepdims=True) @ v
    return out @ proj


BEFORE = [np.array([[3.0, 0.0], [0.0, 4.0]]), np.array([12.0, 0.0])]
AFTER = [np.array([[3.0, 0.6], [0.8, 4.0]]), np.array([9.6, 0.0])]  # ‖before‖ 13, moved by 2.6


def length(arrays: Any) -> float:
    return float(np.sqrt(sum((a**2).sum() for a in arrays)))


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
    "multi_head": [
        Probe(
            "five positions, six channels, three heads",
            call(X, QKV, PROJ, 3),
            heads_of(),
            [
                (heads_of(heads=1, size=6), ONE_HEAD),
                (heads_of(size=6), WHOLE_D),
                (heads_of(proj=np.eye(6)), NO_PROJ),
                (heads_of(proj=PROJ), TRANSPOSED),
                *((heads_of(order=o), QKV_ORDER) for o in ("qvk", "kqv", "kvq", "vqk", "vkq")),
                (heads_of(apart=True), INTERLEAVED),
            ],
        ),
        Probe("the same with one head", call(X, QKV, PROJ, 1), heads_of(heads=1, size=6)),
    ],
    "update_ratio": [
        Probe(
            "weights of norm 13 that moved by 2.6",
            call(BEFORE, AFTER),
            0.2,
            [
                (0.2**2, SQUARED_RATIO),
                (5.0, INVERSE),
                (1 - length(AFTER) / 13, NORMS_APART),
                (length(AFTER) / 13 - 1, NORMS_APART),
                (2.6 / length(AFTER), OVER_AFTER),
            ],
        ),
        Probe(
            "a matrix that moved by a fifth, a bias by a tenth",
            call(
                [np.array([[3.0, 4.0]]), np.array([12.0])],
                [np.array([[3.0, 5.0]]), np.array([10.8])],
            ),
            float(np.hypot(1.0, 1.2) / 13),
            [(0.15, PER_ARRAY)],
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
