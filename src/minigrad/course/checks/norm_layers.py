"""Checks of lab 02's layers: what they learn, and where it starts."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.course.check import Mistake, Probe
from minigrad.course.values import array

LEARNED = "02-normalization.md#what-is-learned"

BIAS_KEPT = Mistake(
    "2d parameters: RMSNorm has no bias",
    "What would a bias put back that RMSNorm never took off?",
    LEARNED,
)
SCALAR = Mistake(
    "one number for all features, not one for each",
    "Each feature has its own scale. How many weights is that?",
    LEARNED,
)
UNREGISTERED = Mistake(
    "the optimizer cannot see it: it is not an nn.Parameter",
    "What does model.parameters() list?",
    LEARNED,
)
STARTS_ELSEWHERE = Mistake(
    "the layer does not start as the plain norm",
    "Which weight leaves x̂ as it is?",
    LEARNED,
)


def parameters(layer: Any) -> int:
    return sum(p.array.size for p in layer(8).parameters())


def start(layer: Any) -> Any:
    built = layer(4)
    shapes = [p.array.shape for p in built.parameters()]
    return array(built.weight) if shapes else None


def start_bias(layer: Any) -> Any:
    return array(layer(4).bias)


def elsewhere(parameter: Any) -> bool:
    """Whether it is a parameter of the right shape, with other numbers."""
    return array(parameter).shape == (4,)


CHECKS: dict[str, list[Probe]] = {
    "RMSNorm": [
        Probe(
            "the number of parameters for dim = 8",
            parameters,
            8,
            [(16, BIAS_KEPT), (1, SCALAR), (2, SCALAR), (0, UNREGISTERED)],
        ),
        Probe(
            "the weight at the start",
            start,
            np.ones(4),
            [(elsewhere, STARTS_ELSEWHERE)],
        ),
    ],
    "LayerNorm": [
        Probe(
            "the number of parameters for dim = 8",
            parameters,
            16,
            [(2, SCALAR), (9, SCALAR), (0, UNREGISTERED), (8, UNREGISTERED)],
        ),
        Probe(
            "the weight at the start",
            start,
            np.ones(4),
            [(elsewhere, STARTS_ELSEWHERE)],
        ),
        Probe(
            "the bias at the start",
            start_bias,
            np.zeros(4),
            [(elsewhere, STARTS_ELSEWHERE)],
        ),
    ],
}
