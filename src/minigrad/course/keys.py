"""One key at a time from a terminal, or one line at a time from anything else."""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator

Read = Callable[[float], str]  # seconds to wait -> a lower-case key, or "" when none came


@contextlib.contextmanager
def keys() -> Iterator[Read]:
    """A function that waits for a key. The end of the input, and Ctrl-C, read as "q"."""
    if not sys.stdin.isatty():
        yield _lines()
    elif sys.platform == "win32":
        yield _windows
    else:
        with _unbuffered() as read:
            yield read


def _lines() -> Read:
    """Each line's first letter; lines are commands when the input is a pipe or a file."""
    lines: queue.Queue[str] = queue.Queue()

    def pump() -> None:
        for line in sys.stdin:
            lines.put(line.strip().lower()[:1] or "\n")
        lines.put("q")

    threading.Thread(target=pump, daemon=True).start()

    def read(seconds: float) -> str:
        with contextlib.suppress(queue.Empty):
            return lines.get(timeout=seconds)
        return ""

    return read


def _windows(seconds: float) -> str:
    import msvcrt

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if msvcrt.kbhit():  # type: ignore[attr-defined,unused-ignore]
            key = str(msvcrt.getwch()).lower()  # type: ignore[attr-defined,unused-ignore]
            if key in ("\x00", "\xe0"):  # an arrow or a function key: a second part follows
                msvcrt.getwch()  # type: ignore[attr-defined,unused-ignore]
                return ""
            return "q" if key == "\x03" else key
        time.sleep(0.02)
    return ""


@contextlib.contextmanager
def _unbuffered() -> Iterator[Read]:
    import select
    import termios
    import tty

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)

    typed: list[str] = []

    def read(seconds: float) -> str:
        if not typed and select.select([terminal], [], [], seconds)[0]:
            came = os.read(terminal, 32).decode(errors="replace").lower()
            # Home and F1 come as several characters, the first of them Escape: none is a key here
            typed.extend("" if came.startswith("\x1b") else came or "q")
        return typed.pop(0) if typed else ""

    try:
        tty.setcbreak(terminal)  # a key comes without Enter; Ctrl-C still interrupts
        yield read
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
