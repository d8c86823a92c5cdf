"""The list one picks an exercise from, on the whole screen."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from minigrad.course.keys import Keys
from minigrad.course.progress import Progress
from minigrad.course.status import LEGEND, mark
from minigrad.course.table import Exercise, Lab

MOVES = {"up": -1, "k": -1, "down": 1, "j": 1, "page up": -10, "page down": 10}


def pick(console: Console, keys: Keys, progress: Progress, here: str) -> str:
    """The name of the exercise that is picked; ``here`` if none is."""
    rows = _rows(progress)
    places = [i for i, (_, exercise) in enumerate(rows) if exercise]
    names = [e.name for _, e in rows if e]
    at = names.index(here)
    with console.screen(hide_cursor=True):
        while True:
            _draw(console, progress, rows, places[at])
            key = keys.wait()
            if key in ("q", "l", "escape"):
                return here
            if key in ("enter", " "):
                return names[at]
            at = min(max(at + MOVES.get(key, 0), 0), len(names) - 1)


def _rows(progress: Progress) -> list[tuple[Lab, Exercise | None]]:
    """A row for each lab that has exercises, and one for each of them."""
    return [
        (lab, exercise)
        for lab in progress.workspace.course.labs
        if lab.exercises
        for exercise in (None, *lab.exercises)
    ]


def _draw(
    console: Console, progress: Progress, rows: list[tuple[Lab, Exercise | None]], at: int
) -> None:
    room = max(console.height - 3, 3)
    first = min(max(at - room // 2, 0), max(len(rows) - room, 0))
    lines = []
    for i, (lab, exercise) in enumerate(rows[first : first + room], first):
        if exercise is None:
            lines.append(Text(f"{lab.id} · {lab.title}", style="bold"))
            continue
        entry = progress.data["exercises"].get(exercise.name, {})
        line = Text("▸ " if i == at else "  ", style="reverse" if i == at else "")
        line.append_text(Text.from_markup(mark(entry, exercise.name == progress.current())))
        line.append(f" {exercise.name:24}{exercise.title}, {exercise.minutes} min")
        lines.append(line)
    done, all_ = len(progress.passed), len(progress.workspace.course.exercises)
    lines += [Text(), Text(f"{done} of {all_} passed.  {LEGEND}", style="dim")]
    lines += [Text("↑ ↓ move · Enter picks · q back", style="dim")]
    for line in lines:
        line.truncate(console.width - 1, overflow="ellipsis")
    console.clear()
    console.print(Text("\n").join(lines), end="")
