"""What was recorded, as small as a page needs it: the sweep's runs, the labs' curves, figures."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from minigrad.signal.calibration import VERDICTS
from minigrad.signal.configuration import Configuration
from minigrad.site.charts import charts
from minigrad.sweep.recorded import rows


def recorded_runs() -> bytes:
    """Every run by columns. A choice is the character whose code, less 48, is its place in the
    list of choices: a number and its comma are three."""
    found = rows()
    columns: dict[str, Any] = {}
    for name in (f.name for f in fields(Configuration)):
        values = [getattr(row.config, name) for row in found]
        known = {value: i for i, value in enumerate(sorted(set(values)))}
        columns[name] = {"values": list(known), "at": _written(known[v] for v in values)}
    places = _written(VERDICTS.index(r.verdict) for r in found)
    columns["verdict"] = {"values": VERDICTS, "at": places}
    columns["seed"] = [row.seed for row in found]
    columns["final"] = [None if r.final != r.final else float(f"{r.final:.3g}") for r in found]
    return json.dumps(columns, ensure_ascii=False, separators=(",", ":")).encode()


def _written(places: Iterable[int]) -> str:
    return "".join(chr(48 + place) for place in places)


def smaller(figure: Path) -> bytes:
    """A figure as WebP, in 32 colours, which is what its lines, bands and letters need."""
    from PIL import Image

    out = io.BytesIO()
    picture = Image.open(figure).convert("RGB").quantize(32, dither=Image.Dither.NONE)
    picture.convert("RGB").save(out, "WEBP", lossless=True, quality=100, method=4)
    return out.getvalue()


def recorded_charts(folder: Path) -> bytes:
    """The charts of what a lab's full run recorded."""
    records = {
        p.name: json.loads(p.read_text(encoding="utf-8"))
        for p in sorted(folder.glob("*.json"))
        if p.name != "manifest.json"
    }
    return json.dumps(charts(records), separators=(",", ":")).encode()


def pictures(folder: Path, engine: str) -> dict[str, Callable[[], bytes]]:
    """A folder's figures by their addresses; a host of static pages sends them smaller."""
    files = sorted(folder.glob("*.png"))
    if engine == "server":
        return {picture(file, engine): file.read_bytes for file in files}
    return {picture(file, engine): partial(smaller, file) for file in files}


def picture(file: Path, engine: str) -> str:
    """The address of a figure."""
    name = file.name if engine == "server" else f"{file.stem}.webp"
    return f"figures/{file.parents[1].name}/{name}"
