"""How an optimizer moves a weight; OPTIMIZERS is the table of those that theory knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from minigrad.signal.quadrature import Array

MOMENTUM, ADAM_EPS = 0.9, 1e-8
STABLE = 2 * (1 + MOMENTUM) / (1 - MOMENTUM)  # lr · curvature beyond which SGD diverges: 38


class Motion(NamedTuple):
    """Per weight matrix, each (L + 1,)."""

    step: Array  # what the first update multiplies a gradient by
    rate: Array  # the same once momentum has built up: the effective learning rate
    update: Array  # root mean square of the first update


class Optimizer(NamedTuple):
    """An optimizer in theory's numbers."""

    motion: Callable[[float, Array], Motion]  # of the rate and the gradients' rms
    rates: tuple[float, float]  # of the sweep that the odds were fitted on, and of a window
    usual: tuple[float, ...]  # rates of 1 and 3 per decade, as people choose them
    kick: float  # updates of one sign that a stack must survive
    limit: float | None = None  # lr · curvature beyond which it diverges; None for one without


def _sgd(lr: float, rms: Array) -> Motion:
    step = np.full(len(rms), lr)
    return Motion(step, np.full(len(rms), lr / (1 - MOMENTUM)), lr * rms)


def _adam(lr: float, rms: Array) -> Motion:
    rate = lr / (rms + ADAM_EPS)
    return Motion(rate, rate, rate * rms)


OPTIMIZERS = {
    "sgd": Optimizer(_sgd, (1e-3, 1.0), (1e-3, 3e-3, 1e-2, 3e-2, 1e-1), 2.0, STABLE),
    "adam": Optimizer(_adam, (1e-4, 0.1), (1e-4, 3e-4, 1e-3, 3e-3, 1e-2), 1.0),
}
