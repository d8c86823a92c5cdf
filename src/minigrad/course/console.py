"""How the course speaks: colour on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys

from rich.console import Console
from rich.text import Text

from minigrad.course.result import Result

STYLES = {"passed": "green", "not written": "yellow", "failed": "red", "stopped": "red"}
MARKS = {"passed": "✓", "not written": "·", "failed": "✗", "stopped": "✗"}


def make_console(colour: bool = True) -> Console:
    """A console on standard output; without colour if asked, by NO_COLOR, or off a terminal."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a code page without → still gets the sentence
    plain = not colour or bool(os.environ.get("NO_COLOR"))
    width = None if sys.stdout.isatty() else 100
    return Console(no_color=plain, highlight=False, soft_wrap=not sys.stdout.isatty(), width=width)


def show(console: Console, result: Result) -> None:
    """One result: its first line marked and coloured, the rest as it is."""
    first, *rest = result.lines()
    style = STYLES[result.status]
    console.print(Text(f"{MARKS[result.status]} {first}", style=style))
    for line in rest:
        console.print(Text(line, style="bold" if line.startswith("  →") else ""))
