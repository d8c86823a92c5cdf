"""Checks of lab 03: the residual connection, the norm's place, and what breaks without the skip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.course.check import InputChanged, Mistake, Probe
from minigrad.course.checks import gradient_norm, stack, symptoms
from minigrad.course.checks.stack import N, X, norm, normed, square, t, triple

PAGE = "03-residual.md"
PATH, PLACE = f"{PAGE}#the-identity-path", f"{PAGE}#pre-norm-and-post-norm"
NO_SKIP = Mistake(
    "the skip is missing: only the branch comes out", "If f gives 0, what must come out?", PATH
)
DOUBLED = Mistake("the skip is counted twice", "If f gives 0, what must come out?", PATH)
NO_BRANCH = Mistake(
    "the branch is missing: f adds nothing", "What does the block learn with?", PATH
)
RELU_AFTER = Mistake(
    "an activation stands after the addition: negative numbers are gone from the identity path",
    "Can anything that is negative still pass through fifty of these blocks?",
    PATH,
)
IN_PLACE = Mistake(
    "the addition wrote into the caller's x",
    "x += … changes the array that another layer may still need. What does x + … do?",
    PATH,
)
NO_SCALE = Mistake("the scale is ignored", "Residual(f, scale=0.5): what is halved?", PATH)
SCALED_SKIP = Mistake(
    "the scale stands on the skip too", "Which of the two paths must be left untouched?", PATH
)
SCALE_INSIDE = Mistake(
    "the scale stands inside f: f(scale · x)",
    "In x + scale · f(x), is it f's input that is made smaller, or what f adds?",
    PATH,
)
CUT = Mistake(
    "no gradient reaches x: the graph was cut",
    "Which step leaves Tensors, by .array, .numpy(), .item() or detach()?",
    PATH,
)
SKIP_CUT = Mistake(
    "the skip carries no gradient",
    "y = x + 3x has slope 4. Which of the two paths does yours not see?",
    PATH,
)
BRANCH_CUT = Mistake(
    "the branch carries no gradient",
    "y = x + 3x has slope 4. Which of the two paths does yours not see?",
    PATH,
)
SKIP_NORMED = Mistake(
    "the skip is normalized too",
    "In pre-norm, what should the identity path do to x?",
    PLACE,
)
IS_POST = Mistake("this is post-norm", "Does the norm stand before f or after the addition?", PLACE)
IS_PRE = Mistake("this is pre-norm", "Does the norm stand before f or after the addition?", PLACE)
NO_NORM = Mistake("the norm is missing", "What does the block do with self.norm?", PLACE)
NORM_OF_BRANCH = Mistake(
    "only the branch is normalized", "What is inside the norm of post-norm?", PLACE
)
NEGATIVE = np.array([[-1.0, 2.0, -3.0, 0.5]])


def zero(x: Any) -> Any:
    return x * 0


def out(*args: Any, x: Any = X, **options: Any) -> Callable[[Any], Any]:
    """A probe's run: build the module, apply it to x; raise if x was changed."""

    def run(module: Any) -> Any:
        given = t(x)
        result = module(*args, **options)(given)
        if not np.array_equal(given.array, x):
            raise InputChanged("x")
        return result

    return run


def double(x: Any) -> Any:
    return x * 2


def slope(*args: Any) -> Callable[[Any], Any]:
    """A probe's run: the gradient by x of the module that these make."""

    def run(module: Any) -> Any:
        x = t([[1.0]], requires_grad=True)
        y = module(*args)(x)
        if not hasattr(y, "backward") or not y.requires_grad:
            return None
        y.sum().backward()
        return None if x.grad is None else float(x.grad.array.item())

    return run


def block_slope(right: float, without_skip: float, without_branch: float) -> Probe:
    return Probe(
        "the slope of the block for f(x) = 3x and, in the norm's place, 2x",
        slope(double, triple),
        right,
        [
            (without_skip, SKIP_CUT),
            (without_branch, BRANCH_CUT),
            (lambda g: g is None, CUT),
        ],
    )


CHECKS: dict[str, list[Probe]] = {
    "Residual": [
        Probe(
            "Residual(f)(x) for f = 0, x = [1, 2, 3, 4]",
            out(zero),
            t(X),
            [
                (np.zeros((1, 4)), NO_SKIP),
                (2 * X, DOUBLED),
                (InputChanged, IN_PLACE),
            ],
        ),
        Probe(
            "Residual(f)(x) for f = 0 and negative x",
            out(zero, x=NEGATIVE),
            t(NEGATIVE),
            [(np.maximum(NEGATIVE, 0), RELU_AFTER)],
        ),
        Probe(
            "Residual(f)(x) for f(x) = 3x",
            out(triple),
            t(4 * X),
            [(X, NO_BRANCH), (3 * X, NO_SKIP), (5 * X, DOUBLED), (InputChanged, IN_PLACE)],
        ),
        Probe(
            "Residual(f, scale=0.5)(x) for f(x) = x²",
            out(square, scale=0.5),
            t(X + X**2 / 2),
            [
                (X + X**2, NO_SCALE),
                ((X + X**2) / 2, SCALED_SKIP),
                (X + (X / 2) ** 2, SCALE_INSIDE),
            ],
        ),
        Probe(
            "the slope of y = x + 3x",
            slope(triple),
            4.0,
            [(3.0, SKIP_CUT), (1.0, BRANCH_CUT), (lambda g: g is None, CUT)],
        ),
    ],
    "PreNormBlock": [
        Probe(
            "the block for f(x) = x², x = [1, 2, 3, 4]",
            out(norm, square),
            t(X + N**2),
            [
                (normed(X + X**2), IS_POST),
                (X + X**2, NO_NORM),
                (N + N**2, SKIP_NORMED),
                (X + normed(X**2), NORM_OF_BRANCH),
                (N**2, NO_SKIP),
                (2 * X + N**2, DOUBLED),
                (X, NO_BRANCH),
                (InputChanged, IN_PLACE),
            ],
        ),
        Probe(
            "the block for f = 0 and negative x",
            out(norm, zero, x=NEGATIVE),
            t(NEGATIVE),
            [(np.maximum(NEGATIVE, 0), RELU_AFTER)],
        ),
        block_slope(7.0, without_skip=6.0, without_branch=1.0),
    ],
    "PostNormBlock": [
        Probe(
            "the block for f(x) = x², x = [1, 2, 3, 4]",
            out(norm, square),
            t(normed(X + X**2)),
            [
                (X + N**2, IS_PRE),
                (X + X**2, NO_NORM),
                (normed(X**2), NO_SKIP),
                (normed(2 * X + X**2), DOUBLED),
                (X + normed(X**2), NORM_OF_BRANCH),
                (N, NO_BRANCH),
                (InputChanged, IN_PLACE),
            ],
        ),
        Probe("the block for f = 0, x = [1, 2, 3, 4]", out(norm, zero), t(N)),
        block_slope(8.0, without_skip=6.0, without_branch=2.0),
    ],
    **stack.CHECKS,
    **gradient_norm.CHECKS,
    **symptoms.CHECKS,
}
