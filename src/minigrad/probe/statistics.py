"""The numbers that tell whether a signal lives."""

import math
from typing import Any, NamedTuple

import numpy as np


class Statistics(NamedTuple):
    """Of an array's finite entries, in float64; `zeros` and `non_finite` are shares of all."""

    mean: float
    std: float
    rms: float
    min: float
    max: float
    zeros: float
    non_finite: float


def statistics(values: Any) -> Statistics:
    """Mean, std (population), rms, min, max, share of zeros, share of NaN and inf.

    In float64, so that squares of a float32 neither overflow nor vanish. NaN where no entry is
    finite.
    """
    array = np.asarray(values, dtype=np.float64).ravel()
    finite = array[np.isfinite(array)]
    if not finite.size:
        nan = math.nan
        return Statistics(nan, nan, nan, nan, nan, 0.0, 1.0 if array.size else 0.0)
    return Statistics(
        mean=float(finite.mean()),
        std=float(finite.std()),
        rms=math.sqrt(float(finite @ finite) / finite.size),
        min=float(finite.min()),
        max=float(finite.max()),
        zeros=float((array == 0).mean()),
        non_finite=1 - finite.size / array.size,
    )
