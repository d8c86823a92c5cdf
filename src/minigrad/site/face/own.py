"""Learner's code beyond the checks runs in a process of its own, which is ended when it hangs."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from minigrad.errors import ArgumentError

SILENT = 60.0  # seconds without a word before it is ended; a lab's step takes far less


def in_child(
    function: Callable[..., Any], args: dict[str, Any], root: Path, tell: Callable[[Any], None]
) -> Any:
    """Call a function of a module with ``args`` and ``tell`` in a child process, its folder
    ``root``; where there are no processes (in a page's worker, which is one), right here."""
    if sys.platform == "emscripten":
        return function(**args, tell=tell)
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", __name__, function.__module__, function.__name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        cwd=root,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert child.stdin and child.stdout and child.stderr
    lines: queue.Queue[str] = queue.Queue()
    errors: list[str] = []
    readers = [
        threading.Thread(target=_read, args=(child.stdout, lines.put), daemon=True),
        threading.Thread(target=_read, args=(child.stderr, errors.append), daemon=True),
    ]
    try:
        child.stdin.write(json.dumps(args))
        child.stdin.close()
        for reader in readers:
            reader.start()
        while True:
            try:
                line = lines.get(timeout=SILENT)
            except queue.Empty:
                raise ArgumentError(
                    f"it ran for {SILENT:g} s without a step, and was stopped. "
                    "Does a loop's condition ever become false?"
                ) from None
            if not line:
                readers[1].join(timeout=1)
                said = [x.strip() for x in errors if x.strip()]
                raise ArgumentError(f"the process ended. {said[-1] if said else ''}".strip())
            message = json.loads(line)
            if "error" in message:
                raise ArgumentError(message["error"])
            if "result" in message:
                return message["result"]
            tell(message["event"])
    finally:
        child.kill()
        child.wait()


def _read(stream: IO[str], into: Callable[[str], Any]) -> None:
    with stream:
        for line in stream:
            into(line)
    into("")  # the end


def main(module: str, name: str) -> None:
    """The child: one JSON line per event, and one for the result or the error."""
    import importlib

    out = os.fdopen(os.dup(1), "w", encoding="utf-8")  # ours; what the learner prints goes nowhere
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.dont_write_bytecode = True

    def say(**line: Any) -> None:
        out.write(json.dumps(line) + "\n")
        out.flush()

    args = json.loads(sys.stdin.read())
    try:
        function = getattr(importlib.import_module(module), name)
        say(result=function(**args, tell=lambda event: say(event=event)))
    except ArgumentError as error:
        say(error=str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
