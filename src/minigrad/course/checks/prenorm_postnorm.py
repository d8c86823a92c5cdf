"""Checks of lab 05: the two blocks and the warmup."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.course.check import InputChanged, Mistake, Probe, call
from minigrad.course.checks.residual_depth import DOUBLED, IN_PLACE, RELU_AFTER

BLOCKS = "04-norm-placement.md#the-two-blocks"
PATH = "04-norm-placement.md#the-path-of-the-gradient"
NO_NORM = "04-norm-placement.md#no-norm-at-all"
WARMUP = "04-norm-placement.md#what-fails-and-how-it-looks"

SWAPPED = Mistake(
    "pre and post are swapped", "In which of the two is the sum itself normalized?", BLOCKS
)
NORMED_SKIP = Mistake(
    "the skip is normalized too: N(x) + f(N(x))",
    "Pre-norm leaves one path from input to output untouched. Which?",
    BLOCKS,
)
NORMED_BRANCH = Mistake(
    "only the branch is normalized: x + N(f(x))",
    "Post-norm normalizes after the addition. What stands inside N?",
    BLOCKS,
)
PARALLEL = Mistake(
    "both branches read the block's input: the second must read what the first left",
    "What does the FFN normalize, x as it came in or x with attention added?",
    BLOCKS,
)
NO_SKIP = Mistake("a skip is missing", "How often is x added in one block?", BLOCKS)
ONE_NORM = Mistake(
    "norm1 is used twice", "How many norms does a block hold, and which goes with the FFN?", BLOCKS
)
ORDER = Mistake("the FFN comes first", "Which branch comes first, attention or FFN?", BLOCKS)
ZERO_START = Mistake(
    "the first step takes a rate of 0: it is step / warmup",
    "Once step 0 is taken, which share of the warmup is behind us?",
    WARMUP,
)
NO_END = Mistake(
    "the rate goes on rising after the warmup",
    "What must the share of the way never exceed?",
    WARMUP,
)
NO_WARMUP = Mistake(
    "warmup = 0 divides by zero", "With no warmup, which rate does the first step take?", WARMUP
)
CONSTANT = Mistake("there is no warmup: always lr", "Which rate does step 0 take?", WARMUP)

PRE_READS_STREAM = Mistake(
    "with pre-norm the branch reads the stream itself: it grows exponentially",
    "What is the mean square of N(x), whatever that of x?",
    PATH,
)
NONE_READS_ONE = Mistake(
    "without a norm the branch reads 1: it grows linearly",
    "If the stream is four times as large, what does a linear branch without a norm add?",
    NO_NORM,
)
POST_GROWS = Mistake(
    "post-norm's stream grows",
    "What stands around the sum in post-norm, and what mean square does it leave?",
    BLOCKS,
)
NO_STREAM = Mistake(
    "the stream is replaced, not added to",
    "Which of the two terms of x + f(x) is missing?",
    BLOCKS,
)
FROM_START = Mistake(
    "the list begins before the first branch",
    "After how many branches is the first value taken?",
    PATH,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 4))
A, B = RNG.normal(size=(4, 4)), RNG.normal(size=(4, 4))


def attention(x: Any) -> Any:
    return x @ A


def ffn(x: Any) -> Any:
    return np.tanh(x @ B)


def norm1(x: Any) -> Any:
    return 2 * x / np.sqrt((x**2).mean(axis=-1, keepdims=True))


def norm2(x: Any) -> Any:
    return 3 * x / np.sqrt((x**2).mean(axis=-1, keepdims=True))


def pre(x: Any, f: Any, n: Any) -> Any:
    return x + f(n(x))


def post(x: Any, f: Any, n: Any) -> Any:
    return n(x + f(x))


def both(one: Any, n2: Any = norm2) -> Any:
    """Attention then FFN, each by the rule `one(x, f, norm)`."""
    return one(one(X, attention, norm1), ffn, n2)


def block_probe(placement: str, rule: Any, other: Any, extra: list[Any]) -> Probe:
    parallel = X + attention(norm1(X)) + ffn(norm2(X))
    if placement == "post":
        parallel = norm2(norm1(X + attention(X)) + ffn(X))
    return Probe(
        f'block(…, "{placement}") with norms that scale by 2 and 3',
        call(X, attention, ffn, norm1, norm2, placement),
        both(rule),
        [
            (both(other), SWAPPED),
            (parallel, PARALLEL),
            (both(rule, norm1), ONE_NORM),
            (rule(rule(X, ffn, norm2), attention, norm1), ORDER),
            (InputChanged, IN_PLACE),
            *extra,
        ],
    )


CHECKS: dict[str, list[Probe]] = {
    "block": [
        block_probe(
            "pre",
            pre,
            post,
            [
                (both(lambda x, f, n: n(x) + f(n(x))), NORMED_SKIP),
                (both(lambda x, f, n: f(n(x))), NO_SKIP),
                (ffn(norm2(pre(X, attention, norm1))), NO_SKIP),
                (pre(attention(norm1(X)), ffn, norm2), NO_SKIP),
                (both(lambda x, f, n: 2 * x + f(n(x))), DOUBLED),
                (both(lambda x, f, n: np.maximum(pre(x, f, n), 0)), RELU_AFTER),
            ],
        ),
        block_probe(
            "post",
            post,
            pre,
            [
                (both(lambda x, f, n: x + n(f(x))), NORMED_BRANCH),
                (both(lambda x, f, n: n(f(x))), NO_SKIP),
                (norm2(ffn(post(X, attention, norm1))), NO_SKIP),
                (both(lambda x, f, n: n(2 * x + f(x))), DOUBLED),
            ],
        ),
    ],
    "stream_walk": [
        Probe(
            "four branches of gain 1, pre-norm",
            call("pre", 4, 1.0),
            [2.0, 3.0, 4.0, 5.0],
            [
                ([2.0, 4.0, 8.0, 16.0], PRE_READS_STREAM),
                ([1.0] * 4, NO_STREAM),
                ([1.0, 2.0, 3.0, 4.0], FROM_START),
                ([1.0, 2.0, 3.0, 4.0, 5.0], FROM_START),
            ],
        ),
        Probe(
            "four branches of gain 1, no norm",
            call("none", 4, 1.0),
            [2.0, 4.0, 8.0, 16.0],
            [
                ([2.0, 3.0, 4.0, 5.0], NONE_READS_ONE),
                ([1.0] * 4, NO_STREAM),
            ],
        ),
        Probe(
            "three branches of gain 0.5, no norm",
            call("none", 3, 0.5),
            [1.5, 2.25, 3.375],
            [([0.5, 0.25, 0.125], NO_STREAM), ([1.5, 2.0, 2.5], NONE_READS_ONE)],
        ),
        Probe(
            "four branches of gain 1, post-norm",
            call("post", 4, 1.0),
            [1.0] * 4,
            [([2.0, 4.0, 8.0, 16.0], POST_GROWS), ([2.0, 3.0, 4.0, 5.0], POST_GROWS)],
        ),
    ],
    "warmup_lr": [
        Probe(
            "steps 0, 1, 3, 4 and 99 with lr = 0.8 and warmup = 4",
            lambda f: [f(step, 0.8, 4) for step in (0, 1, 3, 4, 99)],
            [0.2, 0.4, 0.8, 0.8, 0.8],
            [
                ([0.0, 0.2, 0.6, 0.8, 0.8], ZERO_START),
                ([0.0, 0.2, 0.6, 0.8, 19.8], NO_END),
                ([0.2, 0.4, 0.8, 1.0, 20.0], NO_END),
                ([0.8] * 5, CONSTANT),
            ],
        ),
        Probe(
            "step 0 with lr = 0.8 and warmup = 0",
            call(0, 0.8, 0),
            0.8,
            [(ZeroDivisionError, NO_WARMUP), (0.0, NO_WARMUP)],
        ),
    ],
}
