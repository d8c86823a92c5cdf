"""How sharp the loss is, in the optimizer's own units."""

from __future__ import annotations

import math

import numpy as np

from minigrad.diagnose.session import Array, Session, norm


def sharpness(session: Session, w: Array, g: Array, u: Array, turned: Array) -> float:
    """The greatest eigenvalue of R½ H R½ at `w`, where H is the first batch's Hessian and R, one
    number per parameter, the optimizer's step per unit of gradient, as its update `u` at the
    gradient `g` gives it: `Session.limit` is where descent ceases to be stable.

    Power iteration. `turned`, what a few updates have changed of the gradient, is its first
    product; the second is the difference of two gradients: half the cost of an exact one, and the
    same in every engine. The two lie a hundredth of the weights' size apart: nearer, the kinks of
    ReLU count for curvature. So it is right on a parabola (a test holds it to 2 %), and about right
    on a network (another holds the median of eight). Leaves the parameters moved. 0 where nothing
    moves, inf where the gradient overflows.
    """
    step = session.mean_squares(u) / np.maximum(session.mean_squares(g), 1e-60)  # R²
    root = session.spread(step**0.25)  # R½
    v = root * turned
    size = norm(v)
    if not size > 0:
        return 0.0
    d = root * v / size
    h = 1e-2 * max(norm(w), 1e-30) / norm(d)
    session.put(w + h * d)
    _, there = session.differentiate(session.batches[0])
    found = norm(root * (there - g) / h)
    return math.inf if math.isnan(found) else found
