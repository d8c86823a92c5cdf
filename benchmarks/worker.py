"""One engine in a process of its own: reads `workload steps` lines, answers with seconds per step.

`python worker.py ENGINE THREADS`; started by steps.py, which interleaves the engines. The engine
`alone` is minigrad on NumPy alone, without compiled kernels; `compiled` is PyTorch's own step under
torch.compile. The line `memory` is answered with the process's peak memory in bytes.
"""

from __future__ import annotations

import os
import runpy
import sys
import time
from pathlib import Path
from typing import Any

ENGINE, THREADS = sys.argv[1], sys.argv[2]
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = THREADS

if ENGINE == "alone":
    os.environ["MINIGRAD_KERNELS"] = "numpy"

import by_hand  # noqa: E402  (the thread count must be set first)
import others  # noqa: E402


def make(name: str) -> Any:
    """The workload's step in this process's engine."""
    if ENGINE == "by_hand":
        return by_hand.WORKLOADS[name]()
    if ENGINE in others.WORKLOADS:
        return others.WORKLOADS[ENGINE][name]()
    # by its path: importing minigrad would change how another engine's process allocates
    file = Path(__file__).parents[1] / "src" / "minigrad" / "lab" / "workloads.py"
    engine = {"alone": "minigrad", "compiled": "torch"}.get(ENGINE, ENGINE)
    step = runpy.run_path(str(file))["WORKLOADS"][name](engine)
    if ENGINE == "compiled":
        import torch

        step = torch.compile(step)
    return step


def peak_memory() -> int:
    """Bytes; Linux counts in KB, macOS in bytes, Windows has no such module."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


current: tuple[str, Any] = ("", None)
for line in sys.stdin:
    if line.strip() == "memory":
        print(peak_memory(), flush=True)
        continue
    name, steps = line.split()
    if name != current[0]:
        current = (name, make(name))
        for _ in range(3):
            current[1]()
    start = time.perf_counter()
    for _ in range(int(steps)):
        current[1]()
    print((time.perf_counter() - start) / int(steps), flush=True)
