"""Checks of lab 01's training step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import minigrad
from minigrad.course.check import Mistake, Probe
from minigrad.course.values import a_kind

STEP = "01-initialization.md#a-training-step"

NO_ZERO = Mistake(
    "the gradients of earlier steps are still in it",
    "x² at 3 has the gradient 6, yet the second step saw 12. What adds up?",
    STEP,
)
ZEROED_LATE = Mistake(
    "the gradients were gone when the update came",
    "In which order must zero_grad, backward and step come?",
    STEP,
)
NO_RETURN = Mistake("a `return` is missing", "What is asked for besides the update?", STEP)
NO_STEP = Mistake("no update was made", "Which call changes the parameters?", STEP)
SWAPPED = Mistake(
    "loss_fn was given y first, and the prediction second",
    "loss_fn(prediction, y): a cross-entropy tells its two arguments apart. Does the order hold?",
    STEP,
)
A_TENSOR = Mistake(
    "the loss was returned as a Tensor, which keeps its whole graph alive",
    "Which method of a Tensor with one entry gives that entry as a Python number?",
    STEP,
)
LOSS_AFTER = Mistake(
    "the loss was computed again after the update",
    "Which loss do the gradients belong to?",
    STEP,
)


class Recorder:
    """An optimizer that notes the gradient each step sees, and moves the weight by `by`."""

    def __init__(self, weight: Any, by: float = 0.0) -> None:
        self.weight, self.by, self.seen = weight, by, list[float]()

    def zero_grad(self, set_to_none: bool = True) -> None:
        self.weight.grad = None

    def step(self) -> None:
        grad = self.weight.grad
        self.seen.append(0.0 if grad is None else float(grad.data))
        self.weight.data = self.weight.data + self.by


def training(by: float, note: str) -> Callable[[Any], Any]:
    """Three steps on the loss w² − y, w = 3, y = 0: what the optimizer saw, or the losses."""

    def run(train_step: Any) -> Any:
        weight = minigrad.tensor(3.0, requires_grad=True)
        optimizer = Recorder(weight, by)
        out = [
            train_step(lambda x: weight * x, lambda p, y: p * p - y, optimizer, 1.0, 0.0)
            for _ in range(3)
        ]
        return optimizer.seen if note == "gradients" else out

    return run


def returned(train_step: Any) -> str:
    """What kind of thing a step returns: "a number" is right."""
    weight = minigrad.tensor(3.0, requires_grad=True)
    return a_kind(
        train_step(lambda x: weight * x, lambda p, y: p * p - y, Recorder(weight), 1.0, 0.0)
    )


CHECKS: dict[str, list[Probe]] = {
    "train_step": [
        Probe(
            "the gradients that three steps saw, for the loss w² at w = 3",
            training(0.0, "gradients"),
            [6.0, 6.0, 6.0],
            [
                ([6.0, 12.0, 18.0], NO_ZERO),
                ([0.0, 0.0, 0.0], ZEROED_LATE),
                (lambda seen: len(seen) == 0, NO_STEP),
                ([-1.0, -1.0, -1.0], SWAPPED),
            ],
        ),
        Probe(
            "what a step returns",
            returned,
            "a number",
            [("a Tensor", A_TENSOR), ("None", NO_RETURN)],
        ),
        Probe(
            "the losses of three steps that move w from 3 by −1 each",
            training(-1.0, "losses"),
            [9.0, 4.0, 1.0],
            [([4.0, 1.0, 0.0], LOSS_AFTER)],
        ),
    ],
}
