"""Checks of lab 03's gradient norm."""

from typing import Any

import numpy as np

from minigrad.course.check import InputChanged, apply, check, drawn, edit, instead, probe, solutions
from minigrad.course.checks.tensors import tensor
from minigrad.course.values import array

lab = solutions("03_residual_depth")


def measured(grad_norm: Any, *pairs: Any) -> Any:
    """The norm of Tensors with a value and a gradient each, None for one that the loss did not use;
    the gradients must still be there afterwards."""
    given = [tensor(np.array(value, np.float64), requires_grad=True) for value, _ in pairs]
    grads = [None if grad is None else np.array(grad, np.float64) for _, grad in pairs]
    for parameter, grad in zip(given, grads, strict=True):
        parameter.grad = tensor(grad)
    norm = apply(grad_norm, given)
    for parameter, grad in zip(given, grads, strict=True):
        if not np.array_equal(array(parameter.grad), array(grad)):
            raise InputChanged("the gradients")
    return norm


def drawn_pairs(rng: np.random.Generator, scale: float = 1.0) -> list[Any]:
    shapes = [(2, 3), (4,), (), (1, 2)]
    return [(rng.normal(size=s), scale * rng.normal(size=s)) for s in shapes]


SUM = "sum(float((p.grad.data**2).sum()) for p in parameters if p.grad is not None)"
GRADS = "for p in parameters if p.grad is not None"
NORM = "float((p.grad.data**2).sum()) ** 0.5"

# fmt: off
CHECKS = {
    "grad_norm": check(lab.grad_norm, [
        probe("the norm of two gradients, 3 and 4", ([7.0], [3.0]), ([8.0], [4.0]), run=measured),
        drawn("the norm of four gradients of several shapes", drawn_pairs, measured),
        drawn("the norm of four gradients, each a thousand times larger",
            lambda rng: drawn_pairs(rng, 1e3), measured),
        drawn("the norm of four gradients, each a thousandth of that",
            lambda rng: drawn_pairs(rng, 1e-3), measured, atol=1e-9),
        probe("the norm of 3 and 4, and a parameter between them whose grad is None",
            ([7.0], [3.0]), ([7.0], None), ([7.0], [4.0]), run=measured),
    ], [
        (SUM,
         "the root is missing",
         "How long is the arrow (3, 4)?"),
        ([f"sum({NORM} {GRADS})", f"math.sqrt(sum({NORM} {GRADS}))"],
         "the norms were added; squares add, and the root comes last",
         "How long is the arrow (3, 4)?"),
        ([edit(".sum())", ".mean())"),
          instead(SUM, f"{SUM} / max(1, len(parameters))",
                  f"({SUM}) / max(1, sum(p.grad.data.numel() {GRADS}))"),
          f"math.sqrt({SUM}) / max(1, len(parameters))"],
         "a mean, not a sum",
         "Would the length of an arrow change if it had one more entry, 0?"),
        (edit("p.grad.data**2", "p.data**2"),
         "these are the parameters, not their gradients",
         "Where does backward leave its result?"),
        ([f"min({most}, math.sqrt({SUM}))" for most in (0.5, 1.0, 5.0)],
         "the gradients were clipped before they were measured: this is the ceiling",
         "Ten times larger gradients gave the same norm. What stood between backward and your "
             "sum?"),
        (edit("return math", "total = math", "is not None))",
              "is not None))\n    for p in parameters:\n        p.grad = None\n    return total"),
         "the gradients were cleared when they were measured",
         "Does a measurement change what it measures?"),
        (edit(" if p.grad is not None", ""),
         "a parameter whose grad is None stopped it",
         "A parameter that the loss does not use has no gradient. What does it add to the sum?"),
        ([f"max({size} {GRADS})" for size in (NORM, "float(p.grad.data.abs().max())")],
         "the largest, not the length of all together",
         "How long is the arrow (3, 4)?"),
        (f"sum(float(p.grad.data.abs().sum()) {GRADS})",
         "the sum of |g|, not the root of the sum of squares",
         "How long is the arrow (3, 4)?"),
        ([f"float(sum(p.grad.data.sum() {GRADS}))",
          edit("p.grad.data**2).sum()", "p.grad.data.sum()**2)")],
         "the entries were added before they were squared: they cancel",
         "How long is the arrow (3, −3)?"),
        (edit(GRADS, "for p in __import__('itertools').takewhile("
              "lambda p: p.grad is not None, parameters)"),
         "the sum ends at the first parameter without a gradient",
         "Does a parameter that the loss does not use end the list?"),
    ]),
}
