"""Checks of lab 02's backward passes by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.course.check import Mistake, Probe, call
from minigrad.course.values import agree

PAGE = "02-normalization.md"
RMS_B, LN_B = f"{PAGE}#rmsnorm-backward", f"{PAGE}#layernorm-backward"

DETACHED_BOTH = Mistake(
    "the statistics were treated as constants",
    "x_j moves the mean and the spread as well. Which paths does g/σ leave out?",
    LN_B,
)
DETACHED_SIGMA = Mistake(
    "σ was treated as a constant",
    "x grows tenfold and nothing changes: what must dx · x̂ be?",
    LN_B,
)
DETACHED_MU = Mistake(
    "μ was treated as a constant",
    "A constant added to a row changes nothing: what must a row of dx sum to?",
    LN_B,
)
NO_WEIGHT = Mistake(
    "the weight is forgotten in dx",
    "out = weight · x̂ + bias. What is the gradient of x̂?",
    LN_B,
)
WEIGHT_OUTSIDE = Mistake(
    "the weight stands outside the means",
    "The means run over the gradient of x̂, which is g · weight. Where must the weight be?",
    LN_B,
)
SIGMA_SQUARED = Mistake(
    "divided by σ² instead of σ",
    "x grows tenfold: by how much must dx shrink?",
    LN_B,
)
OVER_BATCH = Mistake(
    "the means were taken over the batch",
    "Does row 1 of the output depend on row 2 of x?",
    LN_B,
)
DW_IS_DB = Mistake(
    "dweight is the sum of g alone; that is dbias",
    "weight multiplies x̂. What does its gradient multiply g with?",
    LN_B,
)
DW_UNREDUCED = Mistake(
    "dweight was not summed over the rows",
    "One weight was used in N rows. What happens to the gradients of its uses?",
    LN_B,
)
EPS_LEFT_OUT = Mistake(
    "dx is not divided by the root that holds eps",
    "The forward pass divided by √(… + eps). By what must the backward pass divide?",
    f"{PAGE}#where-epsilon-stands",
)
MEAN_TERM = Mistake(
    "LayerNorm's mean term was copied: RMSNorm subtracts no mean",
    "Does adding a constant to a row leave RMSNorm's output as it is?",
    RMS_B,
)
DETACHED_RMS = Mistake(
    "the RMS was treated as a constant",
    "x grows tenfold and nothing changes: what must dx · x be?",
    RMS_B,
)
ROWS = np.array([[0.5, -1.0, 2.0, 3.0], [1.0, 0.0, -2.0, 0.5], [-1.5, 2.5, 0.3, 1.0]])
C = np.array([[1.0, -2.0, 0.5, 3.0], [0.3, 1.0, -1.0, 2.0], [2.0, 0.0, 1.0, -0.7]])
GAMMA = np.array([1.0, 2.0, 3.0, 4.0])


def part(index: int, wrong: Any) -> Callable[[Any], bool]:
    """A predicate: this one of the answers is that wrong one."""
    return lambda received: agree(received[index], wrong, 1e-4, 1e-6)


SIGMA = np.sqrt(ROWS.var(-1, keepdims=True) + 1e-5)
X_HAT = (ROWS - ROWS.mean(-1, keepdims=True)) / SIGMA
G_HAT = C * GAMMA


def over_rows(a: Any) -> Any:
    return a.mean(-1, keepdims=True)


def ln_dx(g_hat: Any) -> Any:
    return (g_hat - over_rows(g_hat) - X_HAT * over_rows(g_hat * X_HAT)) / SIGMA


LN_RIGHT = (ln_dx(G_HAT), (C * X_HAT).sum(0), C.sum(0))
BATCHED = (G_HAT - G_HAT.mean(0) - X_HAT * (G_HAT * X_HAT).mean(0)) / SIGMA
R_ROWS = np.sqrt((ROWS * ROWS).mean(-1, keepdims=True) + 1e-5)
R_HAT = ROWS / R_ROWS


def rms_dx(g_hat: Any) -> Any:
    return (g_hat - R_HAT * over_rows(g_hat * R_HAT)) / R_ROWS


RMS_RIGHT = (rms_dx(G_HAT), (C * R_HAT).sum(0))

SMALL = ROWS / 100  # beside whose mean square ε = 1e-4 is not small


def small(centre: bool, eps: float) -> tuple[Any, ...]:
    """(dx, dweight, dbias) for the small rows; without centring, of RMSNorm."""
    c = SMALL - over_rows(SMALL) if centre else SMALL
    r = np.sqrt(over_rows(c * c) + eps)
    dx = (G_HAT - c / r * over_rows(G_HAT * c / r)) / r
    return (dx - over_rows(dx) if centre else dx), (C * c / r).sum(0), C.sum(0)


def other_eps(centre: bool) -> list[tuple[Any, Mistake]]:
    """dx without ε, and with its default in the place of the argument."""
    return [(part(0, small(centre, eps)[0]), EPS_LEFT_OUT) for eps in (0.0, 1e-5)]


CHECKS: dict[str, list[Probe]] = {
    "rms_norm_backward": [
        Probe(
            "(dx, dweight) for three rows, weight [1, 2, 3, 4]",
            call(C, ROWS, GAMMA, 1e-5),
            RMS_RIGHT,
            [
                (
                    part(0, (G_HAT - over_rows(G_HAT) - R_HAT * over_rows(G_HAT * R_HAT)) / R_ROWS),
                    MEAN_TERM,
                ),
                (part(0, G_HAT / R_ROWS), DETACHED_RMS),
                (part(0, rms_dx(C)), NO_WEIGHT),
                (part(0, rms_dx(C) * GAMMA), WEIGHT_OUTSIDE),
                (part(0, RMS_RIGHT[0] / R_ROWS), SIGMA_SQUARED),
                (
                    part(0, (G_HAT - R_HAT * (G_HAT * R_HAT).mean(0)) / R_ROWS),
                    OVER_BATCH,
                ),
                (part(1, C.sum(0)), DW_IS_DB),
                (part(1, C * R_HAT), DW_UNREDUCED),
            ],
        ),
        Probe(
            "(dx, dweight) for one row of ten times the size",
            call(C[:1], 10 * ROWS[:1], GAMMA, 1e-12),
            ((G_HAT - R_HAT * over_rows(G_HAT * R_HAT))[:1] / R_ROWS[:1] / 10, (C * R_HAT)[0]),
        ),
        Probe(
            "(dx, dweight) for rows a hundredth of that size, ε = 1e-4",
            call(C, SMALL, GAMMA, 1e-4),
            small(False, 1e-4)[:2],
            other_eps(False),
        ),
    ],
    "layer_norm_backward": [
        Probe(
            "(dx, dweight, dbias) for three rows, weight [1, 2, 3, 4]",
            call(C, ROWS, GAMMA, 1e-5),
            LN_RIGHT,
            [
                (part(0, G_HAT / SIGMA), DETACHED_BOTH),
                (part(0, (G_HAT - over_rows(G_HAT)) / SIGMA), DETACHED_SIGMA),
                (part(0, (G_HAT - X_HAT * over_rows(G_HAT * X_HAT)) / SIGMA), DETACHED_MU),
                (part(0, ln_dx(C)), NO_WEIGHT),
                (part(0, ln_dx(C) * GAMMA), WEIGHT_OUTSIDE),
                (part(0, LN_RIGHT[0] / SIGMA), SIGMA_SQUARED),
                (part(0, BATCHED), OVER_BATCH),
                (part(1, C.sum(0)), DW_IS_DB),
                (part(1, C * X_HAT), DW_UNREDUCED),
            ],
        ),
        Probe(
            "(dx, dweight, dbias) for rows a hundredth of that size, ε = 1e-4",
            call(C, SMALL, GAMMA, 1e-4),
            small(True, 1e-4),
            other_eps(True),
        ),
    ],
}
