"""How an optimizer moves a weight; OPTIMIZERS is the table of those that theory knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from minigrad.signal.quadrature import Array

MOMENTUM, ADAM_EPS = 0.9, 1e-8
STABLE = 2 * (1 + MOMENTUM) / (1 - MOMENTUM)  # lr · curvature beyond which SGD diverges: 38


class Motion(NamedTuple):
    """Per weight matrix, each (L + 1, R)."""

    step: Array  # what the first update multiplies a gradient by
    rate: Array  # the same once momentum has built up: the effective learning rate
    update: Array  # root mean square of the first update


class Optimizer(NamedTuple):
    """An optimizer in theory's numbers."""

    motion: Callable[[Array, Array], Motion]  # of the rates (R,) and the gradients' rms
    rates: tuple[float, float]  # of the sweep that the odds were fitted on, and of a window
    usual: tuple[float, ...]  # rates of 1 and 3 per decade, as people choose them
    kick: float  # updates of one sign that a stack must survive
    limit: float | None = None  # lr · curvature beyond which it diverges; None for one without


def _sgd(lr: Array, rms: Array) -> Motion:
    step = np.broadcast_to(lr, rms.shape)
    return Motion(step, step / (1 - MOMENTUM), lr * rms)


def _adam(lr: Array, rms: Array) -> Motion:
    rate = lr / (rms + ADAM_EPS)
    return Motion(rate, rate, rate * rms)


OPTIMIZERS = {
    "sgd": Optimizer(_sgd, (1e-3, 1.0), (1e-3, 3e-3, 1e-2, 3e-2, 1e-1), 2.0, STABLE),
    "adam": Optimizer(_adam, (1e-4, 0.1), (1e-4, 3e-4, 1e-3, 3e-3, 1e-2), 1.0),
}


def motion(optimizers: Sequence[str], lr: Array, rms: Array) -> Motion:
    """Of R networks, each with its own optimizer."""
    out = Motion(*np.zeros((3, *rms.shape)))
    for name, optimizer in OPTIMIZERS.items():
        own = [j for j, other in enumerate(optimizers) if other == name]
        for whole, part in zip(out, optimizer.motion(lr[own], rms[:, own]), strict=True):
            whole[:, own] = part
    return out
