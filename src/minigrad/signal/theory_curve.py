"""The training curve of theory alone: the loss at init, then the constant-kernel equation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from minigrad.signal.configuration import INPUTS
from minigrad.signal.optimizers import MOMENTUM
from minigrad.signal.quadrature import Array, gaussian_weights
from minigrad.signal.windows import WINDOWS

# of a standard Gaussian: for the loss at init, and coarser for the many solutions that follow it
FINE, NODES = np.linspace(-5, 5, 81), np.linspace(-3, 3, 9)
FINE_WEIGHTS, WEIGHTS = (gaussian_weights(nodes, 0.0, 1.0) for nodes in (FINE, NODES))
SMALLEST = 1e-12  # a loss that counts as 0


def initial_loss(logit_variance: Array) -> Array:
    """E ln(1 + e^−t) in nats for a margin t ~ N(0, 2·logit_variance): labels know nothing yet."""
    margin = np.sqrt(2 * np.asarray(logit_variance))[..., None] * FINE
    return np.asarray(np.logaddexp(0, -margin) @ FINE_WEIGHTS)


def margins(start: Array, moved: Array) -> Array:
    """m(τ) of dm/dτ = 1/(1 + e^m), m(0) = start, τ = moved: m + e^m = start + e^start + τ."""
    c = start + np.exp(np.minimum(start, 500)) + moved
    m = np.where(c > 2, np.log(np.maximum(c, 2)), np.minimum(c - 0.3, 0.5))
    for _ in range(8):  # Newton: the left side is convex and grows
        e = np.exp(np.minimum(m, 500))
        m = m - (m + e - c) / (1 + e)
    return m


def constant_kernel(features: Mapping[str, Array], sgd: Array) -> Array:
    """log₁₀ of the mean loss in each window, (R, 11), had the tangent kernel stayed as at init.

    A margin moves by 4 × progress/INPUTS × σ(−m) per step (`features`); SGD's momentum needs
    1/(1 − β) steps to build up. What the logits have in common is forgotten at once.
    """
    variance = 2 * 10 ** np.clip(features["logit"], -40, 30)
    own = np.sqrt(variance * np.minimum(10 ** features["alike"], 1))[:, None] * NODES
    per_step = 4 * 10 ** features["progress"] / INPUTS
    out = np.empty((len(variance), len(WINDOWS)))
    for w, (first, stop) in enumerate(WINDOWS):
        step = np.unique([first, (first + stop - 1) / 2, stop - 1])  # (S,)
        lag = (1 - MOMENTUM**step) * MOMENTUM / (1 - MOMENTUM)
        time = step - np.where(sgd[:, None], lag, 0)  # (R, S)
        m = margins(own[:, None], (per_step[:, None] * time)[..., None])
        out[:, w] = (np.logaddexp(0, -m) @ WEIGHTS).mean(1)
    out[:, 0] = initial_loss(variance / 2)
    return np.log10(np.maximum(out, SMALLEST))
