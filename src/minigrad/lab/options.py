"""The options that every lab takes."""

from dataclasses import dataclass, fields
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import typer

from minigrad.errors import ArgumentError


@dataclass(frozen=True, kw_only=True)
class Options:
    """Set up an experiment; a lab adds its own by deriving from this class."""

    quick: Annotated[bool, typer.Option("--quick", help="Fewer seeds and steps.")] = False
    seeds: Annotated[int | None, typer.Option(min=1, help="Repeat with seeds 0 to N-1.")] = None
    steps: Annotated[int | None, typer.Option(min=1, help="Training steps.")] = None
    lr: Annotated[float | None, typer.Option(help="Learning rate.")] = None
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results; must not exist yet.")
    ] = None
    svg: Annotated[bool, typer.Option("--svg", help="Draw each figure as SVG too.")] = False
    # on matrices of the labs' size a second thread gains little, and on a busy machine costs much
    threads: Annotated[int, typer.Option(min=1, help="Threads for matrix products.")] = 1
    compare: Annotated[
        bool, typer.Option("--compare", help="Set the run beside the committed reference.")
    ] = False
    mine: Annotated[
        bool, typer.Option("--mine", help="Your functions of exercise.py in the library's place.")
    ] = False
    no_ask: Annotated[
        bool, typer.Option("--no-ask", help="Ask for no guess before the first run.")
    ] = False

    def __post_init__(self) -> None:
        if self.lr is not None and not 0 < self.lr < float("inf"):
            raise ArgumentError(f"--lr must be a positive number, got {self.lr:g}")


# what decides how it runs and not what is computed
HOW_IT_RUNS = {"quick", "out", "svg", "threads", "compare", "mine", "no_ask"}


def settings(options: Options, mode: dict[str, Any]) -> tuple[SimpleNamespace, list[str]]:
    """What the experiment runs with: the mode's settings, replaced by the options that were given.

    Also the names of options that were given but that this lab has no use for.
    """
    chosen = dict(mode)
    unused = []
    for field in fields(options):
        value = getattr(options, field.name)
        if field.name in HOW_IT_RUNS or value is None:
            continue
        if field.name in chosen:
            chosen[field.name] = value
        else:
            unused.append(f"--{field.name.replace('_', '-')}")
    return SimpleNamespace(**chosen), unused
