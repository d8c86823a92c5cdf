"""The few functions the recurrences need, for one network's numbers and for arrays over many.

A recurrence is written once, with `xp`: of ARRAYS it steps thousands of networks at once, of FLOATS
one, for which an array of length 1 would take ten times as long.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Number = Any  # float, or an array with an entry per network


@dataclass(frozen=True)
class Arithmetic:
    """Functions of Numbers."""

    sqrt: Callable[..., Number]
    sin: Callable[..., Number]
    asin: Callable[..., Number]
    maximum: Callable[..., Number]
    minimum: Callable[..., Number]
    where: Callable[..., Number]  # both choices are computed: neither may raise


FLOATS = Arithmetic(math.sqrt, math.sin, math.asin, max, min, lambda c, a, b: a if c else b)
ARRAYS = Arithmetic(np.sqrt, np.sin, np.arcsin, np.maximum, np.minimum, np.where)


def of(x: Number) -> Arithmetic:
    """The one for this number."""
    return ARRAYS if isinstance(x, np.ndarray) else FLOATS
