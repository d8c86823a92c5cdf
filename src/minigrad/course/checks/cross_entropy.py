"""Checks of the warm-up's softmax cross-entropy and its gradient."""

from __future__ import annotations

import numpy as np

from minigrad.course.check import Mistake, Probe, call

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
UNDERFLOW = Mistake(
    "exp became 0 before the logarithm was taken",
    "e^(−1000) is 0 in floating point. Which sum of exponentials, with which maximum taken off, "
    "is never 0?",
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
LOGITS = np.array([[2.0, 0.0, 0.0], [0.0, 0.0, 5.0]])
LABELS = np.array([0, 2])
P = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
ONE_HOT = np.eye(3)[LABELS]

CHECKS: dict[str, list[Probe]] = {
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
        Probe(
            "the loss of [[1000, 0], [0, 0]] for labels [1, 0]",
            call(np.array([[1000.0, 0.0], [0.0, 0.0]]), np.array([1, 0])),
            (1000 + np.log(2)) / 2,
            [(lambda v: not np.isfinite(v), UNDERFLOW)],
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
