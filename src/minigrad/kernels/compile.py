"""What the twins share: how they are compiled, and e^x.

Numba compiles a twin anew when its own file changes, and only then: after a change here, delete
kernels/__pycache__.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from minigrad.kernels.pool import SHARED

# NaN and inf stay what they are: sums may change their order, and nothing else.
_SUMS = {"reassoc", "contract", "nsz"}


def loop(function: Callable[..., Any]) -> Any:
    """Compiled at first use and kept on disk; other threads of Python run meanwhile. Where there is
    a pool, the steps of `prange` are shared out among its threads, in order."""
    if SHARED:  # the name under which it is kept
        function.__qualname__ += "_shared"
    return numba.njit(nogil=True, cache=True, fastmath=_SUMS, error_model="numpy", parallel=SHARED)(
        function
    )


def part(function: Callable[..., Any]) -> Any:
    """A function that loops call for a row."""
    return numba.njit(nogil=True, cache=True, fastmath=_SUMS, error_model="numpy")(function)


def inline(function: Callable[..., Any]) -> Any:
    """A scalar function for the loops of twins: with its own order of operations, not theirs."""
    return numba.njit(cache=True, fastmath=False, error_model="numpy")(function)


def flat(array: Any) -> np.ndarray:
    """The elements in order, as one row; a view where the array is contiguous."""
    return np.ascontiguousarray(array).reshape(-1)


@intrinsic
def _as_float(typing: Any, bits: Any) -> Any:
    """int32 bits as the float32 that they are."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType())

    return numba.float32(numba.int32), generate


@inline
def _two_to(k):  # type: ignore[no-untyped-def]
    return _as_float(np.int32((k + 127) << 23))  # type: ignore[call-arg]


f = np.float32
_LOW, _HIGH = f(-86.5), f(89)  # beyond, e^x is 0 and inf
_LOG2E, _LN2, _LN2_REST = f(1.44269504), f(0.693359375), f(-2.12194440e-4)
_HALF, _ONE, _TWO, _ZERO = f(0.5), f(1), f(2), f(0)
_C = (f(1.9875691e-4), f(1.3981999e-3), f(8.3334519e-3), f(4.1665796e-2), f(1.6666665e-1), _HALF)


@inline
def exp(x):  # type: ignore[no-untyped-def]
    """e^x of a float32 to 2 units in the last place, in steps that a processor takes for 8 or 16
    numbers at once: 2^n · e^r with |r| ≤ ln 2 / 2, and a polynomial for e^r (Cephes' expf). 0 below
    -86.5: numbers smaller than 2e-38 take a processor a hundred times as long."""
    z = _HIGH if x > _HIGH else x
    z = _LOW if z < _LOW else z  # a NaN passes both
    n = np.floor(z * _LOG2E + _HALF)
    r = z - n * _LN2 - n * _LN2_REST
    p = _C[0]
    p = p * r + _C[1]
    p = p * r + _C[2]
    p = p * r + _C[3]
    p = p * r + _C[4]
    p = p * r + _C[5]
    p = p * r * r + r + _ONE
    p = p * _two_to(np.int32(n) - 1) * _TWO  # 2^128 is no float32
    return _ZERO if x < _LOW else p
