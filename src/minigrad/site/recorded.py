"""The recorded sweep for the map."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from minigrad.signal.calibration import VERDICTS
from minigrad.signal.configuration import Configuration
from minigrad.sweep.recorded import rows


def recorded_runs() -> bytes:
    """Every run by columns, a choice by its place in the list of choices: small for a page."""
    found = rows()
    columns: dict[str, Any] = {}
    for name in (f.name for f in fields(Configuration)):
        values = [getattr(row.config, name) for row in found]
        known = {value: i for i, value in enumerate(sorted(set(values)))}
        columns[name] = {"values": list(known), "at": [known[v] for v in values]}
    columns["verdict"] = {"values": VERDICTS, "at": [VERDICTS.index(r.verdict) for r in found]}
    columns["seed"] = [row.seed for row in found]
    columns["final"] = [None if row.final != row.final else row.final for row in found]
    return json.dumps(columns, separators=(",", ":")).encode()
