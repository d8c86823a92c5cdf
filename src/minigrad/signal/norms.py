"""What a norm does to a signal; NORMS is the table of those that theory knows."""

from __future__ import annotations

from minigrad.signal.arithmetic import Arithmetic, Number

EPS = 1e-5
# whether it takes the mean away before it divides
NORMS: dict[str, bool] = {"none": False, "layernorm": True, "rmsnorm": False}


def normalise(
    q: Number, mu: Number, diff: Number, centred: Number, on: Number, xp: Arithmetic
) -> tuple[Number, Number, Number, Number]:
    """q, μ, Δ after a norm, and its squared Jacobian j; as they were, and 1, where ``on`` is False.

    LayerNorm takes away the mean and divides by the standard deviation, j = 1/(q − μ² + ε);
    RMSNorm divides by the root mean square, j = 1/(q + ε).
    """
    if on is False:
        return q, mu, diff, 1.0
    w = xp.maximum(q - xp.where(centred, mu * mu, 0.0), 0.0)
    j = 1 / (w + EPS)
    mean = xp.where(centred, 0.0, mu * xp.sqrt(j))
    if on is True:
        return w * j, mean, diff * j, j
    return (
        xp.where(on, w * j, q),
        xp.where(on, mean, mu),
        xp.where(on, diff * j, diff),
        xp.where(on, j, 1.0),
    )
