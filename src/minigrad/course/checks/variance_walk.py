"""Checks of lab 00: the mean square of a signal, layer by layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.course.check import Mistake, Probe, call

NO_FAN_IN = Mistake(
    "fan_in is missing: one term of the sum, not all of them",
    "y is a sum of fan_in independent terms. What happens to their variances?",
    "00-motivation.md#one-linear-layer",
)
SQUARED_FAN_IN = Mistake(
    "fan_in was squared, as if the terms were all equal",
    "Is the variance of a sum of n independent terms n times one term's, or n² times?",
    "00-motivation.md#one-linear-layer",
)
ROOT = Mistake(
    "the standard deviation, not the mean square",
    "The recurrence multiplies mean squares. Is a root needed anywhere before the end?",
    "00-motivation.md#one-linear-layer",
)
NOT_Q = Mistake(
    "the input's mean square q is not in it",
    "Twice as large an input: what becomes of the output's mean square?",
    "00-motivation.md#one-linear-layer",
)
NO_LOSS = Mistake(
    "the ReLU's loss is missing: it sets half of the values to 0",
    "What share of the mean square survives a ReLU?",
    "00-motivation.md#one-activation",
)
QUARTER = Mistake(
    "squared one half: the share of the values, not of their squares",
    "Half of the values are set to 0; are the others changed?",
    "00-motivation.md#one-activation",
)
RELU_VARIANCE = Mistake(
    "this is the variance of relu(z); its mean is not 0",
    "The next layer sees h, not h − E[h]. Which moment of h enters its sum?",
    "00-motivation.md#one-activation",
)
V_AS_STD = Mistake(
    "v was used as a standard deviation",
    "z ~ N(0, v) has variance v. What stands in the exponent, and below the root?",
    "00-motivation.md#one-activation",
)
PLUGGED_IN = Mistake(
    "tanh of the typical value is not the typical value of tanh",
    "E[f(z)] weighs every z by its density. Where is the sum over z?",
    "00-motivation.md#one-activation",
)
NOT_SQUARED = Mistake(
    "E[tanh(z)], which is 0 by symmetry, in place of E[tanh(z)²]",
    "Which moment does the next layer see?",
    "00-motivation.md#one-activation",
)
NOT_NORMALIZED = Mistake(
    "the density does not integrate to 1: the factor 1/√(2πv) is missing",
    "What must the integral of a density alone be?",
    "00-motivation.md#one-activation",
)
NO_SPACING = Mistake(
    "the sum was not multiplied by the grid's spacing",
    "A finer grid has more terms. What keeps the integral the same?",
    "00-motivation.md#one-activation",
)
FLAT = Mistake(
    "every layer starts from the first input: the walk does not walk",
    "What is the input of layer 2?",
    "00-motivation.md#the-walk",
)
NO_ACTIVATION = Mistake(
    "the activation is missing",
    "Which two steps make one layer?",
    "00-motivation.md#the-walk",
)
START_TOO = Mistake(
    "the list begins with the input itself, before any layer",
    "How many layers does a list of `depth` numbers describe?",
    "00-motivation.md#the-walk",
)
VARIANCE = Mistake(
    "var(h) where the mean square E[h²] is meant",
    "After a ReLU the mean of h is positive. Does the next layer's sum see the mean?",
    "00-motivation.md#the-walk",
)
TRANSPOSED = Mistake(
    "h @ W in place of h @ W.T",
    "Row i of W holds the weights of output i. Which axis of W must meet h?",
    "00-motivation.md#the-walk",
)
ORDER = Mistake(
    "the activation came before the matrix",
    "A layer is φ(W h). Which of the two does h meet first?",
    "00-motivation.md#the-walk",
)
PRE_ACTIVATION = Mistake(
    "measured before the activation",
    "h is what the layer hands on. Is that before φ or after it?",
    "00-motivation.md#the-walk",
)


def tanh_probe(v: float) -> Probe:
    z = np.linspace(-10, 10, 8001) * np.sqrt(v)
    weight = np.exp(-(z**2) / (2 * v)) * (z[1] - z[0]) / np.sqrt(2 * np.pi * v)
    right = float(np.sum(np.tanh(z) ** 2 * weight))
    wide = np.linspace(-10, 10, 8001) * v
    wide_weight = np.exp(-(wide**2) / (2 * v**2)) * (wide[1] - wide[0]) / np.sqrt(2 * np.pi) / v
    return Probe(
        f"E[tanh(z)²] for z ~ N(0, {v:g})",
        call(v),
        right,
        [
            (float(np.sum(np.tanh(wide) ** 2 * wide_weight)), V_AS_STD),
            (float(np.tanh(np.sqrt(v)) ** 2), PLUGGED_IN),
            (lambda e: abs(e) < 1e-9, NOT_SQUARED),
            (right * np.sqrt(2 * np.pi * v), NOT_NORMALIZED),
            (lambda e: 1.5 < e < 1e6, NO_SPACING),
        ],
        rtol=2e-3,  # a seeded average over many draws is a right answer too
    )


RNG = np.random.default_rng(0)
INPUT = RNG.normal(size=(64, 32))
WEIGHTS = [RNG.normal(size=(32, 32)) * np.sqrt(2 / 32) for _ in range(3)]


def relu(z: Any) -> Any:
    return np.maximum(z, 0)


def identity(z: Any) -> Any:
    return z


def _walk(measure: Any, step: Any) -> list[float]:
    """A walk in which ``step(h, w)`` gives the next h and ``measure(h)`` what is noted."""
    h, out = INPUT, []
    for w in WEIGHTS:
        h = step(h, w)
        out.append(float(measure(h)))
    return out


def mean_square(h: Any) -> Any:
    return np.mean(h**2)


CHECKS: dict[str, list[Probe]] = {
    "linear_moment": [
        Probe(
            "E[y²] for q = 3, fan_in = 256, var_w = 1/12 (uniform on ±0.5)",
            call(3.0, 256, 1 / 12),
            64.0,
            [
                (0.25, NO_FAN_IN),
                (256 * 64.0, SQUARED_FAN_IN),
                (8.0, ROOT),
                (256 / 12, NOT_Q),
                (
                    16.0 / 12 * 3,
                    Mistake(
                        "the root of fan_in: that is how the standard deviation grows",
                        "Var(a + b) = Var a + Var b for independent a and b. What do n terms give?",
                        "00-motivation.md#one-linear-layer",
                    ),
                ),
            ],
        )
    ],
    "relu_moment": [
        Probe(
            "E[relu(z)²] for z ~ N(0, 6)",
            call(6.0),
            3.0,
            [
                (6.0, NO_LOSS),
                (1.5, QUARTER),
                (3 - 6 / (2 * np.pi), RELU_VARIANCE),
                (
                    np.sqrt(6 / (2 * np.pi)),
                    Mistake(
                        "this is E[relu(z)], the mean, in place of the mean square",
                        "Which moment does the next layer's sum of squares see?",
                        "00-motivation.md#one-activation",
                    ),
                ),
                (np.sqrt(3.0), ROOT),
            ],
        ),
        Probe("E[relu(z)²] for z ~ N(0, 0.5)", call(0.5), 0.25),
    ],
    "tanh_moment": [tanh_probe(4.0), tanh_probe(0.01), tanh_probe(100.0)],
    "predicted_walk": [
        Probe(
            "a linear walk of 4 layers, fan_in 256, var_w = 1/12",
            call(4, 256, 1 / 12, identity),
            [(256 / 12) ** i for i in (1, 2, 3, 4)],
            [
                ([256 / 12] * 4, FLAT),
                ([(256 / 12) ** i for i in (0, 1, 2, 3)], START_TOO),
                ([(256 / 12) ** i for i in (0, 1, 2, 3, 4)], START_TOO),
            ],
        ),
        Probe(
            "ten ReLU layers under Xavier, fan_in 256, var_w = 1/256: the last number",
            lambda f: f(10, 256, 1 / 256, lambda v: v / 2)[-1],
            2.0**-10,
            [(1.0, NO_ACTIVATION)],
            atol=1e-9,
        ),
        Probe(
            "three layers of fan_in 4, var_w = 1/2 and an activation that makes v/(1 + v) of v",
            call(3, 4, 0.5, lambda v: v / (1 + v)),
            [2 / 3, 4 / 7, 8 / 15],
            [([1.0, 1.0, 1.0], ORDER)],
        ),
    ],
    "measured_walk": [
        Probe(
            "the walk through three ReLU layers",
            call(INPUT, WEIGHTS, relu),
            _walk(mean_square, lambda h, w: relu(h @ w.T)),
            [
                (_walk(np.var, lambda h, w: relu(h @ w.T)), VARIANCE),
                (_walk(mean_square, lambda h, w: relu(INPUT @ w.T)), FLAT),
                (_walk(np.var, lambda h, w: relu(INPUT @ w.T)), FLAT),
                (_walk(mean_square, lambda h, w: h @ w.T), NO_ACTIVATION),
                (_walk(mean_square, lambda h, w: relu(h @ w)), TRANSPOSED),
                (_walk(lambda h: np.sqrt(mean_square(h)), lambda h, w: relu(h @ w.T)), ROOT),
                (
                    [
                        float(mean_square(h @ w.T))
                        for h, w in zip(
                            [
                                INPUT,
                                relu(INPUT @ WEIGHTS[0].T),
                                relu(relu(INPUT @ WEIGHTS[0].T) @ WEIGHTS[1].T),
                            ],
                            WEIGHTS,
                            strict=True,
                        )
                    ],
                    PRE_ACTIVATION,
                ),
                (
                    [float(mean_square(INPUT)), *_walk(mean_square, lambda h, w: relu(h @ w.T))],
                    START_TOO,
                ),
            ],
        ),
        Probe(
            "the walk through three linear layers",
            call(INPUT, WEIGHTS, identity),
            _walk(mean_square, lambda h, w: h @ w.T),
        ),
    ],
}
