"""`minigrad.lab.run("01", quick=True)`: a lab from a notebook or a script, which shows itself."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any

from minigrad.errors import ArgumentError
from minigrad.lab import catalog
from minigrad.lab.report import MARKS, Finding, legend, own_code


@dataclass(frozen=True)
class Ran:
    """A finished run: its folder, what was found, its records and its figures."""

    path: Path
    findings: list[Finding]
    records: dict[str, Any]
    figures: list[Path]
    own: list[str]  # the learner's pieces in it

    def __str__(self) -> str:
        lines = [f"{MARKS[f.held]} {f.variant}: {f.outcome}. {f.sentence}" for f in self.findings]
        lines += [f"with your own {who}" for who in self.own]
        return "\n".join([*lines, legend(self.findings), f"in {self.path}"])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(f.variant)}</td><td>{escape(f.outcome)}</td>"
            f"<td>{MARKS[f.held]}</td><td style='text-align:left'>{escape(f.sentence)}</td></tr>"
            for f in self.findings
        )
        head = "".join(f"<th>{x}</th>" for x in ("variant", "outcome", "as predicted", "measured"))
        own = "".join(f"<p><b>With your own {escape(who)}</b></p>" for who in self.own)
        said = f"<p>{escape(legend(self.findings))}</p>"
        images = "".join(_image(path) for path in self.figures)
        return f"{own}<table><tr>{head}</tr>{rows}</table>{said}{images}"


def _image(path: Path) -> str:
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return f'<img alt="{escape(path.stem)}" src="data:image/png;base64,{data}">'


def run(
    name: str,
    *,
    quick: bool = False,
    mine: bool = False,
    out: Path | str | None = None,
    faults: Mapping[str, str] = MappingProxyType({}),
    **settings: Any,
) -> Ran:
    """Run a lab and return what it found; in a notebook the result shows its table and figures.

    ``settings`` are the lab's options with underscores: ``run("01", steps=100, seeds=1)``. With
    ``mine``, the functions of your exercise.py run in the library's place. Raises ArgumentError.
    """
    import typer

    from minigrad.lab.launch import launch, plan

    given = {"out": out, **settings}
    arguments = [f"--{n.replace('_', '-')}={x}" for n, x in given.items() if x is not None]
    arguments += [f"--{n}" for n, x in {"quick": quick, "mine": mine}.items() if x]
    usage: Any = typer.BadParameter.__base__  # what typer raises for any argument that cannot be
    try:
        planned = plan(catalog.find(name, catalog.labs()), arguments, False, faults)
    except usage as error:
        raise ArgumentError(str(error)) from None
    made, found = launch(planned, arguments)
    return Ran(made.path, found, made.records, made.figures, own_code(planned.whose))
