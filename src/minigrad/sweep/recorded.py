"""The recorded sweep that ships with minigrad, and any other, as rows."""

from __future__ import annotations

import csv
import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from minigrad.errors import ArgumentError
from minigrad.signal.configuration import Configuration
from minigrad.signal.windows import WINDOWS, window_means
from minigrad.sweep.store import Store
from minigrad.training.verdict import Verdict, final_loss

RECORDED = Path(__file__).with_name("recorded.csv")
FITTED = ("grid", "wild-1", "lab-1")  # its groups that calibration.json is fitted on
LN2 = math.log(2)
# the CSV's columns of the windows between the first and the last
BETWEEN = [f"{start}" if stop == start + 1 else f"{start}-{stop - 1}" for start, stop in WINDOWS]
BETWEEN = BETWEEN[1:-1]


@dataclass(frozen=True)
class Row:
    """One run: its configuration, and mean losses, NaN where not finite.

    ``final`` is that of its last epoch, NaN if the loss was ever not finite; ``between`` are the
    windows between the first step and that epoch, () in a sweep that did not keep them.
    """

    config: Configuration
    seed: int
    group: str
    first: float
    final: float
    between: tuple[float, ...] = ()

    @property
    def windows(self) -> tuple[float, ...]:
        """Mean loss of each of `signal.windows.WINDOWS`."""
        return (self.first, *self.between, self.final)

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
            first, *between, _ = window_means(result.losses)
            run, final = result.run, final_loss(result.losses)
            found.append(Row(run.config, run.seed, run.group, first, final, tuple(between)))
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
    kept = BETWEEN if BETWEEN[0] in record else []
    first, final, *between = (float(record[k] or "nan") for k in ("first", "final", *kept))
    return Row(config, int(record["seed"]), record["group"], first, final, tuple(between))


def export(found: list[Row], path: Path | str) -> None:
    """Write rows as CSV: small enough to commit. Windows are written where every row has them."""
    kept = BETWEEN if all(row.between for row in found) else []
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        names = [f.name for f in fields(Configuration)]
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*names, "seed", "group", "first", *kept, "final"])
        for row in found:
            known = asdict(row.config).values()
            values = [f"{v:.6g}" if isinstance(v, float) else v for v in known]
            losses = row.windows if kept else (row.first, row.final)
            shown = ["" if math.isnan(x) else f"{x:.5g}" for x in losses]
            writer.writerow([*values, row.seed, row.group, *shown])
