"""One engine in a process of its own: reads `workload steps` lines, answers with seconds per step.

`python worker.py ENGINE THREADS`; started by steps.py, which interleaves the engines.
"""

from __future__ import annotations

import os
import sys
import time

ENGINE, THREADS = sys.argv[1], sys.argv[2]
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = THREADS

import by_hand  # noqa: E402  (the thread count must be set first)
from workloads import WORKLOADS  # noqa: E402

made: dict = {}
for line in sys.stdin:
    name, steps = line.split()
    if name not in made:
        made.clear()
        by_name = by_hand.WORKLOADS if ENGINE == "by_hand" else None
        made[name] = by_name[name]() if by_name else WORKLOADS[name](ENGINE)
        for _ in range(3):
            made[name]()
    start = time.perf_counter()
    for _ in range(int(steps)):
        made[name]()
    print((time.perf_counter() - start) / int(steps), flush=True)
