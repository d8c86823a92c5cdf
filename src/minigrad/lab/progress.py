"""A progress bar with an estimate on a terminal; nothing in a log or a notebook."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


@contextmanager
def progress(total: int, title: str) -> Iterator[Callable[..., None]]:
    """Yields `advance(steps=1, what="")`, to be called as steps are done."""
    console = Console(stderr=True)
    # a notebook keeps every frame: of a bar in a cell, and of one in a `!minigrad run`
    if not console.is_terminal or console.is_jupyter or "JPY_PARENT_PID" in os.environ:
        yield lambda steps=1, what="": None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=total)

        def advance(steps: int = 1, what: str = "") -> None:
            bar.update(task, advance=steps, description=f"{title} {what}".strip())

        yield advance
