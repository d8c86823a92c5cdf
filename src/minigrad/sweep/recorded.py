"""The recorded sweep that ships with minigrad, and any other, as rows."""

from __future__ import annotations

import csv
import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from minigrad.errors import ArgumentError
from minigrad.signal.configuration import Configuration
from minigrad.sweep.store import Store
from minigrad.training.verdict import Verdict, final_loss

RECORDED = Path(__file__).with_name("recorded.csv")
FITTED = ("grid", "wild-1", "lab-1")  # its groups that calibration.json is fitted on
LN2 = math.log(2)


@dataclass(frozen=True)
class Row:
    """One run: its configuration (of one family), and the mean loss of its last epoch (NaN if it diverged)."""

    config: Any
    seed: int
    group: str
    first: float
    final: float

    @property
    def verdict(self) -> Verdict:
        """By training/verdict.py's definition."""
        if not self.final <= 2 * LN2:
            return "diverged"
        return "stalled" if self.final >= 0.9 * LN2 else "trained"


def rows(path: Path | str = RECORDED) -> list[Row]:
    """The runs of a store, or of a CSV that `export` wrote."""
    path = Path(path)
    if not path.is_file():
        raise ArgumentError(f"no sweep at {path}: make one with `minigrad sweep PLAN`")
    if path.suffix != ".csv":
        store = Store(path, create=False)
        found = []
        for result in store.results():
            first = math.nan if result.losses[0] is None else result.losses[0]
            final = final_loss(result.losses)
            found.append(Row(result.run.config, result.run.seed, result.run.group, first, final))
        store.close()
        return found
    types = {"int": int, "float": float}
    kinds = {f.name: types.get(str(f.type), str) for f in fields(Configuration)}
    with path.open(encoding="utf-8", newline="") as file:
        try:
            return [_row(record, kinds) for record in csv.DictReader(file)]
        except (KeyError, TypeError, ValueError) as error:
            raise ArgumentError(f"{path} is not a sweep's CSV: {error!r}") from None


def _row(record: dict[str, str], kinds: dict[str, Any]) -> Row:
    config = Configuration(**{name: kind(record[name]) for name, kind in kinds.items()})
    first, final = (float(record[k] or "nan") for k in ("first", "final"))
    return Row(config, int(record["seed"]), record["group"], first, final)


def export(found: list[Row], path: Path | str) -> None:
    """Write rows as CSV: small enough to commit."""
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        names = [f.name for f in fields(Configuration)]
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*names, "seed", "group", "first", "final"])
        for row in found:
            known = asdict(row.config).values()
            values = [f"{v:.6g}" if isinstance(v, float) else v for v in known]
            losses = ["" if math.isnan(x) else f"{x:.5g}" for x in (row.first, row.final)]
            writer.writerow([*values, row.seed, row.group, *losses])
