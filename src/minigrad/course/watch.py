"""Watch mode: the current exercise, checked again at every save."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.text import Text

from minigrad.course.console import show
from minigrad.course.keys import Keys, keys
from minigrad.course.pick import pick
from minigrad.course.progress import Progress
from minigrad.course.reader import read_page
from minigrad.course.runner import check
from minigrad.course.status import banner, exercise_head, hint_lines, lab_done, status
from minigrad.course.table import CourseError, Exercise, Lab

HELP = "n next  h hint  t theory  l list  g guess  p lab  z quiz  x reset  q quit"


class Watch:
    """The loop: show, wait for a save or a key, check again."""

    keys: Keys

    def __init__(self, progress: Progress, console: Console, poll: float) -> None:
        self.progress, self.console, self.poll = progress, console, poll
        self.workspace = progress.workspace
        self.skipped: set[str] = set()
        self.name = self.progress.current()
        self.ok = False
        self.checked: bytes | None = None  # what the last check saw
        self.notice = ""  # to be said when the screen has been cleared
        self.commands: dict[str, Callable[[], None]] = {
            "n": self.next,
            "h": self.hint,
            "l": self.list,
            "t": self.theory,
            "g": lambda: self._command("guess", self.lab.id),
            "p": self.run_lab,
            "z": lambda: self._command("quiz", self.lab.id),
            "x": self.reset,
            "u": self.undo,
        }

    @property
    def lab(self) -> Lab:
        return self.workspace.course.lab(self.name or "")

    @property
    def exercise(self) -> Exercise:
        return self.workspace.course.exercise(self.name or "")

    def run(self) -> None:
        """Until `q`, the end of the input, or the last exercise."""
        with contextlib.closing(keys()) as self.keys:
            try:
                while self.name:
                    self.check()
                    if not self._serve():
                        break
                else:
                    self.console.print(banner(self.progress))
            except KeyboardInterrupt:
                pass
        self.console.print("Your work is on disk; `minigrad` goes on from here.")

    def _serve(self) -> bool:
        """Answer keys until there is something to check again; False to quit."""
        name = self.name
        while True:
            key = self.keys.read(self.poll)
            if key == "q":
                return False
            if key in self.commands:
                try:
                    self.commands[key]()
                except CourseError as error:
                    self.console.print(str(error))
                if self.name != name or self.notice:
                    return True
                self._prompt()
            elif key:
                self._prompt()
            if self._source() != self.checked:
                return True

    def _source(self) -> bytes:
        """The file's contents: compared whole, since a time stamp may be coarse or unchanged."""
        for _ in range(10):  # some editors remove the file for a moment when they save
            with contextlib.suppress(OSError):
                return self.lab.file.read_bytes()
            time.sleep(0.05)
        return b""

    def check(self) -> None:
        """Check the current exercise, say what came out, and record it."""
        if self.console.is_terminal and self.checked is not None:
            self.console.clear()
        if self.notice:
            self.console.print(Text(self.notice))
            self.notice = ""
        self.console.print(exercise_head(self.lab, self.exercise))
        self.checked = self._source()  # before the check: a save during it is seen after it
        with self.console.status("checking …"):  # where there is a terminal
            results = list(check(self.lab, [self.exercise]))
        self.keys.drop()  # what was typed meanwhile was meant for another screen
        for result in results:
            show(self.console, result)
        self.ok = results[-1].passed
        self.progress.record(results)
        if self.ok and (done := lab_done(self.progress, self.lab)):
            self.console.print(Text(done))
        self.console.print()
        self.console.print(banner(self.progress))
        self._prompt()

    def _prompt(self) -> None:
        ready = "Press n for the next exercise." if self.ok else "Waiting for a save …"
        self.console.print(Text(f"{ready}\n{HELP}", style="dim"))

    def next(self) -> None:
        if not self.ok and self.name:
            self.skipped.add(self.name)
            self.notice = f"Skipped {self.name} for now; l lists what is open, and goes back to it."
        names = [e.name for e in self.workspace.course.exercises]
        here = names.index(self.name or names[0])
        done = self.progress.passed
        later = [n for n in names[here + 1 :] + names[:here] if n not in done]
        later.sort(key=lambda name: name in self.skipped)
        if later or self.ok:
            self.name = next(iter(later), None)  # None: nothing is open any more

    def hint(self) -> None:
        lines = hint_lines(self.exercise, self.progress.hint(self.exercise.name))
        self.console.print(Text("\n".join(lines)))

    def list(self) -> None:
        """Pick an exercise from the list; where there is no terminal, print it."""
        if not (self.keys.terminal and self.console.is_terminal):
            self.console.print(status(self.progress))
            return
        picked = pick(self.console, self.keys, self.progress, self.exercise.name)
        if picked != self.name:
            self.name, self.notice = picked, f"You picked {picked}."

    def theory(self) -> None:
        with self.keys.as_before():  # a pager reads keys of its own
            read_page(self.progress, self.exercise.theory, self.console)

    def run_lab(self) -> None:
        """Run the lab's experiment, with what the learner wrote in the library's place."""
        if not self.lab.runs:
            self.console.print("This lab has no experiment; the next ones do.")
            return
        pieces = [e.name for e in self.lab.exercises if e.mine]
        written = set(pieces) & set(self.progress.passed)
        if pieces and not written:
            self.console.print(
                f"None of {', '.join(pieces)} has passed: it runs without your code."
            )
        self._command("run", self.lab.id, *(["--mine"] if written else []))

    def _command(self, *arguments: str) -> None:
        """A command of its own, here; where no terminal asks and answers, how to give it."""
        if not self.keys.terminal:
            command = " ".join(["minigrad", *arguments])
            self.console.print(f"In another terminal, in this folder: {command}")
            return
        self.console.print(Text(f"$ minigrad {' '.join(arguments)}", style="bold"))
        with self.keys.as_before(), contextlib.suppress(KeyboardInterrupt):  # Ctrl-C ends it alone
            subprocess.run([sys.executable, "-m", "minigrad", *arguments], check=False)
        self.progress.load()

    def reset(self) -> None:
        self.console.print(f"Put {self.name} back to its stub? y for yes, another key for no")
        if self.keys.wait() == "y":
            self.notice = self.progress.reset(self.exercise.name) + " u undoes it."
        else:
            self.console.print("It stays as it is.")

    def undo(self) -> None:
        self.notice = self.workspace.undo(self.exercise.name)
