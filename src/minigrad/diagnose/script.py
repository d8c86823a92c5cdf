"""`minigrad diagnose script.py`: the script that gives the four."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from minigrad.diagnose.diagnosis import Diagnosis, run
from minigrad.errors import ArgumentError

WANTED = "def setup(): return model, loss, optimizer, batches"


def diagnose_script(path: Path, steps: int) -> Diagnosis:
    """Run the script (not as `__main__`), call its setup(), and diagnose what that returns."""
    if not path.is_file():
        raise ArgumentError(f"no script at {path}")
    sys.path.insert(0, str(path.parent))  # for what lies beside it
    try:
        names = runpy.run_path(str(path))
    finally:
        sys.path.remove(str(path.parent))
    if not callable(names.get("setup")):
        raise ArgumentError(f"{path} must define what to diagnose: {WANTED}")
    four = names["setup"]()
    if not isinstance(four, tuple) or len(four) != 4:
        got = f"{len(four)} values" if isinstance(four, tuple) else type(four).__name__
        raise ArgumentError(f"setup() in {path} must return four, got {got}: {WANTED}")
    return run(*four, steps)
