"""How the course speaks: colour on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys

from rich.console import Console
from rich.text import Text

from minigrad.course.result import Result

STYLES = {"passed": "green", "not written": "yellow", "failed": "red", "stopped": "red"}
MARKS = {"passed": "✓", "not written": "·", "failed": "✗", "stopped": "✗"}


def any_encoding() -> None:
    """Let output through to a terminal that cannot show every character: it gets a ? instead."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def make_console() -> Console:
    """A console on standard output; without colour by NO_COLOR, or off a terminal."""
    shown, plain = sys.stdout.isatty(), bool(os.environ.get("NO_COLOR"))
    width = None if shown else 100
    return Console(no_color=plain, highlight=False, soft_wrap=not shown, width=width)


def show(console: Console, result: Result, inputs: bool = False) -> None:
    """One result: its first line marked and coloured, the rest as it is."""
    first, *rest = result.lines(inputs)
    style = STYLES[result.status]
    console.print(Text(f"{MARKS[result.status]} {first}", style=style))
    for line in rest:
        console.print(Text(line, style="bold" if line.startswith("  →") else ""))
