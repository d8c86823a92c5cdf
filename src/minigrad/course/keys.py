"""One key at a time from a terminal, or one line at a time from anything else."""

from __future__ import annotations

import contextlib
import os
import queue
import select
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

NAMED = {
    **{"\x1b[A": "up", "\x1bOA": "up", "\x1b[B": "down", "\x1bOB": "down", "\x1b": "escape"},
    **{"\x1b[5~": "page up", "\x1b[6~": "page down", "\r": "enter", "\n": "enter"},
}


class Keys:
    """What the learner types: ``read(seconds)`` gives a lower-case key, a name of NAMED, or "" when
    none came. The end of the input, and Ctrl-C, read as "q"."""

    terminal = True

    def read(self, seconds: float) -> str:
        raise NotImplementedError

    def drop(self) -> None:
        """Forget what was typed while nobody looked, so that it is not acted on blindly."""

    def as_before(self) -> contextlib.AbstractContextManager[None]:
        """The terminal as other programs expect it, for as long as one of them runs."""
        return contextlib.nullcontext()


@contextlib.contextmanager
def keys() -> Iterator[Keys]:
    """The keys of standard input."""
    if not sys.stdin.isatty():
        yield Lines()
    elif sys.platform == "win32":
        yield Windows()
    else:
        one = Unbuffered()
        try:
            yield one
        finally:
            one.restore()


class Lines(Keys):
    """Each line's first letter; lines are commands when the input is a pipe or a file."""

    terminal = False

    def __init__(self) -> None:
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._pump, daemon=True).start()

    def _pump(self) -> None:
        for line in sys.stdin:
            self.lines.put(line.strip().lower()[:1] or "enter")
        self.lines.put("q")

    def read(self, seconds: float) -> str:
        with contextlib.suppress(queue.Empty):
            return self.lines.get(timeout=seconds)
        return ""


class Windows(Keys):
    """From the console of Windows."""

    def read(self, seconds: float) -> str:
        import msvcrt

        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if msvcrt.kbhit():  # type: ignore[attr-defined,unused-ignore]
                key = str(msvcrt.getwch()).lower()  # type: ignore[attr-defined,unused-ignore]
                if key in ("\x00", "\xe0"):  # an arrow or a function key: a second part follows
                    second = msvcrt.getwch()  # type: ignore[attr-defined,unused-ignore]
                    return {"H": "up", "P": "down", "I": "page up", "Q": "page down"}.get(
                        second, ""
                    )
                return "q" if key == "\x03" else NAMED.get(key, key)
            time.sleep(0.02)
        return ""

    def drop(self) -> None:
        import msvcrt

        while msvcrt.kbhit():  # type: ignore[attr-defined,unused-ignore]
            msvcrt.getwch()  # type: ignore[attr-defined,unused-ignore]


class Unbuffered(Keys):
    """From a POSIX terminal: a key comes without Enter; Ctrl-C still interrupts."""

    def __init__(self) -> None:
        import termios

        self.file = sys.stdin.fileno()
        self.before: Any = termios.tcgetattr(self.file)
        self.typed: list[str] = []
        self._one_by_one()

    def _one_by_one(self) -> None:
        import tty

        tty.setcbreak(self.file)

    def read(self, seconds: float) -> str:
        if not self.typed and select.select([self.file], [], [], seconds)[0]:
            came = os.read(self.file, 32).decode(errors="replace")
            if came.startswith("\x1b"):  # Home and F1 come as several characters: no key here
                self.typed = [NAMED.get(came, "")]
            else:
                self.typed = [NAMED.get(c, c.lower()) for c in came] or ["q"]
        return self.typed.pop(0) if self.typed else ""

    def drop(self) -> None:
        import termios

        self.typed.clear()
        termios.tcflush(self.file, termios.TCIFLUSH)

    def restore(self) -> None:
        import termios

        termios.tcsetattr(self.file, termios.TCSADRAIN, self.before)

    @contextlib.contextmanager
    def as_before(self) -> Iterator[None]:
        self.restore()
        try:
            yield
        finally:
            self._one_by_one()
            self.drop()
