"""How sharp the loss is, in the optimizer's own units."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from minigrad.diagnose.session import Array, Session


def dot(a: Sequence[Array], b: Sequence[Array]) -> float:
    """The inner product of two gradients."""
    return float(sum(float(np.vdot(x, y)) for x, y in zip(a, b, strict=True)))


def norm(a: Sequence[Array]) -> float:
    """√ of a gradient's sum of squares, finite or NaN."""
    square = dot(a, a)
    return math.sqrt(square) if math.isfinite(square) else math.nan


def sharpness(
    session: Session, w: list[Array], g: list[Array], step: list[float], iterations: int
) -> float:
    """The greatest eigenvalue of R½ H R½ at `w`, where H is the first batch's Hessian and R, one
    number per parameter, the optimizer's step per unit of gradient: `Session.limit` is where
    descent ceases to be stable.

    Power iteration from the gradient `g`. H's products are differences of two gradients: half the
    cost of an exact product, the same in every engine, and as exact as the use (a test holds it to
    2 %). Leaves the parameters moved. 0 where nothing moves, inf where the gradient overflows.
    """
    root = [math.sqrt(r) for r in step]
    v = [r * x for r, x in zip(root, g, strict=True)]
    found, scale = 0.0, max(norm(w), 1e-30)
    for _ in range(iterations):
        size = norm(v)
        if not size > 0:
            return found
        v = [x / size for x in v]
        d = [r * x for r, x in zip(root, v, strict=True)]
        h = 2e-3 * scale / norm(d)
        session.put([x + h * y for x, y in zip(w, d, strict=True)])
        _, there = session.differentiate(session.batches[0])
        v = [r * (x - y) / h for r, x, y in zip(root, there, g, strict=True)]
        found = norm(v)
        if math.isnan(found):
            return math.inf
    return found


def steps_taken(u: list[Array], g: list[Array]) -> list[float]:
    """R: the size of each parameter's update over that of its gradient."""
    return [
        float(np.sqrt(np.square(x).mean() / max(np.square(y).mean(), 1e-60)))
        for x, y in zip(u, g, strict=True)
    ]
