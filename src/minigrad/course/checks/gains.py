"""Checks of lab 01: gains, fan_in and fan_out."""

from __future__ import annotations

from math import sqrt

from minigrad.course.check import Mistake, Probe, call

PAGE = "01-initialization.md"

GAIN_SQUARED = Mistake(
    "this is the factor on the variance; the gain multiplies the standard deviation",
    "If the variance must double, by how much must each weight grow?",
    f"{PAGE}#gains",
)
GAIN_INVERTED = Mistake(
    "the share that survives, not the factor that makes up for it",
    "Half is lost. Should the weights be smaller or larger?",
    f"{PAGE}#gains",
)
SLOPE = Mistake(
    "the slope is not squared",
    "A negative z becomes slope · z. What becomes of its square?",
    f"{PAGE}#gains",
)
SLOPE_IGNORED = Mistake(
    "the slope of the negative half is left out: this is ReLU's gain",
    "What does leaky ReLU do to the other half of the mean square?",
    f"{PAGE}#gains",
)
FANS_SWAPPED = Mistake(
    "fan_in and fan_out are swapped",
    "The shape is (out, in). How many terms does one output sum?",
    f"{PAGE}#xavier",
)
NO_WINDOW = Mistake(
    "the convolution's window is left out",
    "One output of a 3 × 3 convolution sums over 9 positions of each input channel. How many terms "
    "is that?",
    f"{PAGE}#xavier",
)

CHECKS: dict[str, list[Probe]] = {
    "calculate_gain": [
        Probe("the gain of a linear layer", call("linear"), 1.0),
        Probe(
            "the gain of ReLU",
            call("relu"),
            sqrt(2),
            [(2.0, GAIN_SQUARED), (0.5, GAIN_INVERTED), (sqrt(0.5), GAIN_INVERTED)],
        ),
        Probe(
            "the gain of leaky ReLU with slope 0.5",
            call("leaky_relu", 0.5),
            sqrt(2 / 1.25),
            [
                (sqrt(2 / 1.5), SLOPE),
                (sqrt(2), SLOPE_IGNORED),
                (2 / 1.25, GAIN_SQUARED),
                (sqrt(1.25 / 2), GAIN_INVERTED),
            ],
        ),
        Probe("the gain of tanh", call("tanh"), 5 / 3),
    ],
    "fans": [
        Probe(
            "(fan_in, fan_out) of shape (800, 200)",
            call((800, 200)),
            (200, 800),
            [((800, 200), FANS_SWAPPED)],
        ),
        Probe(
            "(fan_in, fan_out) of shape (8, 4, 3, 5)",
            call((8, 4, 3, 5)),
            (60, 120),
            [
                ((4, 8), NO_WINDOW),
                ((60, 8), NO_WINDOW),
                ((120, 60), FANS_SWAPPED),
            ],
        ),
    ],
}
