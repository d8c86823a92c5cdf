"""Gaussian integrals by quadrature on nodes that stay dense near zero, however wide the Gaussian.

Plain Gauss–Hermite nodes scale with the standard deviation; tanh and sigmoid change within a unit
of zero, so at a standard deviation of 100 no node sees the change. Nodes z = α·sinh t do: they are
α·h apart near zero and grow in proportion far out (a trapezoidal rule in t).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def sinh_nodes(largest: float, alpha: float = 0.5, spacing: float = 0.08) -> Array:
    """Nodes α·sinh t that cover [−largest, largest], increasing, symmetric about zero. (k,)."""
    half = int(np.ceil(np.arcsinh(largest / alpha) / spacing))
    return alpha * np.sinh(spacing * np.arange(-half, half + 1))


def gaussian_weights(z: Array, mean: Array | float, std: Array | float) -> Array:
    """Weights w with Σ w·f(z) ≈ E f(Z), Z ~ N(mean, std²), on sorted nodes z (..., k).

    Trapezoidal, then divided by their sum: a constant is integrated exactly.
    """
    gap = np.diff(z, axis=-1)
    width = np.empty_like(z)
    width[..., 1:-1] = gap[..., 1:] + gap[..., :-1]
    width[..., 0], width[..., -1] = gap[..., 0], gap[..., -1]
    weights = width * np.exp(-0.5 * ((z - mean) / std) ** 2)
    return weights / weights.sum(axis=-1, keepdims=True)
