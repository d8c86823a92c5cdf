"""What a training step asks of the whole process: to keep freed memory, and to search less often
for cycles. Both are switched off by setting the environment variable MINIGRAD_KEEP_MEMORY=0 before
the import.

A step frees and asks again for the same large arrays. By default glibc returns blocks above
128 KB to the system at once, and a fresh block costs a page fault per 4 KB: more than the
arithmetic in it. Measured on 2 cores as ratios to PyTorch: LayerNorm forward and backward on
1024 × 512 falls from 7.1 to 2.9, RMSNorm from 1.7 to 0.33; the step of lab 01 stays at 0.9
(MINIGRAD_KEEP_MEMORY=0 python benchmarks/steps.py shows the first of each pair).

Elsewhere than on glibc nothing is changed about that.

A recorded op leaves some ten small objects until backward frees them. At 700 new objects (2,000
since Python 3.13) the garbage collector searches them all for cycles, of which a graph has none:
that takes a tenth of 1,000 small ops, forward and backward. Here it waits for 100,000.
"""

from __future__ import annotations

import gc
import os
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_LARGEST_MMAP_THRESHOLD = 32 * 2**20  # glibc refuses more: larger blocks come fresh every time
_NEVER = 2**31 - 1
_NEW_OBJECTS = 100_000


def prepare_process() -> None:
    """Both, unless the environment says no."""
    if os.environ.get("MINIGRAD_KEEP_MEMORY") != "0":
        keep_freed_memory()
        search_rarely()


def search_rarely() -> None:
    """Have the garbage collector wait for more new objects; left alone where it never searches."""
    if 0 < gc.get_threshold()[0] < _NEW_OBJECTS:
        gc.set_threshold(_NEW_OBJECTS)


def keep_freed_memory() -> bool:
    """Ask glibc to keep freed blocks of up to 32 MB; whether it does."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # another C library, such as musl
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)) and bool(
        mallopt(_M_TRIM_THRESHOLD, _NEVER)
    )
