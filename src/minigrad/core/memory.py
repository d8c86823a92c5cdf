"""Keep freed memory for the next step instead of handing it back to the system each time.

A step frees and asks again for the same large arrays. By default glibc returns blocks above
128 KB to the system at once, and a fresh block costs a page fault per 4 KB: more than the
arithmetic in it. Measured on 2 cores as ratios to PyTorch: LayerNorm forward and backward on
1024 × 512 falls from 4.0 to 1.6, RMSNorm from 1.4 to 0.35, the step of lab 01 from 0.76 to 0.66
(MINIGRAD_KEEP_MEMORY=0 python benchmarks/steps.py shows the first of each pair).

This changes how the whole process allocates, so it can be switched off: set the environment
variable MINIGRAD_KEEP_MEMORY=0 before the import. Elsewhere than on glibc it does nothing.
"""

from __future__ import annotations

import os
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_LARGEST_MMAP_THRESHOLD = 32 * 2**20  # glibc refuses more: larger blocks come fresh every time
_NEVER = 2**31 - 1


def keep_freed_memory() -> bool:
    """Ask glibc to keep freed blocks of up to 32 MB; whether it does."""
    if os.environ.get("MINIGRAD_KEEP_MEMORY") == "0" or not sys.platform.startswith("linux"):
        return False
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # another C library, such as musl
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)) and bool(
        mallopt(_M_TRIM_THRESHOLD, _NEVER)
    )
