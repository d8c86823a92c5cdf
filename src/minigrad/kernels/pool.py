"""One pool of threads for loops and products.

Two pools get in each other's way: their threads wait awake, on as many cores as there are threads,
and a loop on one core reads what a product has left in the caches of both. So where OpenBLAS would
take several cores, the loops' threads (Numba's, by OpenMP or TBB) take its work as well: each calls
it for a share of a product's rows, on one core (kernels/product.py). From then on OpenBLAS's own
threads rest, in NumPy's other calls too.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any

import numba
import numpy as np

from minigrad import kernels

SPINS = "15000"  # half a millisecond; a twentieth of what it does by itself


def _openblas() -> ctypes.CDLL | None:
    """The library that NumPy's wheels bring with them on Linux; elsewhere threads differ."""
    found = (Path(np.__file__).parents[1] / "numpy.libs").glob("libscipy_openblas64*.so*")
    return next((ctypes.CDLL(str(path)) for path in found), None)


@numba.njit(parallel=True, cache=True)
def _wake(steps: np.ndarray) -> None:
    for i in numba.prange(steps.size):
        steps[i] = i


def _start(count: int) -> None:
    """GNU's OpenMP reads once how often a thread looks for work before it sleeps: long enough that
    it is awake for the next op, and not so long that it is in the way on a busy machine."""
    mine = "GOMP_SPINCOUNT" not in os.environ
    os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
    _wake(np.empty(count))
    if mine:
        del os.environ["GOMP_SPINCOUNT"]


def _threads() -> int:
    """How many the pool has: as many as BLAS, if that has several, and 1 where there is none."""
    count = BLAS.scipy_openblas_get_num_threads64_() if BLAS else 1
    if count < 2 or numba.get_num_threads() != count:
        return 1
    _start(count)
    if numba.threading_layer() == "workqueue":  # which two threads of Python must not enter at once
        return 1
    one_core_each()
    # threads do not live on in a fork; NumPy's forms and BLAS's threads do
    os.register_at_fork(after_in_child=lambda: _leave(count))
    return count


def _leave(count: int) -> None:
    kernels.leave()
    BLAS.scipy_openblas_set_num_threads64_(count)


def one_core_each() -> None:
    """Keep BLAS to the core that calls it, also where someone has set its threads since."""
    if BLAS.scipy_openblas_get_num_threads64_() != 1:
        BLAS.scipy_openblas_set_num_threads64_(1)


BLAS: Any = _openblas()
THREADS = _threads()
SHARED = THREADS > 1
