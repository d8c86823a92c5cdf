"""What a norm does to a signal; NORMS is the table of those that theory knows."""

from __future__ import annotations

import math
from collections.abc import Callable

Normed = tuple[float, float, float, float]  # q, μ, Δ after it, and its squared Jacobian j
EPS = 1e-5


def none(q: float, mu: float, diff: float) -> Normed:
    """No norm."""
    return q, mu, diff, 1.0


def layernorm(q: float, mu: float, diff: float) -> Normed:
    """Divides by the standard deviation, after taking away the mean: j = 1/(variance + ε)."""
    var = max(q - mu * mu, 0.0)
    j = 1 / (var + EPS)
    return var * j, 0.0, diff * j, j


def rmsnorm(q: float, mu: float, diff: float) -> Normed:
    """Divides by the root mean square: j = 1/(q + ε)."""
    j = 1 / (q + EPS)
    return q * j, mu * math.sqrt(j), diff * j, j


NORMS: dict[str, Callable[[float, float, float], Normed]] = {
    "none": none,
    "layernorm": layernorm,
    "rmsnorm": rmsnorm,
}
