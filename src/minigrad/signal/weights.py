"""What an init does to a signal: σ_w² = fan_in · Var W is what a Linear multiplies q by."""

from __future__ import annotations

import math
from collections.abc import Callable

Variance = Callable[[int, int, float, float], float]  # of fan_in, fan_out, scale and gain
DEFAULT_SCALE = {"uniform": 0.5, "normal": 0.01, "trunc_normal": 0.02}
DEFAULT_GAIN = {"kaiming_uniform": math.sqrt(2), "kaiming_normal": math.sqrt(2)}
TRUNCATED = 0.774  # variance left when N(0, 1) is cut at ±2


def _xavier(fan_in: int, fan_out: int, scale: float, gain: float) -> float:
    return gain**2 * 2 / (fan_in + fan_out)


def _fan_in(fan_in: int, fan_out: int, scale: float, gain: float) -> float:
    return gain**2 / fan_in


INITS: dict[str, Variance] = {
    "uniform": lambda fan_in, fan_out, scale, gain: scale**2 / 3,
    "normal": lambda fan_in, fan_out, scale, gain: scale**2,
    "trunc_normal": lambda fan_in, fan_out, scale, gain: scale**2 * TRUNCATED,
    "xavier_normal": _xavier,
    "xavier_uniform": _xavier,
    "kaiming_normal": _fan_in,
    "kaiming_uniform": _fan_in,
    "lecun_normal": _fan_in,
    "orthogonal": lambda fan_in, fan_out, scale, gain: gain**2 / max(fan_in, fan_out),
    "zeros": lambda fan_in, fan_out, scale, gain: 0.0,
}


def weight_variance(init: str, fan_in: int, fan_out: int, scale: float, gain: float) -> float:
    """Var W of one entry of a (fan_out, fan_in) weight (Glorot & Bengio 2010; He et al. 2015).

    ``scale`` is uniform's bound, or normal's and trunc_normal's standard deviation (cut at two of
    them); ``gain`` multiplies Xavier, Kaiming, LeCun and orthogonal.
    """
    return INITS[init](fan_in, fan_out, scale, gain)
