"""Checks of the warm-up's backward over a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.course.check import Mistake, Probe

OVERWRITES = Mistake(
    "a second use overwrites the gradient of the first",
    "x is used three times in x²(x² + x). How do the paths' contributions combine?",
    "autograd.md#backward-over-a-graph",
)
TOO_EARLY = Mistake(
    "a node passed its gradient on before all of it had arrived",
    "When is a node's gradient complete? Which nodes must have had their turn before it?",
    "autograd.md#backward-over-a-graph",
)
PASSED_TWICE = Mistake(
    "a node's gradient was passed on once per path, the earlier part again each time",
    "A node that is reached by two paths: how often should it hand its gradient to its parents?",
    "autograd.md#backward-over-a-graph",
)
NO_SEED = Mistake(
    "the root has no gradient to start from",
    "What is the derivative of root by root?",
    "autograd.md#backward-over-a-graph",
)
ALIASED = Mistake(
    "an in-place addition wrote into an array that another node holds too",
    "x + y hands the very same g to both. What happens to y.grad when you do x.grad += …?",
    "autograd.md#backward-over-a-graph",
)
RECURSIVE = Mistake(
    "the walk through the graph is recursive, and Python's stack is about 1,000 calls deep",
    "How would a list that you push to and pop from replace the recursion?",
    "autograd.md#backward-over-a-graph",
)
ACCUMULATES = Mistake(
    "the gradients of an earlier backward are still there",
    "Nothing zeroed grad since the last call. What should a node's grad be when backward begins?",
    "autograd.md#backward-over-a-graph",
)


def graph(build: Callable[[Callable[[Any], Any]], tuple[Any, list[Any]]]) -> Callable[[Any], Any]:
    """A probe's run: build a graph, call backward once, return the leaves' gradients."""

    def run(backward: Any) -> Any:
        node = backward.__globals__["Node"]
        root, leaves = build(node)
        backward(root)
        grads = tuple(None if n.grad is None else np.array(n.grad) for n in leaves)
        return grads if len(grads) > 1 else grads[0]

    return run


def polynomial(node: Any) -> Any:
    x = node(2.0)
    a = x * x
    return a * (a + x), [x]


def twice(backward: Any) -> Any:
    """x² at 3, built and differentiated twice from the same leaf."""
    node = backward.__globals__["Node"]
    x = node(3.0)
    backward(x * x)
    backward(x * x)
    return np.array(x.grad)


def aliased(node: Any) -> Any:
    x, y = node(np.zeros(2)), node(np.zeros(2))
    return (x + y) + x, [x, y]


def uneven(node: Any) -> Any:
    """A leaf used near the root and, through a longer path, far from it."""
    x = node(3.0)
    long = x * x
    for _ in range(3):
        long = long + long
    return x * long, [x]


def doublings(node: Any) -> Any:
    x = node(1.0)
    total = x
    for _ in range(60):
        total = total + total
    return total, [x]


def chain(node: Any) -> Any:
    x, one = node(1.0), node(0.0)
    total = x
    for _ in range(20_000):
        total = total + one
    return total, [x]


def zero(value: Any) -> bool:
    return value is None or not np.any(value)


CHECKS: dict[str, list[Probe]] = {
    "backward": [
        Probe(
            "x.grad for x²(x² + x) at x = 2",
            graph(polynomial),
            np.array(44.0),
            [
                (8.0, OVERWRITES),
                (28.0, TOO_EARLY),
                (68.0, PASSED_TWICE),
                (zero, NO_SEED),
                (lambda e: isinstance(e, TypeError) and "NoneType" in str(e), NO_SEED),
            ],
        ),
        Probe(
            "(x.grad, y.grad) for (x + y) + x",
            graph(aliased),
            (np.array([2.0, 2.0]), np.array([1.0, 1.0])),
            [
                ((np.array([2.0, 2.0]), np.array([2.0, 2.0])), ALIASED),
                (lambda g: np.array_equal(g[1], [2.0, 2.0]), ALIASED),
                (lambda g: np.array_equal(g[0], [1.0, 1.0]), OVERWRITES),
            ],
        ),
        Probe(
            "x.grad for x · 8x² at x = 3, where x is used near the root and far from it",
            graph(uneven),
            np.array(216.0),
        ),
        Probe("x.grad after 60 doublings of x = 1", graph(doublings), np.array(2.0**60)),
        Probe(
            "x.grad for x² at 3, after backward has run twice",
            twice,
            np.array(6.0),
            [(12.0, ACCUMULATES)],
        ),
        Probe(
            "x.grad through 20,000 additions in a row",
            graph(chain),
            np.array(1.0),
            [(RecursionError, RECURSIVE)],
        ),
    ],
}
