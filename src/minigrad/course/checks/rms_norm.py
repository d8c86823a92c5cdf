"""Checks of lab 02's RMSNorm, forward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad
from minigrad.course.check import Mistake, Probe, call
from minigrad.course.checks.norm_backward import (
    DETACHED_RMS,
    G_HAT,
    GAMMA,
    R_HAT,
    R_ROWS,
    ROWS,
    C,
    rms_dx,
)
from minigrad.course.values import array

PAGE = "02-normalization.md"
RMS, LN = f"{PAGE}#rmsnorm", f"{PAGE}#layernorm"
IS_LAYER_NORM = Mistake(
    "this is LayerNorm: the mean is taken off",
    "RMSNorm leaves the mean alone. Which step of yours does not?",
    RMS,
)
SUM_FOR_MEAN = Mistake(
    "the sum of squares, not their mean",
    "A row of ones has size 1, however long it is. What does yours make of it?",
    RMS,
)
NO_ROOT = Mistake("the root is missing", "x grows tenfold. Does your output stay as it is?", RMS)
STD_FOR_RMS = Mistake(
    "divided by the standard deviation: the mean is taken off inside the root",
    "RMS is the root of mean(x²), not of mean((x − μ)²). Which does the name say?",
    RMS,
)
D_MINUS_1 = Mistake(
    "divided by d − 1: nothing was estimated from these numbers",
    "What is the mean of d numbers?",
    RMS,
)
MULTIPLIED = Mistake(
    "multiplied by the RMS; dividing takes the size out",
    "A row twice as large should give the same output. Does it?",
    RMS,
)
ROOT_OF_MEAN_SQUARED = Mistake(
    "the square of the mean, not the mean of the squares",
    "What does [1, −1] have for a mean, and for a size?",
    RMS,
)
MEAN_OF_ABS = Mistake(
    "the mean of |x|, not the root of the mean square",
    "R, M, S: in which order are they applied?",
    RMS,
)
EPS_OUTSIDE = Mistake(
    "ε stands outside the root",
    "For a row of ±0.001, is √(10⁻⁶ + 10⁻⁵) the same as √10⁻⁶ + 10⁻⁵?",
    f"{PAGE}#where-epsilon-stands",
)
NO_EPS = Mistake(
    "ε is missing: a row of zeros is divided by zero",
    "What is the size of a row of zeros?",
    f"{PAGE}#where-epsilon-stands",
)
EPS_FIXED = Mistake(
    "the argument eps is not used",
    "A caller asks for ε = 0.001. Which number stands in your root?",
    f"{PAGE}#where-epsilon-stands",
)
CUT = Mistake(
    "no gradient flows to x: the graph was cut",
    "Which step leaves Tensors, by .array, .numpy(), .item() or detach()?",
    RMS,
)
HALF = Mistake(
    "squares overflow in float16: ±300 gives 0",
    "300² is 90,000; the largest float16 is 65,504. In which type can the squares be summed?",
    f"{PAGE}#half-precision",
)
DTYPE_LOST = Mistake(
    "float16 went in and float32 came out",
    "The next layer holds float16 weights. Which type should it get?",
    f"{PAGE}#half-precision",
)
AXIS_0 = Mistake(
    "the statistics were taken over the batch, not over each row",
    "Should a row's output change when another row does?",
    LN,
)
WHOLE = Mistake(
    "the statistics were taken over the whole array",
    "Should a row's output change when another row does?",
    LN,
)


def t(values: Any, dtype: Any = None) -> Any:
    """A float64 Tensor, unless said otherwise."""
    return minigrad.tensor(np.asarray(values), dtype=dtype or minigrad.float64)


def row_gradient(*args: Any) -> Callable[[Any], Any]:
    """A probe's run: the gradient of Σ c · f(x, …) by x; None if no graph leads to it."""

    def run(function: Any) -> Any:
        x = minigrad.tensor(ROWS, dtype=minigrad.float64, requires_grad=True)
        out = function(x, *args)
        if not hasattr(out, "backward") or not out.requires_grad:
            return None
        (out * t(C)).sum().backward()
        return None if x.grad is None else np.array(x.grad.array)

    return run


R = np.array([[3.0, -4.0, 0.0]])
ONES3, ONES4 = t(np.ones(3)), t(np.ones(4))
TINY = np.array([[1e-3, -1e-3, 1e-3, -1e-3]])


def normalize(x: Any, axis: Any = -1, eps: float = 1e-5, ddof: int = 0) -> Any:
    var = x.var(axis=axis, keepdims=True, ddof=ddof)
    return (x - x.mean(axis=axis, keepdims=True)) / np.sqrt(var + eps)


def rms(x: Any) -> Any:
    return np.sqrt((x * x).mean(-1, keepdims=True))


def wrong_sizes(x: Any) -> list[tuple[Any, Mistake]]:
    """What rows become under each mistake about their size."""
    d, square = x.shape[-1], x * x
    return [
        (normalize(x, eps=0), IS_LAYER_NORM),
        (x / np.sqrt(square.sum(-1, keepdims=True)), SUM_FOR_MEAN),
        (x / square.mean(-1, keepdims=True), NO_ROOT),
        (x / x.std(-1, keepdims=True), STD_FOR_RMS),
        (x / x.std(-1, keepdims=True, ddof=1), STD_FOR_RMS),
        (x / np.sqrt(square.sum(-1, keepdims=True) / (d - 1)), D_MINUS_1),
        (x * rms(x), MULTIPLIED),
        (x / np.abs(x).mean(-1, keepdims=True), MEAN_OF_ABS),
        (x / np.abs(x.mean(-1, keepdims=True)), ROOT_OF_MEAN_SQUARED),
    ]


def half(function: Any) -> Any:
    x = minigrad.tensor(np.array([[300.0, -300.0]]), dtype=minigrad.float16)
    return function(x, minigrad.ones(2))


def half_dtype(function: Any) -> Any:
    out = function(minigrad.tensor(np.ones((1, 2)), dtype=minigrad.float16), minigrad.ones(2))
    return str(out.array.dtype) if hasattr(out, "backward") else out


CHECKS: dict[str, list[Probe]] = {
    "rms_norm": [
        Probe(
            "the norm of [3, −4, 0]",  # the sign tells mean|x| and |mean x| apart
            call(t(R), ONES3, 1e-12),
            t(R / rms(R)),
            [
                *wrong_sizes(R),
                (np.sign(R), AXIS_0),
            ],
        ),
        Probe("the norm of [3, 4, 0]", call(t(np.abs(R)), ONES3, 1e-12), t(np.abs(R) / rms(R))),
        Probe(
            "the norm of a row of ±0.001, ε = 1e-5",
            call(t(TINY), ONES4, 1e-5),
            t(TINY / np.sqrt(1e-6 + 1e-5)),
            [(TINY / (1e-3 + 1e-5), EPS_OUTSIDE), (TINY / 1e-3, NO_EPS)],
        ),
        Probe(
            "the norm of a row of ±0.001, ε = 1e-3",
            call(t(TINY), ONES4, 1e-3),
            t(TINY / np.sqrt(1e-6 + 1e-3)),
            [(TINY / np.sqrt(1e-6 + 1e-5), EPS_FIXED)],
        ),
        Probe(
            "the norm of a row of zeros",
            call(t(np.zeros((1, 4))), ONES4, 1e-5),
            t(np.zeros((1, 4))),
            [(lambda y: np.isnan(array(y)).any(), NO_EPS)],
        ),
        Probe(
            "the norms of three rows, weight [1, 2, 3, 4]",
            call(t(ROWS), t(GAMMA), 1e-5),
            t(R_HAT * GAMMA),
            [
                (ROWS / np.sqrt((ROWS**2).mean() + 1e-5) * GAMMA, WHOLE),
                (ROWS / np.sqrt((ROWS**2).mean(0) + 1e-5) * GAMMA, AXIS_0),
            ],
        ),
        Probe(
            "the gradient of x through rms_norm",
            row_gradient(t(GAMMA), 1e-5),
            rms_dx(G_HAT),
            [(lambda g: g is None, CUT), (G_HAT / R_ROWS, DETACHED_RMS)],
        ),
        Probe(
            "the norm of [300, −300] in float16",
            half,
            minigrad.tensor(np.array([[1.0, -1.0]]), dtype=minigrad.float16),
            [(lambda y: not np.any(array(y)) or not np.isfinite(array(y)).all(), HALF)],
            rtol=2e-3,
        ),
        Probe(
            "the dtype of a float16 row's norm",
            half_dtype,
            "float16",
            [("float32", DTYPE_LOST)],
        ),
    ],
}
