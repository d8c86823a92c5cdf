"""Checks of lab 02's LayerNorm, forward."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.course.check import Mistake, Probe, call
from minigrad.course.checks.norm_backward import (
    DETACHED_BOTH,
    DETACHED_MU,
    DETACHED_SIGMA,
    G_HAT,
    GAMMA,
    LN_RIGHT,
    SIGMA,
    X_HAT,
    over_rows,
)
from minigrad.course.checks.rms_norm import (
    AXIS_0,
    CUT,
    EPS_FIXED,
    EPS_OUTSIDE,
    NO_EPS,
    ONES4,
    TINY,
    WHOLE,
    normalize,
    row_gradient,
    t,
)
from minigrad.course.values import array

LN = "02-normalization.md#layernorm"

TWO_AXES = Mistake(
    "the statistics were taken over tokens and features together",
    "Each token is normalized by itself. Over which axis only?",
    LN,
)
UNBIASED = Mistake(
    "the variance divides by d − 1",
    "LayerNorm describes these d numbers; it estimates nothing from a sample. By what does it "
    "divide?",
    LN,
)
BY_VARIANCE = Mistake(
    "divided by the variance, not by its root",
    "x grows tenfold. Does your output stay as it is?",
    LN,
)
NOT_CENTRED = Mistake(
    "the mean was not taken off", "What should the mean of a normalized row be?", LN
)
KEEPDIMS = Mistake(
    "the statistics lost their axis, and were lined up with the columns",
    "A (4,) array meets a (4, 4) one. Along which axis does it broadcast?",
    LN,
)
BIAS_TOO_EARLY = Mistake(
    "the bias was added before the weight was multiplied",
    "weight · x̂ + bias: which mean should a row have if bias is 1?",
    LN,
)
AFFINE_FIRST = Mistake(
    "weight and bias came before the normalization, which takes them out again",
    "Why would the learned size and mean survive the norm?",
    LN,
)
AFFINE_SWAPPED = Mistake("weight and bias are swapped", "Which of the two multiplies?", LN)
X2 = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]])
SQUARE = np.array([[1.0, 2, 3, 5], [2, 0, 1, 4], [-1, 3, 3, 7], [0, 6, -2, 1]])
TOKENS = np.arange(24.0).reshape(2, 3, 4) ** 1.5


def lost_axis(x: Any) -> Any:
    return (x - x.mean(1)) / np.sqrt(x.var(1) + 1e-5)


def half_centred(x: Any) -> Any:
    """The mean's axis was lost; the spread was then taken of what came out."""
    c = x - x.mean(1)
    return c / np.sqrt((c * c).mean(1) + 1e-5)


def late_lost_axis(x: Any) -> Any:
    c = x - x.mean(1, keepdims=True)
    return c / np.sqrt((c * c).mean(1) + 1e-5)


def moments(function: Any) -> Any:
    """(mean, std) of a row, for weight 2 and bias 1."""
    out = function(t(X2), t(np.full(4, 2.0)), t(np.ones(4)), 1e-9)
    return tuple(float(v) for v in (array(out)[0].mean(), array(out)[0].std()))


CHECKS: dict[str, list[Probe]] = {
    "layer_norm": [
        Probe(
            "the norm of a 4 × 4 array",
            call(t(SQUARE), ONES4, t(np.zeros(4)), 1e-5),
            t(normalize(SQUARE)),
            [
                (lost_axis(SQUARE), KEEPDIMS),
                (half_centred(SQUARE), KEEPDIMS),
                (late_lost_axis(SQUARE), KEEPDIMS),
                (np.ones((4, 4)), AFFINE_SWAPPED),
                (normalize(SQUARE, axis=0), AXIS_0),
                (normalize(SQUARE, axis=(0, 1)), WHOLE),
                (normalize(SQUARE, ddof=1), UNBIASED),
                (
                    (SQUARE - over_rows(SQUARE)) / (SQUARE.var(-1, keepdims=True) + 1e-5),
                    BY_VARIANCE,
                ),
                (SQUARE / np.sqrt(SQUARE.var(-1, keepdims=True) + 1e-5), NOT_CENTRED),
                (SQUARE / np.sqrt((SQUARE**2).mean(-1, keepdims=True) + 1e-5), NOT_CENTRED),
            ],
        ),
        Probe(
            "the norm of [[1, 2, 3, 4], [5, 6, 7, 8]]",
            call(t(X2), ONES4, t(np.zeros(4)), 1e-5),
            t(normalize(X2)),
        ),
        Probe(
            "(mean, std) of a row for weight 2 and bias 1",
            moments,
            (1.0, 2.0),
            [
                ((2.0, 2.0), BIAS_TOO_EARLY),
                ((0.0, 1.0), AFFINE_FIRST),
                ((2.0, 1.0), AFFINE_SWAPPED),
            ],
        ),
        Probe(
            "the norm of a row of ±0.001, ε = 1e-5",
            call(t(TINY), ONES4, t(np.zeros(4)), 1e-5),
            t(TINY / np.sqrt(1e-6 + 1e-5)),
            [(TINY / (1e-3 + 1e-5), EPS_OUTSIDE), (TINY / 1e-3, NO_EPS)],
        ),
        Probe(
            "the norm of a row of ±0.001, ε = 1e-3",
            call(t(TINY), ONES4, t(np.zeros(4)), 1e-3),
            t(TINY / np.sqrt(1e-6 + 1e-3)),
            [(TINY / np.sqrt(1e-6 + 1e-5), EPS_FIXED)],
        ),
        Probe(
            "the norm of tokens, x of shape (2, 3, 4)",
            call(t(TOKENS), ONES4, t(np.zeros(4)), 1e-5),
            t(normalize(TOKENS)),
            [
                (normalize(TOKENS, axis=(1, 2)), TWO_AXES),
                (normalize(TOKENS, axis=1), TWO_AXES),
            ],
        ),
        Probe(
            "the gradient of x through layer_norm",
            row_gradient(t(GAMMA), t(np.zeros(4)), 1e-5),
            LN_RIGHT[0],
            [
                (lambda g: g is None, CUT),
                (G_HAT / SIGMA, DETACHED_BOTH),
                ((G_HAT - over_rows(G_HAT)) / SIGMA, DETACHED_SIGMA),
                ((G_HAT - X_HAT * over_rows(G_HAT * X_HAT)) / SIGMA, DETACHED_MU),
            ],
        ),
    ],
}
