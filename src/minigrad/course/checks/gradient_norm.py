"""Checks of lab 03's gradient norm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad
from minigrad.course.check import Mistake, Probe

LAYER_1 = "03-residual.md#the-gradient-at-layer-1"

SQUARED = Mistake("the root is missing", "How long is the arrow (3, 4)?", LAYER_1)
SUM_OF_NORMS = Mistake(
    "the norms were added; squares add, and the root comes last",
    "How long is the arrow (3, 4)?",
    LAYER_1,
)
MEAN_SQUARE = Mistake(
    "a mean, not a sum",
    "Would the length of an arrow change if it had one more entry, 0?",
    LAYER_1,
)
OF_VALUES = Mistake(
    "these are the parameters, not their gradients",
    "Where does backward leave its result?",
    LAYER_1,
)
CLIPPED = Mistake(
    "the gradients were clipped before they were measured: this is the ceiling",
    "Ten times larger gradients gave the same norm. What stood between backward and your sum?",
    LAYER_1,
)
ZEROED = Mistake(
    "the gradients were cleared before they were read",
    "Does a measurement change what it measures?",
    LAYER_1,
)
NONE_GRAD = Mistake(
    "a parameter whose grad is None stopped it",
    "A parameter that the loss does not use has no gradient. What does it add to the sum?",
    LAYER_1,
)


class WithGrad:
    """Parameters as grad_norm sees them."""

    def __init__(self, value: Any, grad: Any) -> None:
        self.data, self.grad = np.asarray(value), None if grad is None else minigrad.tensor(grad)
        self.requires_grad = True


def gradients(*pairs: Any) -> Callable[[Any], Any]:
    return lambda grad_norm: grad_norm([WithGrad(v, g) for v, g in pairs])


def also_tenfold(*pairs: Any) -> Callable[[Any], Any]:
    """A probe's run: the norm of some gradients, and of gradients ten times as large."""

    def run(grad_norm: Any) -> Any:
        small, large = ([WithGrad(v, k * np.array(g)) for v, g in pairs] for k in (1, 10))
        answers = grad_norm(small), grad_norm(large)
        return None if None in answers else answers

    return run


def twice(grad_norm: Any) -> Any:
    """The second measurement of the same gradients."""
    parameters = [WithGrad([7.0], [3.0]), WithGrad([7.0], [4.0])]
    grad_norm(parameters)
    return grad_norm(parameters)


CHECKS: dict[str, list[Probe]] = {
    "grad_norm": [
        Probe(
            "the norms of two gradients 3 and 4, and of 30 and 40",
            also_tenfold(([7.0], [3.0]), ([8.0], [4.0])),
            (5.0, 50.0),
            [
                ((25.0, 2500.0), SQUARED),
                ((7.0, 70.0), SUM_OF_NORMS),
                ((12.5**0.5, 1250**0.5), MEAN_SQUARE),
                ((12.5, 1250.0), MEAN_SQUARE),
                ((113**0.5, 113**0.5), OF_VALUES),
                ((0.0, 0.0), ZEROED),
                (lambda v: abs(v[0] - v[1]) < 1e-3, CLIPPED),
            ],
        ),
        Probe(
            "the norm of a gradient [[1, 2], [4, 2]] and one of −12",
            gradients(([[0.0, 0], [0, 0]], [[1.0, 2], [4, 2]]), ([1.0], [-12.0])),
            13.0,
            [(17.0, SUM_OF_NORMS), (169.0, SQUARED), (lambda v: v < 12.9, MEAN_SQUARE)],
        ),
        Probe(
            "the norm of 3 and 4, and a parameter whose grad is None",
            gradients(([7.0], [3.0]), ([7.0], None), ([7.0], [4.0])),
            5.0,
            [(AttributeError, NONE_GRAD), (TypeError, NONE_GRAD)],
        ),
        Probe("the norm of 3 and 4, measured a second time", twice, 5.0, [(0.0, ZEROED)]),
    ],
}
