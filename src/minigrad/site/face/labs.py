"""A lab in the page: smaller than its full run, with the learner's own functions where written."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from minigrad.course.workspace import Workspace
from minigrad.errors import ArgumentError
from minigrad.lab import catalog
from minigrad.lab import mine as own
from minigrad.lab.records import strict
from minigrad.site.charts import charts
from minigrad.site.face.own import in_child

# of a lab's quick settings, at most these; without a BLAS a page's worker takes narrow networks
SMALL = {"seeds": 1, "steps": 120, "timing_repeats": 5, "step_repeats": 2, "array_steps": 40}
NARROW = {"width": 64, "steps": 60}


def run(
    lab: str, workspace: Workspace, tell: Callable[[Any], None], mine: bool = True
) -> dict[str, Any]:
    """Run a lab's experiment in small; tells how far it is. Returns its charts, its findings and
    whose pieces it ran with."""
    known = workspace.course.lab(lab)
    args = {"folder": str(workspace.root / "labs" / known.folder), "mine": bool(mine)}
    found: dict[str, Any] = in_child(_run, args, workspace.root, tell)
    return found


class _Run:
    """What an experiment asks of a run, without a folder."""

    def __init__(self, tell: Callable[[Any], None]) -> None:
        self.records: dict[str, Any] = {}
        self.tell = tell

    def record(self, name: str, content: Any) -> Any:
        self.records[name] = content
        return content

    def save(self) -> None:
        self.tell({"charts": charts(strict(self.records))})

    @contextlib.contextmanager
    def progress(self, total: int) -> Iterator[Callable[..., None]]:
        done = 0

        def advance(steps: int = 1, what: str = "") -> None:
            nonlocal done
            done += steps
            self.tell({"done": done, "of": total, "what": what})

        yield advance


def _run(folder: str, mine: bool, tell: Callable[[Any], None]) -> dict[str, Any]:
    path = Path(folder)
    lab = catalog.find(path.name, catalog.labs(path))
    module = catalog.load(lab)
    pieces, whose = own.pieces(lab, module, mine)
    limits = {**SMALL, **(NARROW if sys.platform == "emscripten" else {})}
    settings = module.Settings(**module.QUICK)
    known = asdict(settings)
    smaller = {
        k: min(known[k], most) for k, most in limits.items() if isinstance(known.get(k), int)
    }
    settings = replace(settings, **smaller)
    run = _Run(tell)
    try:
        module.experiment(settings, run, pieces)
    except Exception as error:
        if theirs := own.fault(error, lab.path):
            raise ArgumentError(theirs) from error
        raise
    records = strict(run.records)
    return {
        "charts": charts(records),
        "whose": whose,
        "settings": strict(asdict(settings)),
        "findings": [[f.variant, f.outcome, f.sentence] for f in module.findings(records)],
    }
