"""The list one picks an exercise from, on the whole screen."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from minigrad.course.keys import Keys
from minigrad.course.progress import Progress
from minigrad.course.status import LEGEND, mark

MOVES = {"up": -1, "k": -1, "down": 1, "j": 1, "page up": -10, "page down": 10}


def pick(console: Console, keys: Keys, progress: Progress, here: str) -> str:
    """The name of the exercise that is picked; ``here`` if none is."""
    rows = list(_rows(progress))
    names = [name for name, _ in rows if name]
    at = names.index(here)
    done = f"{len(progress.passed)} of {len(names)} passed.  {LEGEND}"
    with console.screen(hide_cursor=True):
        while True:
            _draw(console, rows, names[at], done)
            key = keys.wait()
            if key in ("q", "l", "escape"):
                return here
            if key in ("enter", " "):
                return names[at]
            at = min(max(at + MOVES.get(key, 0), 0), len(names) - 1)


def _rows(progress: Progress) -> Iterator[tuple[str, Text]]:
    """A line for each lab that has exercises, and one for each of them, with its name."""
    entries, current = progress.data["exercises"], progress.current()
    for lab in progress.workspace.course.labs:
        if lab.exercises:
            yield "", Text(f"{lab.id} · {lab.title}", style="bold")
        for e in lab.exercises:
            sign = Text.from_markup(mark(entries.get(e.name, {}), e.name == current))
            yield e.name, sign.append(f" {e.name:24}{e.title}, {e.minutes} min")


def _draw(console: Console, rows: list[tuple[str, Text]], chosen: str, done: str) -> None:
    at = [name for name, _ in rows].index(chosen)
    room = max(console.height - 3, 3)
    first = min(max(at - room // 2, 0), max(len(rows) - room, 0))
    lines = []
    for name, line in rows[first : first + room]:
        lead = "▸ " if name == chosen else "  " if name else ""
        lines.append(Text(lead, style="reverse" if name == chosen else "").append_text(line))
    lines += [Text(), *(Text(x, style="dim") for x in (done, "↑ ↓ move · Enter picks · q back"))]
    for line in lines:
        line.truncate(console.width - 1, overflow="ellipsis")
    console.clear()
    console.print(Text("\n").join(lines), end="")
