"""From a lab's Settings and a command line to the values that an experiment runs with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, make_dataclass
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from minigrad.errors import ArgumentError


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a lab is run: what does not change what is computed. A text is the option's help."""

    quick: Annotated[bool, "Fewer seeds and steps."] = False
    out: Annotated[Path | None, "Folder for the results; must not exist yet."] = None
    svg: Annotated[bool, "Draw each figure as SVG too."] = False
    # on matrices of the labs' size a second thread gains little, and on a busy machine costs much
    threads: Annotated[int, "Threads for matrix products."] = 1
    compare: Annotated[bool, "Set the run beside the committed reference."] = False
    mine: Annotated[bool, "Your functions of exercise.py in the library's place."] = False
    no_ask: Annotated[bool, "Ask for no guess before the first run."] = False


# options of every lab, so that several can be run with the same; a lab without such a field says so
COMMON = {
    "seeds": Annotated[int | None, "Repeat with seeds 0 to N-1."],
    "steps": Annotated[int | None, "Training steps."],
    "lr": Annotated[float | None, "Learning rate."],
}


MOST = {"threads": 1024, "seeds": 10_000}


def parse(
    module: ModuleType, arguments: Sequence[str], name: str
) -> tuple[Options, dict[str, Any], list[str]]:
    """A command line as how to run, the settings that were given, and what has no meaning here.

    A field of the lab's Settings is an option if it is one of COMMON, or annotated with a text, its
    help. A whole number is at least 1. Prints the help and exits where that is asked for.
    """
    import typer

    def option(name: str, hint: Any) -> Any:
        kind, text = get_args(hint)
        whole = int in (kind, *get_args(kind))
        least, most = (1, MOST.get(name, 10**9)) if whole else (None, None)
        names = [f"--{name.replace('_', '-')}"] if kind is bool else []  # no --no-quick
        return Annotated[kind, typer.Option(*names, help=text, min=least, max=most)]

    hints = get_type_hints(module.Settings, include_extras=True)
    own = {n: get_args(h) for n, h in hints.items() if get_origin(h) is Annotated}
    asked = COMMON | {n: Annotated[kind | None, text] for n, (kind, text) in own.items()}
    how = get_type_hints(Options, include_extras=True)
    made = make_dataclass(
        "Asked",
        [
            *(
                (f.name, option(f.name, how[f.name]), field(default=f.default))
                for f in fields(Options)
            ),
            *((name, option(name, hint), field(default=None)) for name, hint in asked.items()),
        ],
        bases=(Options,),
        frozen=True,
        kw_only=True,
    )
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.command(help=module.Settings.__doc__)(made)
    command = typer.main.get_command(app)
    parsed: Any = command(list(arguments), prog_name=f"minigrad run {name}", standalone_mode=False)
    if not isinstance(parsed, Options):  # --help gives its exit code
        raise SystemExit(parsed)
    given = {n: v for n in asked if (v := getattr(parsed, n)) is not None}
    if not 0 < given.get("lr", 1) < math.inf:
        raise ArgumentError(f"--lr must be a positive number, got {given['lr']:g}")
    known = {f.name for f in fields(module.Settings)}
    unused = [f"--{name.replace('_', '-')}" for name in given if name not in known]
    return parsed, {n: v for n, v in given.items() if n in known}, unused
