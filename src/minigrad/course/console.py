"""How the course speaks: colour on a terminal, plain lines elsewhere."""

from __future__ import annotations

import codecs
import os
import sys
import unicodedata

from rich.console import Console
from rich.text import Text

from minigrad.course.result import Result

STYLES = {"passed": "green", "not written": "yellow", "failed": "red", "stopped": "red"}
MARKS = {"passed": "✓", "not written": "·", "failed": "✗", "stopped": "✗"}


ASCII = dict(zip("✓✗·→█░─−×⊙∂–’", "+x.>#.--x*d-'", strict=True))
ASCII |= {"…": "...", "√": "sqrt", "±": "+-", "≤": "<=", "≥": ">=", "≈": "~", "∞": "inf", "‖": "||"}


def _plain(error: UnicodeError) -> tuple[str, int]:
    """What a terminal shows for characters that it lacks: 10⁻¹⁵ is 10^-15, β is beta."""
    assert isinstance(error, UnicodeEncodeError)
    out, raised = "", False
    for character in error.object[error.start : error.end]:
        above = unicodedata.decomposition(character).startswith("<super>")
        out += "^" * (above and not raised) + _likeness(character)
        raised = above
    return out, error.end


def _likeness(character: str) -> str:
    if character in ASCII:
        return ASCII[character]
    name = unicodedata.name(character, "")
    if name.startswith("GREEK"):
        return name.split()[-1].capitalize() if "CAPITAL" in name else name.split()[-1].lower()
    flat = unicodedata.normalize("NFKD", character).replace("−", "-")
    return flat.encode("ascii", "ignore").decode() or "?" * (not unicodedata.combining(character))


codecs.register_error("minigrad.plain", _plain)


def any_encoding() -> None:
    """Let output through to a terminal that cannot show every character."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="minigrad.plain")


def make_console(colour: bool = True) -> Console:
    """A console on standard output; without colour if asked, by NO_COLOR, or off a terminal."""
    any_encoding()
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
