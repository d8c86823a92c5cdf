"""What an init does to a signal: σ_w² = fan_in · Var W is what a Linear multiplies q by."""

from __future__ import annotations

import math

RANDOM_INITS = (
    "uniform",
    "normal",
    "trunc_normal",
    "xavier_uniform",
    "xavier_normal",
    "kaiming_uniform",
    "kaiming_normal",
    "lecun_normal",
    "orthogonal",
)
INITS = (*RANDOM_INITS, "zeros")
DEFAULT_SCALE = {"uniform": 0.5, "normal": 0.01, "trunc_normal": 0.02}
DEFAULT_GAIN = {"kaiming_uniform": math.sqrt(2), "kaiming_normal": math.sqrt(2)}
TRUNCATED = 0.774  # variance left when N(0, 1) is cut at ±2


def weight_variance(init: str, fan_in: int, fan_out: int, scale: float, gain: float) -> float:
    """Var W of one entry of a (fan_out, fan_in) weight (Glorot & Bengio 2010; He et al. 2015).

    ``scale`` is uniform's bound, or normal's and trunc_normal's standard deviation (cut at two of
    them); ``gain`` multiplies Xavier, Kaiming, LeCun and orthogonal.
    """
    if init == "zeros":
        return 0.0
    if init == "uniform":
        return scale**2 / 3
    if init in ("normal", "trunc_normal"):
        return scale**2 * (TRUNCATED if init == "trunc_normal" else 1.0)
    if init.startswith("xavier"):
        return gain**2 * 2 / (fan_in + fan_out)
    if init == "orthogonal":
        return gain**2 / max(fan_in, fan_out)
    return gain**2 / fan_in  # Kaiming (fan_in), LeCun
