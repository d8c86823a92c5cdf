"""What a run was: enough to run it again, and to know why another machine may differ."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

import minigrad
from minigrad import kernels


def environment() -> dict[str, Any]:
    """Versions, BLAS and its threads, CPU, and the source's revision. No path of the machine."""
    return {
        "minigrad": minigrad.__version__,
        "revision": revision(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "kernels": kernels.running(),
        "blas": [
            {"library": pool["internal_api"], "version": pool.get("version")}
            | {"threads": pool["num_threads"]}
            for pool in threadpool_info()
            if pool["user_api"] == "blas"
        ],
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": cpu(),
        "cores": os.cpu_count(),
    }


def cpu() -> str:
    """The processor's name as its maker gives it, where the system tells."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if platform.system() == "Darwin":
        return _output("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()
    return platform.processor() or platform.machine()


def revision() -> str | None:
    """The commit this source stands at, with "+changes" where files differ from it; None outside
    a checkout of minigrad."""
    root = Path(minigrad.__file__).parents[2]
    if not (root / ".git").exists():
        return None
    commit = _output("git", "-C", str(root), "rev-parse", "HEAD")
    changed = _output("git", "-C", str(root), "status", "--porcelain", "--untracked-files=no")
    return commit and (f"{commit}+changes" if changed else commit)


def _output(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
