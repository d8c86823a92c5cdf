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

NAMED = {
    **{"\x1b[A": "up", "\x1bOA": "up", "\x1b[B": "down", "\x1bOB": "down", "\x1b": "escape"},
    **{"\x1b[5~": "page up", "\x1b[6~": "page down", "\r": "enter", "\n": "enter"},
    **{"\xe0H": "up", "\xe0P": "down", "\xe0I": "page up", "\xe0Q": "page down"},  # of Windows
}


class Keys:
    """What the learner types: lines that are commands, from a pipe or a file. A key is named by a
    line's first letter, or as in NAMED; the end of the input, and Ctrl-C, read as "q"."""

    terminal = False

    def __init__(self) -> None:
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._pump, daemon=True).start()

    def _pump(self) -> None:
        for line in sys.stdin:
            self.lines.put(line.strip().lower()[:1] or "enter")
        self.lines.put("")

    def read(self, seconds: float) -> str:
        """The next key, "" when none came."""
        with contextlib.suppress(queue.Empty):
            if key := self.lines.get(timeout=seconds):
                return key
            self.lines.put("")  # whoever asks next is told of the end too
            return "q"
        return ""

    def wait(self) -> str:
        """The next key, however long it takes."""
        while not (key := self.read(60)):
            pass
        return key

    def drop(self) -> None:
        """Forget what was typed while nobody looked, so that it is not acted on blindly."""

    def as_before(self) -> contextlib.AbstractContextManager[None]:
        """The terminal as other programs expect it, for as long as one of them runs."""
        return contextlib.nullcontext()

    def close(self) -> None:
        """The terminal is as it was."""


if sys.platform == "win32":
    import msvcrt

    class Terminal(Keys):
        """The console of Windows."""

        terminal = True

        def __init__(self) -> None:
            """Nothing is to be set."""

        def read(self, seconds: float) -> str:
            end = time.monotonic() + seconds
            while not msvcrt.kbhit():
                if time.monotonic() > end:
                    return ""
                time.sleep(0.02)
            key = msvcrt.getwch()
            if key in ("\x00", "\xe0"):  # an arrow or a function key: a second part follows
                return NAMED.get("\xe0" + msvcrt.getwch(), "")
            return "q" if key == "\x03" else NAMED.get(key, key.lower())

        def drop(self) -> None:
            while msvcrt.kbhit():
                msvcrt.getwch()
else:
    import termios
    import tty

    class Terminal(Keys):
        """A POSIX terminal: a key comes without Enter; Ctrl-C still interrupts."""

        terminal = True

        def __init__(self) -> None:
            self.file = sys.stdin.fileno()
            self.before = termios.tcgetattr(self.file)
            self.typed: list[str] = []
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
            self.typed.clear()
            termios.tcflush(self.file, termios.TCIFLUSH)

        def close(self) -> None:
            termios.tcsetattr(self.file, termios.TCSADRAIN, self.before)

        @contextlib.contextmanager
        def as_before(self) -> Iterator[None]:
            self.close()
            try:
                yield
            finally:
                tty.setcbreak(self.file)
                self.drop()


def keys() -> Keys:
    """The keys of standard input."""
    return Terminal() if sys.stdin.isatty() else Keys()
