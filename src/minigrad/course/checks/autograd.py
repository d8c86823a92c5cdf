"""Checks of the warm-up: gradients by hand."""

from __future__ import annotations

import numpy as np

from minigrad.course.check import Mistake, Probe, call
from minigrad.course.checks import cross_entropy, graph

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
A, B = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4) - 5
GM = np.array([[1.0, 0.0, 2.0, -1.0], [0.5, 3.0, 0.0, 1.0]])
SQUARE = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[2.0, -1.0], [0.0, 4.0]])
GS = np.array([[1.0, 3.0], [-2.0, 7.0]])
G43 = np.arange(12.0).reshape(3, 4)

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
    **graph.CHECKS,
    **cross_entropy.CHECKS,
}
