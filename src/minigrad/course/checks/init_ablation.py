"""Checks of lab 01: gains, Xavier and Kaiming; the training step has a file of its own.

A draw is judged by what it is like over 40,000 weights: their standard deviation has an error of
0.35 % of its own, and is asked for within 2.5 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.course.check import Check, Probe, check, demand, drawn, edit, probe, solutions
from minigrad.course.checks import train_step

lab = solutions("01_init_ablation")
SHAPE = (500, 80)  # fan_out, fan_in: far apart, so that each rule has its own number
GAINS, XAVIER = "01-initialization.md#gains", "01-initialization.md#xavier"
UNIFORM = "01-initialization.md#uniform-draws"

RELU, LEAKY = "math.sqrt(2),", "math.sqrt(2 / (1 + slope**2))"
GAIN_SQUARED = (
    "this is the factor on the variance; the gain multiplies the standard deviation",
    "If the variance must double, by how much must each weight grow?",
    GAINS,
)
DEFAULT = (
    "uniform on ±1/√fan_in: PyTorch's default for linear layers, which keeps a third",
    "What variance has a draw from ±1/√n? And n times that?",
    UNIFORM,
)
VARIANCE = (
    "the variance was passed where the standard deviation is meant",
    "rng.normal(mean, scale): is scale σ or σ²?",
    XAVIER,
)
LECUN = (
    "1/√fan_in: that keeps the forward signal only (LeCun's rule)",
    "What would the backward signal ask for, and what lies between the two?",
)


def weights(function: Any, shape: Sequence[int], rng: Any, **options: Any) -> Any:
    return demand(function(shape, rng, **options), "an array")


def spread(function: Any, shape: tuple[int, ...], options: dict[str, Any]) -> Any:
    """What a draw is like: |w| is √3 / 2 = 0.866 of its σ on average if it is uniform, 0.798 if
    normal."""
    w = weights(function, shape, np.random.default_rng(1), **options)
    return {
        "its shape": w.shape,
        "its standard deviation": float(np.std(w)),
        "its mean |w|, over that": float(np.mean(np.abs(w)) / np.std(w)),
    }


def mean(function: Any, shape: tuple[int, ...]) -> Any:
    w = weights(function, shape, np.random.default_rng(2))
    return {"its mean, over its standard deviation": float(np.mean(w) / np.std(w))}


def two_layers(function: Any, shape: tuple[int, ...]) -> bool:
    rng = np.random.default_rng(3)
    return bool(np.array_equal(weights(function, shape, rng), weights(function, shape, rng)))


def repeated(function: Any, shape: tuple[int, ...]) -> bool:
    first, second = (weights(function, shape, np.random.default_rng(5)) for _ in range(2))
    return bool(np.array_equal(first, second))


def draws(*options: dict[str, Any]) -> list[Probe]:
    """What every initialization is looked at for, without options and with each of these."""
    tolerance = {"rtol": 0.025, "atol": 0.0}
    return [
        *(
            probe(
                ", ".join(["a weight of shape (500, 80)", *(f"{k} = {v!r}" for k, v in o.items())]),
                SHAPE,
                o,
                run=spread,
                **tolerance,
            )
            for o in ({}, *options)
        ),
        probe("a weight of shape (500, 80)", SHAPE, run=mean, atol=0.03),
        probe("whether two weights drawn with one rng are equal", (30, 20), run=two_layers),
        probe("whether two generators of one seed draw the same", (30, 20), run=repeated),
    ]


def wrong_draws(uniform: bool, sigma: str) -> list[Any]:
    """What can go wrong with any of them; ``sigma`` is the standard deviation in the solution's
    words, or for a uniform draw its bound."""
    call = "rng.uniform(-bound, bound, shape)" if uniform else f"rng.normal(0, {sigma}, shape)"
    function = "rng.uniform" if uniform else "rng.normal"
    numpy = "__import__('numpy').random"
    own: list[Any]
    if uniform:
        own = [
            (
                edit("-bound, bound", "0, bound"),
                "drawn from [0, b]: the weights have a mean",
                "What must the mean of the weights be for the cross terms to vanish?",
                UNIFORM,
            ),
            (
                [
                    edit(call, "rng.normal(0, bound / math.sqrt(3), shape)"),
                    edit(call, "rng.normal(0, bound, shape)"),
                ],
                "this is a normal draw; a uniform one is meant",
                "How far from 0 can a uniform weight be, in standard deviations?",
                UNIFORM,
            ),
            (
                edit("return rng", "bound /= math.sqrt(3)\n    return rng"),
                "the standard deviation was used as the uniform bound",
                "What is the variance of a draw from [−b, b]: b², b²/2 or b²/3?",
                UNIFORM,
            ),
            (
                [
                    edit("return rng", "bound *= math.sqrt(2)\n    return rng"),
                    edit("return rng", "bound *= 2\n    return rng"),
                    edit("return rng", "bound /= 2\n    return rng"),
                ],
                "the bound is not √3 standard deviations",
                "The variance of a draw from [−b, b] is (2b)²/12. Which b gives σ²?",
                UNIFORM,
            ),
            (edit("return rng", "bound = bound**2 / 3\n    return rng"), *VARIANCE),
            (
                edit("return rng", "bound = bound**2\n    return rng"),
                "the root is missing in the bound",
                "Is the variance b²/3 or b/3?",
                UNIFORM,
            ),
        ]
    else:
        own = [
            (
                [
                    edit(call, f"rng.uniform(-3**0.5 * ({sigma}), 3**0.5 * ({sigma}), shape)"),
                    edit(call, f"rng.uniform(-({sigma}), {sigma}, shape)"),
                ],
                "this is a uniform draw; a normal one is meant",
                "How far from 0 can a normal weight be?",
                UNIFORM,
            ),
            (
                edit(sigma, f"math.sqrt(3) * {sigma}"),
                "the uniform bound was used as a normal's standard deviation",
                "The √3 belongs to a uniform draw. What does a normal draw need?",
                UNIFORM,
            ),
            ([edit(sigma, f"({sigma}) ** 2")], *VARIANCE),
        ]
    return [
        *own,
        (
            edit(
                ", shape)",
                ", shape).clip(-bound / 2, bound / 2)"
                if uniform
                else f", shape).clip(-({sigma}), {sigma})",
            ),
            "the draw was clipped, which makes it narrower",
            "What becomes of the variance when the largest weights are cut?",
            UNIFORM,
        ),
        (
            edit(
                call,
                "rng.choice([-bound, bound], shape)"
                if uniform
                else f"rng.choice([-1, 1], shape) * ({sigma})",
            ),
            "only two numbers are drawn, ± one size",
            "How are the numbers of the docstring's distribution spread?",
            UNIFORM,
        ),
        (
            edit(function, f"{numpy}.default_rng(0).{function[4:]}"),
            "every call draws the same numbers: the generator is made anew inside",
            "Two layers initialized with one rng came out equal. Who should own the generator?",
            XAVIER,
        ),
        (
            edit(function, f"{numpy}.{function[4:]}"),
            "the numbers do not come from rng: no run could be repeated",
            "Two generators of one seed draw the same numbers. Whose numbers are yours?",
            XAVIER,
        ),
        (
            edit(", shape)", ", shape[::-1])"),
            "the weight has another shape than was asked for",
            "A weight is (fan_out, fan_in). Which of them does rng get first?",
            XAVIER,
        ),
    ]


def xavier(right: Any, six: int, uniform: bool) -> Check:
    root = f"math.sqrt({six} / (fan_in + fan_out))"
    return check(
        right,
        draws({"gain": 2.0}, {"gain": 0.3}),
        [
            (edit(root, f"math.sqrt({six} / (2 * fan_in))"), *LECUN),
            (
                edit(root, f"math.sqrt({six} / (2 * fan_out))"),
                "1/√fan_out: that keeps the backward signal only",
                "What would the forward signal ask for, and what lies between the two?",
            ),
            (
                edit(root, f"math.sqrt({six // 2} / (fan_in + fan_out))"),
                "the factor 2 was dropped",
                "The mean of fan_in and fan_out is their sum over … what?",
            ),
            (
                edit(root, f"math.sqrt({six} / fan_in)"),
                "Kaiming's rule, which looks at fan_in alone and makes up for a ReLU",
                "What would the backward signal ask for, and what lies between the two?",
            ),
            (
                edit(root, f"({six} / (fan_in + fan_out))"),
                "the root is missing",
                "rng.normal(mean, scale): is scale σ or σ²?",
            ),
            *wrong_draws(uniform, "gain * " + root),
            (edit(root, f"math.sqrt({six} / (6 * fan_in))"), *DEFAULT),
            (
                [edit(f"gain * {root}", f"math.sqrt(gain * {six} / (fan_in + fan_out))")],
                "the gain stands inside the root: it multiplies the variance",
                "A gain of 2 should make each weight 2 times as large. How much does yours?",
                GAINS,
            ),
            (
                [edit("gain *", "1 *"), edit("gain *", "1 / gain *"), edit("gain *", "gain**2 *")],
                "the gain is ignored, or does not multiply each weight once",
                "What should a gain of 2 do to each weight?",
                GAINS,
            ),
            (
                [
                    edit(root, f"math.sqrt({six} / fan_in + fan_out)"),
                    edit(root, f"math.sqrt({six}) / (fan_in + fan_out)"),
                    edit(root, f"{six} / math.sqrt(fan_in + fan_out)"),
                    edit(root, f"math.sqrt({six} / (fan_in * fan_out))"),
                    edit(root, f"math.sqrt((fan_in + fan_out) / {six})"),
                    edit(root, f"math.sqrt({six} * (fan_in + fan_out))"),
                    edit(root, "1 / (fan_in + fan_out)"),
                ],
                f"what stands under the root is not {six} / (fan_in + fan_out)",
                "Which parts belong below the line, and which below the root?",
            ),
        ],
    )


def kaiming(right: Any, uniform: bool) -> Check:
    sigma = (
        "calculate_gain(nonlinearity) * math.sqrt(3 / fan)"
        if uniform
        else "calculate_gain(nonlinearity) / math.sqrt(fan)"
    )
    mode = '0 if mode == "fan_in" else 1'
    scale = "math.sqrt(3)" if uniform else "1"
    return check(
        right,
        draws(
            {"mode": "fan_out"},
            *({"nonlinearity": n} for n in ("linear", "tanh", "leaky_relu")),
            {"mode": "fan_out", "nonlinearity": "tanh"},
        ),
        [
            (
                [edit(mode, "1"), edit(mode, '1 if mode == "fan_in" else 0')],
                "fan_out was used where fan_in is meant",
                "Which way does the signal go in mode fan_in: how many terms has one sum?",
            ),
            (
                edit("calculate_gain(nonlinearity)", "1"),
                "the gain is missing: ReLU needs one",
                "What share of the mean square survives a ReLU?",
            ),
            *wrong_draws(uniform, sigma),
            (
                edit(f"fans(shape)[{mode}]", "sum(fans(shape)) / 2"),
                "the mean of both fans: that is Xavier's compromise",
                "Which of the two does mode choose?",
            ),
            ([edit(sigma, f"{scale} / math.sqrt(3 * fan)")], *DEFAULT),
            (
                [
                    edit("calculate_gain(nonlinearity)", "calculate_gain(nonlinearity) ** 2"),
                    edit(sigma, f"{scale} * 2 / math.sqrt(fan)"),
                ],
                *GAIN_SQUARED,
            ),
            (
                edit("calculate_gain(nonlinearity)", "math.sqrt(calculate_gain(nonlinearity))"),
                "the gain stands inside the root: it multiplies the variance",
                "A gain of 2 should make each weight 2 times as large. How much does yours?",
                GAINS,
            ),
            (
                [edit(mode, "0")],
                "the mode is ignored",
                "mode='fan_out' keeps the gradient's size. How many terms has its sum?",
            ),
            (
                edit("calculate_gain(nonlinearity)", "math.sqrt(2)"),
                "the nonlinearity is ignored: ReLU's gain is always used",
                "What gain does a linear layer need?",
            ),
            (
                [
                    edit(sigma, f"{scale} * calculate_gain(nonlinearity) / fan"),
                    edit(sigma, f"{scale} * calculate_gain(nonlinearity) * math.sqrt(fan)"),
                ],
                "the weight's size is not the gain over √fan",
                "A sum of fan terms has fan times one term's variance. What undoes that?",
            ),
        ],
    )


# fmt: off
CHECKS: dict[str, Check] = {
    "calculate_gain": check(
        lab.calculate_gain,
        [
            probe("the gain of a linear layer", "linear"),
            probe("the gain of ReLU", "relu"),
            probe("the gain of leaky ReLU with slope 0.5", "leaky_relu", 0.5),
            probe("the gain of leaky ReLU with its default slope", "leaky_relu", atol=1e-9,
                rtol=1e-6),
            drawn("the gain of {} with slope {:.4g}",
                lambda rng: ("leaky_relu", rng.uniform(0.1, 0.9))),
            probe("the gain of tanh", "tanh"),
        ],
        [
            ([edit(RELU, "2,"), edit(LEAKY, "2 / (1 + slope**2)"),
              edit(RELU, "2,", LEAKY, "2 / (1 + slope**2)")], *GAIN_SQUARED),
            ([edit(*pairs) for root in ("{}", "math.sqrt({})")
              for pairs in ((RELU, root.format("0.5") + ","),
              (LEAKY, root.format("(1 + slope**2) / 2")),
              (RELU, root.format("0.5") + ",", LEAKY, root.format("(1 + slope**2) / 2")))],
             "the share that survives, not the factor that makes up for it",
             "Half is lost. Should the weights be smaller or larger?"),
            ([edit("slope**2", "slope"), edit("slope**2", "abs(slope)")],
             "the slope is not squared",
             "A negative z becomes slope · z. What becomes of its square?"),
            (edit(LEAKY, "math.sqrt(2)"),
             "the slope of the negative half is left out: this is ReLU's gain",
             "What does leaky ReLU do to the other half of the mean square?"),
            ([edit("1 + slope**2", "1 - slope**2"), edit("1 + slope**2", "slope**2"),
              edit("2 / (1 + slope**2)", "2 / 1 + slope**2"),
              edit("2 / (1 + slope**2)", "2 * (1 + slope**2)"),
              edit("2 / (1 + slope**2)", "1 / (1 + slope**2)")],
             "what survives of leaky ReLU is not ½ + ½ slope²",
             "Half of z² passes as it is. What does the other half leave behind?"),
            ([edit('"linear": 1.0', '"linear": math.sqrt(2)'),
              edit('"linear": 1.0', '"linear": 0.5')],
             "a linear layer needs no gain: nothing is lost",
             "Which share of E[z²] survives where there is no activation?"),
            ([edit("5 / 3", value) for value in ("1.0", "3 / 5", "math.sqrt(5 / 3)", "1.6",
              "math.sqrt(2)", "25 / 9")],
             "the gain of tanh is not 5/3",
             "Which number does the docstring give for tanh?"),
        ],
    ),
    "fans": check(
        lab.fans,
        [
            probe("(fan_in, fan_out) of shape (800, 200)", (800, 200)),
            probe("(fan_in, fan_out) of shape (8, 4, 3, 5)", (8, 4, 3, 5)),
            drawn("(fan_in, fan_out) of shape {}", lambda rng: (tuple(int(n)
                for n in rng.integers(2, 30, 4)),)),
            drawn("(fan_in, fan_out) of shape {}", lambda rng: (tuple(int(n)
                for n in rng.integers(2, 99, 2)),)),
        ],
        [
            ([edit("shape[1] * window, shape[0] * window", swapped)
              for swapped in ("shape[0] * window, shape[1] * window", "shape[0], shape[1]")],
             "fan_in and fan_out are swapped",
             "The shape is (out, in). How many terms does one output sum?"),
            ([edit("math.prod(shape[2:])", "1"), edit("shape[1] * window", "shape[1]"),
              edit("shape[0] * window", "shape[0]"), lambda s: (s[-1], s[0]),
              lambda s: (s[-1], s[-2])],
             "the convolution's window is left out",
             "One output of a 3 × 3 convolution sums over 9 positions of each input channel. "
                 "How many terms is that?"),
            ([edit("math.prod(shape[2:])", "sum(shape[2:])"),
              edit("math.prod(shape[2:])", "(sum(shape[2:]) or 1)"),
              lambda s: (s[1] + sum(s[2:]), s[0] + sum(s[2:]))],
             "the window's sides are added; an area is a product",
             "How many positions has a window of 3 by 5?"),
            ([edit("math.prod(shape[2:])", f"({w} if len(shape) > 2 else 1)")
              for w in ("shape[2]", "shape[3]", "shape[2] ** 2", "shape[3] ** 2")],
             "one side of the window stands for both",
             "How many positions has a window of 3 by 5?"),
            ([lambda s: (math.prod(s[1:]), math.prod(s[1:])),
              lambda s: (math.prod(s), math.prod(s)), lambda s: (math.prod(s[1:]), math.prod(s)),
              lambda s: (math.prod(s[1:]), math.prod(s[:-1]))],
             "an axis too many is in the product",
             "How many inputs' weights does one output touch? And one input, how many outputs'?"),
        ],
    ),
    "xavier_normal": xavier(lab.xavier_normal, 2, uniform=False),
    "xavier_uniform": xavier(lab.xavier_uniform, 6, uniform=True),
    "kaiming_normal": kaiming(lab.kaiming_normal, uniform=False),
    "kaiming_uniform": kaiming(lab.kaiming_uniform, uniform=True),
    **train_step.CHECKS,
}
# fmt: on
