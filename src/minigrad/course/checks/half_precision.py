"""Checks of lab 06: a norm in float16, and where it breaks without float32."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.course.check import Mistake, Probe, call
from minigrad.course.checks.rms_norm import wrong_sizes

STEP = "06-half-precision.md#which-step-breaks"
CURE = "06-half-precision.md#the-cure"

OTHER = "06-half-precision.md#the-other-places"

TOO_LARGE = Mistake(
    "scaled by this, the largest gradient overflows",
    "What is the scale times the largest entry? Rounded up or down?",
    OTHER,
)
NOT_A_POWER = Mistake(
    "this is not a power of two: digits would be lost",
    "Which numbers change a float's exponent and leave its digits alone?",
    OTHER,
)
SIGN = Mistake(
    "a negative gradient can be the largest: the sign was not taken off",
    "Which of 3 and −1000 overflows first?",
    OTHER,
)
SMALLEST = Mistake(
    "the smallest entry was made as large as possible: the largest overflows",
    "Which entry reaches the end of the number line first?",
    OTHER,
)
FIRST_ONLY = Mistake(
    "only one of the arrays was looked at", "Which of all the entries overflows first?", OTHER
)
NEVER_BELOW = Mistake(
    "a gradient beyond the limit needs a scale below 1",
    "By what must 200,000 be multiplied to fit below 65,504?",
    OTHER,
)

NO_UPCAST = Mistake(
    "computed in float16: the squares overflowed, and 1/√inf = 0 made the row vanish",
    "What is 300² in float16? In which type is there room for the square of 65504?",
    STEP,
)
EPS_LOST = Mistake(
    "a row of zeros gives NaN: ε = 1e-8 is 0 in float16, or is missing",
    "What is float16(1e-8)? Where must ε be added so that it survives?",
    STEP,
)
STAYS_WIDE = Mistake(
    "the result is float32",
    "What becomes of the type of everything computed from it? Which type came in?",
    CURE,
)
EPS_OUTSIDE = Mistake(
    "ε is outside the root",
    "For a row far smaller than √ε: is it x/√ε or x/ε that comes out?",
    STEP,
)
NO_ROOT_LIMIT = Mistake(
    "this is the largest square, not the largest number that may be squared",
    "If s² must stay below the limit, what must s stay below?",
    STEP,
)
SUM_IGNORED = Mistake(
    "the sum of dim squares is larger than one of them",
    "How large is the sum of dim squares, each s²?",
    STEP,
)
ALWAYS_SUM = Mistake(
    "only each square by itself must fit when the sum is kept in a wider type",
    "Which numbers are in the narrow type if the sum is not?",
    STEP,
)

RNG = np.random.default_rng(0)


def rms(x: Any, eps: float) -> Any:
    wide = np.asarray(x, dtype=np.float64)
    return wide / np.sqrt((wide**2).mean(axis=-1, keepdims=True) + eps)


def half_row(scale: float, shift: float = 0.0) -> Any:
    return (scale * (np.array([[3.0, -4.0, 1.0, 2.0], [1.0, 1.0, -2.0, 0.5]]) + shift)).astype(
        np.float16
    )


def vanished(y: Any) -> bool:
    return not np.asarray(y, dtype=float).any()


def has_nan(y: Any) -> bool:
    return bool(np.isnan(np.asarray(y, dtype=float)).any())


ORDINARY, LARGE, SMALL = half_row(1.0, 1.0), half_row(300.0), half_row(1e-3)
ZERO = np.zeros((1, 4), dtype=np.float16)

GRADIENTS = [
    np.array([[1e-7, 0.1], [-0.5, 2e-5]], dtype=np.float32),
    np.array([0.02, -1e-6], dtype=np.float32),
]  # 0.5 · 2¹⁶ = 32768 fits, 0.5 · 2¹⁷ does not

CHECKS: dict[str, list[Probe]] = {
    "loss_scale": [
        Probe(
            "gradients up to −0.5 and 0.02",
            call(GRADIENTS),
            2.0**16,
            [
                (2.0**17, TOO_LARGE),
                (65504 / 0.5, NOT_A_POWER),
                (2.0**21, FIRST_ONLY),
                (2.0**19, SIGN),
                (lambda s: s > 2.0**30, SMALLEST),
            ],
        ),
        Probe(
            "one gradient of 3e-8",
            call([np.array([3e-8], dtype=np.float32)]),
            2.0**40,
            [(2.0**41, TOO_LARGE)],
        ),
        Probe(
            "a gradient of 200,000",
            call([np.array([0.25, 1.0], dtype=np.float32), np.array([2e5], dtype=np.float32)]),
            0.25,
            [(0.5, TOO_LARGE), (1.0, NEVER_BELOW), (2.0**15, FIRST_ONLY), (2.0**17, SMALLEST)],
        ),
    ],
    "rms_norm_half": [
        Probe(
            "two ordinary rows",
            call(ORDINARY, 1e-5),
            rms(ORDINARY, 1e-5),
            wrong_sizes(ORDINARY.astype(float)),
            rtol=2e-3,
            atol=1e-3,
        ),
        Probe(
            "rows of size 300 to 1200",
            call(LARGE, 1e-5),
            rms(LARGE, 1e-5),
            [(vanished, NO_UPCAST), (has_nan, NO_UPCAST)],
            rtol=2e-3,
            atol=1e-3,
        ),
        Probe(
            "a row of zeros, ε = 1e-8",
            call(ZERO, 1e-8),
            np.zeros((1, 4)),
            [(has_nan, EPS_LOST)],
        ),
        Probe(
            "rows of size 1e-3, ε = 1e-5",
            call(SMALL, 1e-5),
            rms(SMALL, 1e-5),
            [
                (
                    lambda y: np.allclose(
                        np.asarray(y, dtype=float),
                        SMALL.astype(float)
                        / (np.sqrt((SMALL.astype(float) ** 2).mean(axis=-1, keepdims=True)) + 1e-5),
                        rtol=0.02,
                    ),
                    EPS_OUTSIDE,
                )
            ],
            rtol=0.01,
            atol=1e-3,
        ),
        Probe(
            "the type that comes back",
            lambda f: str(np.asarray(f(ORDINARY.copy(), 1e-5)).dtype),
            "float16",
            [("float32", STAYS_WIDE), ("float64", STAYS_WIDE)],
        ),
    ],
    "largest_safe": [
        Probe(
            "float16 (65504), 512 numbers, the sum in float32",
            call(65504.0, 512, False),
            65504.0**0.5,
            [
                (65504.0, NO_ROOT_LIMIT),
                ((65504.0 / 512) ** 0.5, ALWAYS_SUM),
            ],
        ),
        Probe(
            "float16 (65504), 512 numbers, the sum in float16 too",
            call(65504.0, 512, True),
            (65504.0 / 512) ** 0.5,
            [
                (65504.0 / 512, NO_ROOT_LIMIT),
                (65504.0**0.5, SUM_IGNORED),
                (65504.0**0.5 / 512, SUM_IGNORED),
            ],
        ),
    ],
}
