"""The training curve of theory alone, of transformers: the loss at init, then two plateaus."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from minigrad.signal.quadrature import Array
from minigrad.signal.transformer.configuration import (
    CHARACTERS,
    ENTROPY,
    VOCAB,
    TransformerConfiguration,
)
from minigrad.signal.transformer.dynamics import training
from minigrad.signal.transformer.features import HESSIAN
from minigrad.signal.transformer.recurrence import REPEATED

PAIRS = 2.46  # nats: the loss of guessing a character by the one before


def initial_loss(logit_variance: Array) -> Array:
    """E ln Σ exp(z) over the characters, z ~ N(0, logit_variance) independent, in nats.

    The targets know nothing of z. ln V + σ²/2 until the largest logit alone makes the sum, from
    σ² = 2 ln V on: the random energy model (Derrida 1981).
    """
    largest = math.sqrt(2 * math.log(VOCAB))
    sigma = np.sqrt(logit_variance)
    return np.where(sigma < largest, math.log(VOCAB) + sigma**2 / 2, sigma * largest)


def two_plateaus(
    features: Mapping[str, Array], configs: Sequence[TransformerConfiguration]
) -> Array:
    """log₁₀ of the mean loss in each window, (R, W), had the tangent kernel stayed as at init.

    What all positions share learns how frequent each character is, at the rate of the kernel's
    common part; what tells characters apart learns which follows which, at that of its distinct
    part, as an exponential each.
    """
    moved = training(configs).moved  # (STEPS, R)
    rate = np.array([c.lr for c in configs])
    first = initial_loss(10 ** np.clip(features["init_logit"], -40, 30))
    common = HESSIAN * 10 ** features["init_curvature"] / rate
    distinct = HESSIAN * REPEATED * 10 ** features["init_progress"] / moved[-1]
    out = []
    for start, stop in CHARACTERS.windows:
        step = np.unique([start, (start + stop - 1) // 2, stop - 1])  # updates before it
        gone = np.where(step[:, None] > 0, moved[np.maximum(step - 1, 0)], 0.0)  # (S, R)
        known = np.exp(-np.minimum(common * gone, 700)), np.exp(-np.minimum(distinct * gone, 700))
        loss = PAIRS + (first - ENTROPY) * known[0] + (ENTROPY - PAIRS) * known[1]
        out.append(np.log10(loss.mean(0)))
    return np.stack(out, 1)
