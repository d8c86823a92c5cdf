"""Checks of lab 03's stack of blocks: the norm at its end, and a block without its skip."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import minigrad
from minigrad import nn
from minigrad.course.check import InputChanged, Mistake, Probe
from minigrad.course.values import array

FINAL, WITHOUT = "03-residual.md#the-final-norm", "03-residual.md#without-the-skip"
NO_FINAL = Mistake(
    "the final norm is missing: the stream has grown with depth",
    "Each of fifty blocks adds a share of size 1. How large is the sum?",
    FINAL,
)
NORM_FIRST = Mistake(
    "the final norm came first",
    "Whose output must the head not see unnormalized?",
    FINAL,
)
NORM_EACH = Mistake(
    "the norm was applied after every block: this is post-norm",
    "How often is the final norm applied?",
    FINAL,
)
SAME_INPUT = Mistake("every block got the first x", "What is the input of block 2?", FINAL)
SKIP_KEPT = Mistake("the skip is still there", "Which term of x + f(norm(x)) is the skip?", WITHOUT)
NORM_LOST = Mistake(
    "the norm went out with the skip",
    "Only one thing may change in an experiment. What should f still see?",
    WITHOUT,
)


def t(values: Any, **options: Any) -> Any:
    return minigrad.tensor(np.asarray(values), dtype=minigrad.float64, **options)


X = np.array([[1.0, 2.0, 3.0, 4.0]])


def norm(x: Any) -> Any:
    c = x - x.mean(dim=-1, keepdim=True)
    return c / ((c * c).mean(dim=-1, keepdim=True) + 1e-5).sqrt()


def normed(x: Any) -> Any:
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)


def rms_tensor(x: Any) -> Any:
    return x / ((x * x).mean(dim=-1, keepdim=True) + 1e-5).sqrt()


def triple(x: Any) -> Any:
    return x * 3


def square(x: Any) -> Any:
    return x * x


def blocks(count: int) -> list[Callable[[Any], Any]]:
    """Blocks that each add an independent share of size 1, like a branch at its start."""
    shares = np.random.default_rng(0).normal(size=(count, 8, 64))
    return [partial(operator.add, t(share)) for share in shares]


def stream(count: int) -> Any:
    x = np.random.default_rng(1).normal(size=(8, 64))
    return x + np.random.default_rng(0).normal(size=(count, 8, 64)).sum(0), x


def stack_size(function: Any) -> Any:
    """The size (RMS) of what the head sees after fifty blocks."""
    result = function(t(stream(50)[1]), blocks(50), rms_tensor)
    return float(np.sqrt((array(result) ** 2).mean())) if hasattr(result, "backward") else result


def stack(function: Any) -> Any:
    given = [square, triple]
    result = function(t(X), given, lambda x: x + 1)
    if given != [square, triple]:
        raise InputChanged("blocks")
    return result


class Layer(nn.Module):
    """A function of a Tensor, as a module."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)


N = normed(X)

CHECKS: dict[str, list[Probe]] = {
    "pre_norm_stack": [
        Probe(
            "the blocks x², 3x, and x + 1 in the final norm's place, for x = [1, 2, 3, 4]",
            stack,
            t(3 * X**2 + 1),
            [
                (3 * X**2, NO_FINAL),
                (3 * (X + 1) ** 2, NORM_FIRST),
                (3 * (X**2 + 1) + 1, NORM_EACH),
                (3 * X + 1, SAME_INPUT),
            ],
        ),
        Probe(
            "the size of what the head sees after fifty blocks",
            stack_size,
            1.0,
            [(lambda size: size > 5, NO_FINAL)],
            rtol=0.02,
        ),
    ],
    "remove_skip": [
        Probe(
            "the block without its skip, for f(x) = x², x = [1, 2, 3, 4]",
            lambda remove_skip: remove_skip(nn.PreNorm(Layer(norm), Layer(square)))(t(X)),
            t(N**2),
            [
                (X + N**2, SKIP_KEPT),
                (X**2, NORM_LOST),
                (normed(X**2), NORM_LOST),
                (N + N**2, SKIP_KEPT),
            ],
        ),
    ],
}
