"""The signal by depth at init: its mean square, what tells two inputs apart, and the gradient.

For the family that configuration.py defines. Per layer, averaged over neurons and inputs:
q = E h², μ = E h, Δ = ½E(h − h̃)² for a second input, and G = E g² with g = dL/dh for one example.
Derivations and sources are in theory/prediction.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minigrad.signal.backward import Backward, backward
from minigrad.signal.configuration import CLASSES, INPUTS, Configuration
from minigrad.signal.forward import Forward, forward
from minigrad.signal.quadrature import Array


@dataclass(frozen=True)
class Signal:
    """Forward and backward curves of one network, and the σ_w² of its blocks and head (L + 1,)."""

    forward: Forward
    backward: Backward
    sigma2: Array


def propagate(
    config: Configuration, extra: Array | None = None, shift2: Array | None = None
) -> Signal:
    """Forward and backward second moments of ``config`` at init.

    ``extra`` (depth + 1,) is added to the σ_w² of the blocks and the head: what training has put
    on top of the init.
    """
    n = config.width
    sigma2 = np.full(config.depth + 1, config.sigma2(n, n))
    sigma2[0], sigma2[-1] = config.sigma2(INPUTS, n), config.sigma2(n, CLASSES)
    if extra is not None:
        sigma2 = sigma2 + extra
    fwd, blocks = forward(config, sigma2, shift2)
    return Signal(fwd, backward(config, fwd, blocks, sigma2), sigma2)
