"""Checks of the warm-up: gradients by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.course.check import Mistake, Probe, call

X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
Y = np.array([[2.0, -1.0, 0.5], [3.0, 1.0, -2.0]])
G = np.array([[1.0, 10.0, 100.0], [1000.0, 2.0, 20.0]])

SWAPPED = Mistake(
    "each input got its own value: the factors are swapped",
    "With y held fixed, x * y is a straight line in x. What is its slope?",
    "autograd.md#product-and-power",
)
NO_UPSTREAM = Mistake(
    "the gradient from above, g, was left out",
    "The loss changes by g for each unit that out changes. Where does g enter the chain rule?",
    "autograd.md#product-and-power",
)
POWER_KEPT = Mistake(
    "the exponent was not lowered by one",
    "What is the derivative of x³ at x = 2: 8, 12 or 24?",
    "autograd.md#product-and-power",
)
POWER_FACTOR = Mistake(
    "the factor n is missing",
    "x² rises twice as fast as x at x = 1. Which factor says so?",
    "autograd.md#product-and-power",
)
MATMUL_SWAPPED = Mistake(
    "the two answers are swapped",
    "gx must have x's shape. Which of your two products has it?",
    "autograd.md#matrix-product",
)
NOT_TRANSPOSED = Mistake(
    "a factor is not transposed",
    "out[i, j] uses x[i, :] and y[:, j]. Which entries of g does x[i, k] meet, and through which "
    "entries of y?",
    "autograd.md#matrix-product",
)
KEEPDIMS = Mistake(
    "the summed axis was not put back: g lines up with the wrong axis",
    "g has one number per row. To which axis does NumPy align it when it broadcasts?",
    "autograd.md#sum",
)
MEAN_FOR_SUM = Mistake(
    "the gradient of a mean, not of a sum",
    "If one entry of x grows by 1, by how much does the sum grow?",
    "autograd.md#sum",
)
NOT_REDUCED = Mistake(
    "nothing was summed: the gradient kept the broadcast shape",
    "The bias has 4 numbers. How many gradients can it have?",
    "autograd.md#broadcasting-undone",
)
AVERAGED = Mistake(
    "the uses were averaged; they add",
    "A bias that is used by 3 rows moves the loss through each of them. Do the effects average?",
    "autograd.md#broadcasting-undone",
)
TO_A_NUMBER = Mistake(
    "summed over every axis, also those that were not broadcast",
    "Which axes did broadcasting add or stretch? Only these are summed.",
    "autograd.md#broadcasting-undone",
)
LOST_AXIS = Mistake(
    "a stretched axis was dropped; it must stay with length 1",
    "The gradient has the shape of what it belongs to. Which option of sum keeps an axis?",
    "autograd.md#broadcasting-undone",
)
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
NO_MEAN = Mistake(
    "the rows were summed, not averaged",
    "Would the loss of a batch twice as large be twice as large?",
    "autograd.md#softmax-cross-entropy",
)
OVER_ALL = Mistake(
    "divided by N·C; only N rows have a loss",
    "How many terms does the sum over the labels have?",
    "autograd.md#softmax-cross-entropy",
)
SIGN = Mistake(
    "the sign is wrong: a probability below one has a negative logarithm",
    "A loss should fall as the right class becomes likelier. Does yours?",
    "autograd.md#softmax-cross-entropy",
)
TWICE = Mistake(
    "softmax was applied twice",
    "Is what you hand to the last step a row of logits, or already probabilities?",
    "autograd.md#softmax-cross-entropy",
)
COLUMNS = Mistake(
    "logits[:, labels] takes whole columns, not one entry per row",
    "What is the shape of logits[:, labels]? Which index pairs row i with labels[i]?",
    "autograd.md#softmax-cross-entropy",
)
CLIPPED = Mistake(
    "the probability was clipped or shifted before the logarithm: the loss stops growing",
    "log softmax = z − logsumexp(z). Where would a small number ε still be needed in that?",
    "autograd.md#softmax-cross-entropy",
)
OVERFLOW = Mistake(
    "exp overflowed",
    "softmax(z) = softmax(z − c) for any c. Which c makes the largest exponent 0?",
    "autograd.md#softmax-cross-entropy",
)
NO_ONE_HOT = Mistake(
    "the one-hot labels were not subtracted: these are the probabilities",
    "Adding a constant to a row of logits changes no loss. What must a row of the gradient sum to?",
    "autograd.md#softmax-cross-entropy",
)
NO_N = Mistake(
    "the division by the number of rows is missing",
    "The loss is a mean over N rows. What does each row's share of the gradient carry?",
    "autograd.md#softmax-cross-entropy",
)
REVERSED = Mistake(
    "the sign is turned round: labels less probabilities",
    "Gradient descent must raise the right logit. Which sign must its gradient have?",
    "autograd.md#softmax-cross-entropy",
)

A, B = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4) - 5
GM = np.array([[1.0, 0.0, 2.0, -1.0], [0.5, 3.0, 0.0, 1.0]])
SQUARE = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[2.0, -1.0], [0.0, 4.0]])
GS = np.array([[1.0, 3.0], [-2.0, 7.0]])
G43 = np.arange(12.0).reshape(3, 4)


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


LOGITS = np.array([[2.0, 0.0, 0.0], [0.0, 0.0, 5.0]])
LABELS = np.array([0, 2])
P = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
ONE_HOT = np.eye(3)[LABELS]

CHECKS: dict[str, list[Probe]] = {
    "mul_backward": [
        Probe(
            "(gx, gy) for three pairs of numbers",
            call(G, X, Y),
            (G * Y, G * X),
            [((G * X, G * Y), SWAPPED), ((Y, X), NO_UPSTREAM), ((X, Y), NO_UPSTREAM)],
        )
    ],
    "pow_backward": [
        Probe(
            "gx for out = x ** 3",
            call(G, X, 3),
            G * 3 * X**2,
            [
                (3 * X**2, NO_UPSTREAM),
                (G * 3 * X**3, POWER_KEPT),
                (G * X**2, POWER_FACTOR),
            ],
        ),
        Probe("gx for out = x ** 0.5", call(G, X, 0.5), G * 0.5 / np.sqrt(X)),
    ],
    "matmul_backward": [
        Probe(
            "(gx, gy) for square x and y",
            call(GS, *SQUARE),
            (GS @ SQUARE[1].T, SQUARE[0].T @ GS),
            [
                ((SQUARE[0].T @ GS, GS @ SQUARE[1].T), MATMUL_SWAPPED),
                ((GS @ SQUARE[1], SQUARE[0].T @ GS), NOT_TRANSPOSED),
                ((GS @ SQUARE[1].T, SQUARE[0] @ GS), NOT_TRANSPOSED),
                ((GS @ SQUARE[1], SQUARE[0] @ GS), NOT_TRANSPOSED),
                ((GS * SQUARE[1], GS * SQUARE[0]), NOT_TRANSPOSED),
            ],
        ),
        Probe("(gx, gy) for x: (2, 3), y: (3, 4)", call(GM, A, B), (GM @ B.T, A.T @ GM)),
    ],
    "sum_backward": [
        Probe(
            "gx for x: (3, 3), axis 1, g = [1, 2, 3]",
            call(np.array([1.0, 2.0, 3.0]), np.ones((3, 3)), 1),
            np.repeat([[1.0], [2.0], [3.0]], 3, axis=1),
            [
                (np.tile([1.0, 2.0, 3.0], (3, 1)), KEEPDIMS),
                (np.repeat([[1.0], [2.0], [3.0]], 3, axis=1) / 3, MEAN_FOR_SUM),
            ],
        ),
        Probe("gx for x: (2, 3), axis 0", call(G[0], X, 0), np.tile(G[0], (2, 1))),
        Probe(
            "gx for x: (2, 3, 4), axis -2",
            call(GM, np.ones((2, 3, 4)), -2),
            np.repeat(GM[:, None], 3, axis=1),
        ),
    ],
    "unbroadcast": [
        Probe(
            "the gradient of a bias of shape (4,), from g = arange(12).reshape(3, 4)",
            call(G43, (4,)),
            np.array([12.0, 15.0, 18.0, 21.0]),
            [
                (G43, NOT_REDUCED),
                (np.array([4.0, 5.0, 6.0, 7.0]), AVERAGED),
                (66.0, TO_A_NUMBER),
                (np.array(66.0), TO_A_NUMBER),
            ],
        ),
        Probe(
            "the gradient of a column of shape (3, 1)",
            call(G43, (3, 1)),
            np.array([[6.0], [22.0], [38.0]]),
            [
                (np.array([6.0, 22.0, 38.0]), LOST_AXIS),
                (G43, NOT_REDUCED),
                (np.array([[1.5], [5.5], [9.5]]), AVERAGED),
            ],
        ),
        Probe("g of the right shape already", call(G43, (3, 4)), G43),
        Probe(
            "the gradient of shape (3, 1), broadcast to (2, 3, 4)",
            call(np.stack([G43, G43]), (3, 1)),
            np.array([[12.0], [44.0], [76.0]]),
            [(np.array([12.0, 44.0, 76.0]), LOST_AXIS)],
        ),
    ],
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
    "cross_entropy": [
        Probe(
            "the loss of two rows of ten equal logits",
            call(np.zeros((2, 10)), np.array([3, 7])),
            np.log(10),
            [
                (2 * np.log(10), NO_MEAN),
                (np.log(10) / 10, OVER_ALL),
                (-np.log(10), SIGN),
            ],
        ),
        Probe(
            "the loss of [[2, 0, 0], [0, 0, 5]] for labels [0, 2]",
            call(LOGITS, LABELS),
            -np.log((P * ONE_HOT).sum(1)).mean(),
            [
                (
                    -np.log(
                        ((np.exp(P) / np.exp(P).sum(1, keepdims=True)) * ONE_HOT).sum(1)
                    ).mean(),
                    TWICE,
                ),
                (-np.log(P[:, LABELS]).mean(), COLUMNS),
            ],
        ),
        Probe(
            "the loss of [100, 0] for label 1",
            call(np.array([[100.0, 0.0]]), np.array([1])),
            100.0,
            [
                (lambda v: np.isfinite(v) and 5 < v < 99, CLIPPED),
                (lambda v: not np.isfinite(v), OVERFLOW),
            ],
        ),
        Probe(
            "the loss of [1000, 0] for label 0",
            call(np.array([[1000.0, 0.0]]), np.array([0])),
            0.0,
            [(lambda v: not np.isfinite(v), OVERFLOW)],
        ),
    ],
    "cross_entropy_backward": [
        Probe(
            "the gradient of the loss of [[2, 0, 0], [0, 0, 5]] for labels [0, 2]",
            call(LOGITS, LABELS),
            (P - ONE_HOT) / 2,
            [
                (P / 2, NO_ONE_HOT),
                (P, NO_ONE_HOT),
                (P - ONE_HOT, NO_N),
                ((ONE_HOT - P) / 2, REVERSED),
                (ONE_HOT - P, REVERSED),
                ((P - ONE_HOT) / 6, OVER_ALL),
            ],
        ),
        Probe(
            "the gradient for logits [1000, 0], label 0",
            call(np.array([[1000.0, 0.0]]), np.array([0])),
            np.array([[0.0, 0.0]]),
            [(lambda v: not np.isfinite(v).all(), OVERFLOW)],
        ),
    ],
}
