"""Checks of lab 01: Xavier and Kaiming; gains and the training step have files of their own.

Draws are judged by their standard deviation over 160,000 weights, whose own error is 0.2 %.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np

from minigrad.course.check import Mistake, Probe
from minigrad.course.checks import gains, train_step

PAGE = "01-initialization.md"
SHAPE = (800, 200)  # fan_out, fan_in: far apart, so that each rule has its own number
FACTOR_2 = Mistake(
    "the factor 2 was dropped",
    "The mean of fan_in and fan_out is their sum over … what?",
    f"{PAGE}#xavier",
)
LECUN = Mistake(
    "1/√fan_in: that keeps the forward signal only (LeCun's rule)",
    "What would the backward signal ask for, and what lies between the two?",
    f"{PAGE}#xavier",
)
LECUN_K = Mistake(
    "the ReLU gain is missing",
    "What share of the mean square survives a ReLU?",
    f"{PAGE}#kaiming",
)
BOUND_AS_STD = Mistake(
    "the uniform bound was used as a normal's standard deviation",
    "The √3 belongs to a uniform draw. What does a normal draw need?",
    f"{PAGE}#uniform-draws",
)
STD_AS_BOUND = Mistake(
    "the standard deviation was used as the uniform bound",
    "What is the variance of a draw from [−b, b]: b², b²/2 or b²/3?",
    f"{PAGE}#uniform-draws",
)
VARIANCE_AS_STD = Mistake(
    "the variance was passed where the standard deviation is meant",
    "rng.normal(mean, scale): is scale σ or σ²?",
    f"{PAGE}#xavier",
)
GAIN_INSIDE = Mistake(
    "the gain stands inside the root: it multiplies the variance",
    "A gain of 2 should make each weight 2 times as large. How much does yours?",
    f"{PAGE}#gains",
)
GAIN_IGNORED = Mistake(
    "the gain is ignored", "What should a gain of 2 do to each weight?", f"{PAGE}#gains"
)
FAN_OUT = Mistake(
    "fan_out was used where fan_in is meant",
    "Which way does the signal go in mode fan_in: how many terms has one sum?",
    f"{PAGE}#kaiming",
)
MODE_IGNORED = Mistake(
    "the mode is ignored",
    "mode='fan_out' keeps the gradient's size. How many terms has its sum?",
    f"{PAGE}#kaiming",
)
NONLINEARITY_IGNORED = Mistake(
    "the nonlinearity is ignored: ReLU's gain is always used",
    "What gain does a linear layer need?",
    f"{PAGE}#kaiming",
)
DEFAULT = Mistake(
    "uniform on ±1/√fan_in: PyTorch's default for linear layers, which keeps a third",
    "What variance has a draw from ±1/√n? And n times that?",
    f"{PAGE}#uniform-draws",
)
ONE_SIDED = Mistake(
    "drawn from [0, b]: the weights have a mean",
    "What must the mean of the weights be for the cross terms to vanish?",
    f"{PAGE}#uniform-draws",
)
RESEEDED = Mistake(
    "every call draws the same numbers: the generator is made anew inside",
    "Two layers initialized with one rng came out equal. Who should own the generator?",
    f"{PAGE}#xavier",
)

NOT_FROM_RNG = Mistake(
    "the numbers do not come from rng: no run could be repeated",
    "Two generators of one seed draw the same numbers. Whose numbers are yours?",
    f"{PAGE}#xavier",
)


def std(shape: tuple[int, ...] = SHAPE, **options: Any) -> Callable[[Any], float]:
    """A probe's run: the standard deviation of one draw."""

    def run(function: Any) -> Any:
        weights = function(shape, np.random.default_rng(1), **options)
        if not isinstance(weights, np.ndarray) or weights.shape != shape:
            return weights
        return float(np.std(weights))

    return run


def mean(function: Any) -> Any:
    weights = function(SHAPE, np.random.default_rng(2))
    return float(np.mean(weights)) if isinstance(weights, np.ndarray) else weights


def two_layers(function: Any) -> bool:
    rng = np.random.default_rng(3)
    first, second = function(SHAPE, rng), function(SHAPE, rng)
    return bool(np.array_equal(first, second))


def repeated(function: Any) -> bool:
    first, second = (function(SHAPE, np.random.default_rng(5)) for _ in range(2))
    return bool(np.array_equal(first, second))


def shape_of(function: Any) -> Any:
    weights = function((3, 5), np.random.default_rng(0))
    return np.array(weights.shape) if isinstance(weights, np.ndarray) else weights


def tail(function: Any) -> float:
    """The largest weight in standard deviations: √3 for a uniform draw, over 4 for a normal."""
    weights = function(SHAPE, np.random.default_rng(4))
    return float(np.max(np.abs(weights)) / np.std(weights))


NOT_UNIFORM = Mistake(
    "this is a normal draw; a uniform one is meant",
    "How far from 0 can a uniform weight be, in standard deviations?",
    f"{PAGE}#uniform-draws",
)
NOT_NORMAL = Mistake(
    "this is a uniform draw; a normal one is meant",
    "How far from 0 can a normal weight be?",
    f"{PAGE}#uniform-draws",
)
N_IN, N_OUT = 200, 800
XAVIER, KAIMING = sqrt(2 / (N_IN + N_OUT)), sqrt(2 / N_IN)


def draw_probes(
    right: float, mistakes: list[tuple[Any, Mistake]], uniform: bool
) -> tuple[Probe, ...]:
    """What every initialization must do: shape, mean, standard deviation, kind, fresh numbers."""
    kind = [(lambda t: t > 3, NOT_UNIFORM)] if uniform else [(lambda t: t < 1.9, NOT_NORMAL)]
    ends = (sqrt(3), 0.02) if uniform else (4.6, 0.35)
    return (
        Probe("the shape of a weight of shape (3, 5)", shape_of, np.array([3, 5])),
        Probe(
            "the mean of a weight of shape (800, 200)",
            mean,
            0.0,
            [(lambda m: m > 0.3 * right, ONE_SIDED)],
            atol=0.05 * right,
        ),
        Probe("the std of a weight of shape (800, 200)", std(), right, mistakes, rtol=0.012),
        Probe("the largest weight, in standard deviations", tail, ends[0], kind, rtol=ends[1]),
        Probe(
            "whether two weights drawn with one rng are equal",
            two_layers,
            False,
            [(True, RESEEDED)],
        ),
        Probe(
            "whether two generators of one seed draw the same weight",
            repeated,
            True,
            [(False, NOT_FROM_RNG)],
        ),
    )


def xavier_probes(uniform: bool) -> list[Probe]:
    wrong: list[tuple[Any, Mistake]] = [
        (sqrt(1 / N_IN), LECUN),
        (sqrt(1 / (N_IN + N_OUT)), FACTOR_2),
        (sqrt(3) * XAVIER, BOUND_AS_STD),
        (XAVIER / sqrt(3), STD_AS_BOUND),
        (sqrt(1 / (3 * N_IN)), DEFAULT),
        (XAVIER**2, VARIANCE_AS_STD),
        (XAVIER**2 / sqrt(3), VARIANCE_AS_STD),
    ]
    gain = Probe(
        "the std of a weight of shape (800, 200) with gain=2",
        std(gain=2.0),
        2 * XAVIER,
        [(sqrt(2) * XAVIER, GAIN_INSIDE), (XAVIER, GAIN_IGNORED)],
        rtol=0.012,
    )
    return [*draw_probes(XAVIER, wrong, uniform), gain]


def kaiming_probes(uniform: bool) -> list[Probe]:
    wrong: list[tuple[Any, Mistake]] = [
        (sqrt(2 / N_OUT), FAN_OUT),
        (sqrt(1 / N_IN), LECUN_K),
        (KAIMING * sqrt(3), BOUND_AS_STD),
        (KAIMING / sqrt(3), STD_AS_BOUND),
        (sqrt(1 / (3 * N_IN)), DEFAULT),
        (KAIMING**2, VARIANCE_AS_STD),
        (2 / sqrt(N_IN), gains.GAIN_SQUARED),
    ]
    modes = Probe(
        "the std of a weight of shape (800, 200) with mode='fan_out'",
        std(mode="fan_out"),
        sqrt(2 / N_OUT),
        [(KAIMING, MODE_IGNORED)],
        rtol=0.012,
    )
    linear = Probe(
        "the std of a weight of shape (800, 200) with nonlinearity='linear'",
        std(nonlinearity="linear"),
        sqrt(1 / N_IN),
        [(KAIMING, NONLINEARITY_IGNORED)],
        rtol=0.012,
    )
    tanh = Probe(
        "the std of a weight of shape (800, 200) with nonlinearity='tanh'",
        std(nonlinearity="tanh"),
        5 / 3 * sqrt(1 / N_IN),
        [(KAIMING, NONLINEARITY_IGNORED)],
        rtol=0.012,
    )
    return [*draw_probes(KAIMING, wrong, uniform), modes, linear, tanh]


CHECKS: dict[str, list[Probe]] = {
    **gains.CHECKS,
    "xavier_normal": xavier_probes(uniform=False),
    "xavier_uniform": xavier_probes(uniform=True),
    "kaiming_normal": kaiming_probes(uniform=False),
    "kaiming_uniform": kaiming_probes(uniform=True),
    **train_step.CHECKS,
}
