"""The rest of training in a few leaps: where would the updates lead, if they went on like this?

After a few real updates the weights move on along the mean of the last two as far as many more
would carry them, or to where the loss along the way is least; two real updates damp what that has
disturbed, and the next leap is longer (projective integration: Gear & Kevrekidis 2003,
https://doi.org/10.1137/S1064827501388157). Two of them reach the last step: a third told no more
of the fates of 5,205 runs, cross-validated.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minigrad.diagnose.layers import Layer, glimpsed
from minigrad.diagnose.session import Array, Session, dot, norm

LEAPS = 2
RATIO = 6  # of each leap to the one before
BEFORE = 3  # updates that come first
BROKEN = 1 / 16  # of a leap is kept where its end is not finite

Grown = Callable[[Array], tuple[float, float]]


@dataclass
class Leap:
    """One leap and the two updates after it."""

    share: float  # of the way that was gone: 0 where it leads uphill, below 1 to its least loss
    turned: float = math.nan  # the slope at the end of the whole way over that before it
    landed: float = math.nan  # the first batch's loss there
    loss: float = math.nan  # the other batch's, one update after it
    stride: float = math.nan  # norm of that update over that of the one before the first leap
    grown: float = math.nan  # change of a matrix since the start over its size: the greatest
    middle: float = math.nan  # and the middle one


def leaps(
    session: Session, grown: Grown, w: Array, g: Array, last: Array, u: Array, steps: int
) -> tuple[list[Leap], float, list[list[Layer]]]:
    """The leaps, the gradient's norm where the last one ends, and the layers after each.

    From `w`, to which the updates `last` and `u` led, where g is the first batch's gradient before
    `u`; `grown` is that of `growth`. Ends early where a loss is not finite.
    """
    first, other = session.batches[0], session.batches[-1]
    whole = max(steps - BEFORE - 2 * LEAPS + 1, 0)
    beta, stride = session.momentum, norm(u)
    out: list[Leap] = []
    seen: list[list[Layer]] = []
    slope_there = math.inf
    for i in range(LEAPS):
        ahead = whole * RATIO**i * (RATIO - 1) / (RATIO**LEAPS - 1)
        # momentum has built up to this share of what it comes to
        ahead /= max(1 - beta ** (BEFORE + 2 * i), 1e-3)
        way = (last + u) * np.float32(ahead / 2)
        slope = dot(g, way)
        leap = Leap(0.0)
        out.append(leap)
        if slope < 0:
            session.put(w + way)
            leap.landed, there = session.differentiate(first)
            after = dot(there, way)
            leap.turned = after / slope
            if not (math.isfinite(leap.landed) and math.isfinite(after)):
                leap.share, there = BROKEN, g
            else:
                leap.share = slope / (slope - after) if after > 0 else 1.0
            if leap.share < 1:
                there = g + leap.share * (there - g)  # as where the loss is a parabola
                way *= leap.share
                session.put(w + way, there)
            w, g = w + way, there
        else:
            leap.landed, g = session.differentiate(first)
        last = session.updated(w)
        w = w + last
        leap.stride = norm(last) / max(stride, 1e-30)
        if not math.isfinite(leap.stride):
            break
        leap.grown, leap.middle = grown(w)
        with glimpsed(session) as layers:
            leap.loss, there = session.differentiate(other)
        seen.append(layers)
        slope_there = norm(there)
        if i + 1 == LEAPS or not (math.isfinite(leap.loss) and math.isfinite(slope_there)):
            break
        u = session.updated(w)
        w = w + u
    return out, slope_there if len(out) == LEAPS else math.inf, seen


def growth(session: Session, start: Array) -> Grown:
    """A function of the values w: change of a matrix over its size at the start, the greatest and
    the middle one."""
    matrices = np.array([p.ndim > 1 for p in session.parameters])
    sizes = np.maximum(session.mean_squares(start)[matrices], 1e-60)

    def grown(w: Array) -> tuple[float, float]:
        found = np.sqrt(session.mean_squares(w - start)[matrices] / sizes)
        return (float(found.max()), float(np.median(found))) if len(found) else (0.0, 0.0)

    return grown
