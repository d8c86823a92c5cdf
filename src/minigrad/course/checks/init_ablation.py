"""Checks of lab 01: Xavier and Kaiming; gains and the training step have files of their own.

A draw is judged by what it is like over 40,000 weights: their standard deviation has an error of
0.35 % of its own, and is asked for within 2.5 %.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.course.check import Check, Probe, check, demand, edit, instead, probe, solutions
from minigrad.course.checks import gains, train_step
from minigrad.course.checks.gains import GAIN_SQUARED, GAINS

lab = solutions("01_init_ablation")
# fan_out, fan_in: far apart, so that each rule has its own number
SHAPE, OTHERS = (500, 80), [(120, 300), (600, 60)]
XAVIER = "01-initialization.md#xavier"
UNIFORM = "01-initialization.md#uniform-draws"


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
            probe(f"a weight of shape {shape}{''.join(f', {k} = {v!r}' for k, v in o.items())}",
                  shape, o, run=spread, **tolerance)
            for o, shape in zip(({}, *options), itertools.cycle([SHAPE, *OTHERS]))
        ),
        probe("a weight of shape (500, 80)", SHAPE, run=mean, atol=0.03),
        probe("whether two weights drawn with one rng are equal", (30, 20), run=two_layers),
        probe("whether two generators of one seed draw the same", (30, 20), run=repeated),
    ]  # fmt: skip


# fmt: off
DEFAULT = ("uniform on ±1/√fan_in: PyTorch's default for linear layers, which keeps a third",
    "What variance has a draw from ±1/√n? And n times that?", UNIFORM)
VARIANCE = ("the variance was passed where the standard deviation is meant",
    "rng.normal(mean, scale): is scale σ or σ²?", XAVIER)


def of_any(call: str, size: str, most: str) -> list[Any]:
    """What can go wrong with any draw: the solution's, one size of it, and where to clip it."""
    return [
        (f"{call}.clip(-{most}, {most})",
         "the draw was clipped, which makes it narrower",
         "What becomes of the variance when the largest weights are cut?", UNIFORM),
        (f"rng.choice([-1, 1], shape) * {size}",
         "only two numbers are drawn, ± one size",
         "How are the numbers of the docstring's distribution spread?", UNIFORM),
        (call.replace("rng", "np.random.default_rng(0)"),
         "every call draws the same numbers: the generator is made anew inside",
         "Two layers initialized with one rng came out equal. Who should own the generator?",
         XAVIER),
        (call.replace("rng", "np.random"),
         "the numbers do not come from rng: no run could be repeated",
         "Two generators of one seed draw the same numbers. Whose numbers are yours?", XAVIER),
        (call.replace("shape)", "shape[::-1])"),
         "the weight has another shape than was asked for",
         "A weight is (fan_out, fan_in). Which of them does rng get first?", XAVIER),
    ]


def of_normal(sigma: str) -> list[Any]:
    """What can go wrong with a normal draw of this standard deviation."""
    call, size = f"rng.normal(0, {sigma}, shape)", f"({sigma})"
    return [
        ([f"rng.uniform(-1, 1, shape) * {size}", f"rng.uniform(-1, 1, shape) * {size} * 3**0.5"],
         "this is a uniform draw; a normal one is meant",
         "How far from 0 can a normal weight be?", UNIFORM),
        (f"{call} * math.sqrt(3)",
         "the uniform bound was used as a normal's standard deviation",
         "The √3 belongs to a uniform draw. What does a normal draw need?", UNIFORM),
        (f"{call} * {size}", *VARIANCE),
        *of_any(call, size, most=size),
    ]


BOUNDED = "rng.uniform(-bound, bound, shape)"
OF_UNIFORM = [
    ("rng.uniform(0, bound, shape)",
     "drawn from [0, b]: the weights have a mean",
     "What must the mean of the weights be for the cross terms to vanish?", UNIFORM),
    (["rng.normal(0, bound / math.sqrt(3), shape)", "rng.normal(0, bound, shape)"],
     "this is a normal draw; a uniform one is meant",
     "How far from 0 can a uniform weight be, in standard deviations?", UNIFORM),
    (f"{BOUNDED} / math.sqrt(3)",
     "the standard deviation was used as the uniform bound",
     "What is the variance of a draw from [−b, b]: b², b²/2 or b²/3?", UNIFORM),
    ([f"{BOUNDED} * math.sqrt(2)", f"{BOUNDED} * 2", f"{BOUNDED} / 2"],
     "the bound is not √3 standard deviations",
     "The variance of a draw from [−b, b] is (2b)²/12. Which b gives σ²?", UNIFORM),
    (f"{BOUNDED} * bound / 3", *VARIANCE),
    (f"{BOUNDED} * bound",
     "the root is missing in the bound",
     "Is the variance b²/3 or b/3?", UNIFORM),
    *of_any(BOUNDED, "bound", most="bound / 2"),
]


def xavier(right: Any, six: int, uniform: bool) -> Check:
    root = f"math.sqrt({six} / (fan_in + fan_out))"
    return check(right, draws({"gain": 2.0}, {"gain": 0.3}), [
        (edit(root, f"math.sqrt({six} / (2 * fan_in))"),
         "1/√fan_in: that keeps the forward signal only (LeCun's rule)",
         "What would the backward signal ask for, and what lies between the two?"),
        (edit(root, f"math.sqrt({six} / (2 * fan_out))"),
         "1/√fan_out: that keeps the backward signal only",
         "What would the forward signal ask for, and what lies between the two?"),
        (edit(root, f"math.sqrt({six // 2} / (fan_in + fan_out))"),
         "the factor 2 was dropped",
         "The mean of fan_in and fan_out is their sum over … what?"),
        (edit(root, f"math.sqrt({six} / fan_in)"),
         "Kaiming's rule, which looks at fan_in alone and makes up for a ReLU",
         "What would the backward signal ask for, and what lies between the two?"),
        (edit(root, f"({six} / (fan_in + fan_out))"),
         "the root is missing",
         "rng.normal(mean, scale): is scale σ or σ²?"),
        *(OF_UNIFORM if uniform else of_normal(f"gain * {root}")),
        (edit(root, f"math.sqrt({six} / (6 * fan_in))"), *DEFAULT),
        (edit(f"gain * {root}", f"math.sqrt(gain * {six} / (fan_in + fan_out))"),
         "the gain stands inside the root: it multiplies the variance",
         "A gain of 2 should make each weight 2 times as large. How much does yours?", GAINS),
        (instead("gain *", "1 *", "1 / gain *", "gain**2 *"),
         "the gain is ignored, or does not multiply each weight once",
         "What should a gain of 2 do to each weight?", GAINS),
        (instead(root, f"math.sqrt({six} / fan_in + fan_out)",
                 f"math.sqrt({six}) / (fan_in + fan_out)", f"{six} / math.sqrt(fan_in + fan_out)",
                 f"math.sqrt({six} / (fan_in * fan_out))", f"math.sqrt((fan_in + fan_out) / {six})",
                 f"math.sqrt({six} * (fan_in + fan_out))", "1 / (fan_in + fan_out)"),
         f"what stands under the root is not {six} / (fan_in + fan_out)",
         "Which parts belong below the line, and which below the root?"),
    ])


def kaiming(right: Any, uniform: bool) -> Check:
    scale = "math.sqrt(3)" if uniform else "1"
    root = "* math.sqrt(3 / fan)" if uniform else "/ math.sqrt(fan)"
    sigma = f"calculate_gain(nonlinearity) {root}"
    mode = '0 if mode == "fan_in" else 1'
    return check(right, draws(
        {"mode": "fan_out"},
        *({"nonlinearity": n} for n in ("linear", "tanh", "leaky_relu")),
        {"mode": "fan_out", "nonlinearity": "tanh"},
    ), [
        (instead(mode, "1", '1 if mode == "fan_in" else 0'),
         "fan_out was used where fan_in is meant",
         "Which way does the signal go in mode fan_in: how many terms has one sum?"),
        (edit("calculate_gain(nonlinearity)", "1"),
         "the gain is missing: ReLU needs one",
         "What share of the mean square survives a ReLU?"),
        *(OF_UNIFORM if uniform else of_normal(sigma)),
        (edit(f"fans(shape)[{mode}]", "sum(fans(shape)) / 2"),
         "the mean of both fans: that is Xavier's compromise",
         "Which of the two does mode choose?"),
        (edit(sigma, f"{scale} / math.sqrt(3 * fan)"), *DEFAULT),
        ([edit("calculate_gain(nonlinearity)", "calculate_gain(nonlinearity) ** 2"),
          edit(sigma, f"{scale} * 2 / math.sqrt(fan)")], *GAIN_SQUARED),
        (edit("calculate_gain(nonlinearity)", "math.sqrt(calculate_gain(nonlinearity))"),
         "the gain stands inside the root: it multiplies the variance",
         "A gain of 2 should make each weight 2 times as large. How much does yours?", GAINS),
        (edit(mode, "0"),
         "the mode is ignored",
         "mode='fan_out' keeps the gradient's size. How many terms has its sum?"),
        (edit("calculate_gain(nonlinearity)", "math.sqrt(2)"),
         "the nonlinearity is ignored: ReLU's gain is always used",
         "What gain does a linear layer need?"),
        (instead(sigma, f"{scale} * calculate_gain(nonlinearity) / fan",
                 f"{scale} * calculate_gain(nonlinearity) * math.sqrt(fan)"),
         "the weight's size is not the gain over √fan",
         "A sum of fan terms has fan times one term's variance. What undoes that?"),
    ])


CHECKS = {
    **gains.CHECKS,
    "xavier_normal": xavier(lab.xavier_normal, 2, uniform=False),
    "xavier_uniform": xavier(lab.xavier_uniform, 6, uniform=True),
    "kaiming_normal": kaiming(lab.kaiming_normal, uniform=False),
    "kaiming_uniform": kaiming(lab.kaiming_uniform, uniform=True),
    **train_step.CHECKS,
}
