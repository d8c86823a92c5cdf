"""The recorded sweep that ships with minigrad, and any other, as rows."""

from __future__ import annotations

import csv
import math
from contextlib import closing
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minigrad.errors import ArgumentError
from minigrad.signal.windows import WINDOWS, window_means
from minigrad.sweep.families import FAMILIES, Config, Family, family_of
from minigrad.training.verdict import Verdict, final_loss, judge

if TYPE_CHECKING:
    from minigrad.sweep.store import Result

RECORDED, TRANSFORMERS = FAMILIES["mlp"].recorded, FAMILIES["transformer"].recorded
FITTED = FAMILIES["mlp"].fitted


def _between(of: Family) -> list[str]:
    """The CSV's columns of the windows between a family's first step and its last epoch."""
    inside = [(a, b) for a, b in WINDOWS[1:-1] if b <= of.steps]
    return [f"{a}" if b == a + 1 else f"{a}-{b - 1}" for a, b in inside]


@dataclass(frozen=True)
class Row:
    """One run: its configuration, and mean losses, NaN where not finite.

    ``final`` is that of its last epoch, NaN if the loss was ever not finite; ``between`` are the
    windows between the first step and that epoch, () in a sweep that did not keep them.
    """

    config: Config
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
        return judge(self.final, family_of(self.config).entropy)


def rows(path: Path | str = RECORDED) -> list[Row]:
    """The runs of a store, or of a CSV that `export` wrote."""
    path = Path(path)
    if not path.is_file():
        raise ArgumentError(f"no sweep at {path}: make one with `minigrad sweep PLAN`")
    if path.suffix != ".csv":
        from minigrad.sweep.store import Store  # its sqlite3 is not in every Python of a web page

        with closing(Store(path, create=False)) as store:
            return [_made(result) for result in store.results()]
    with path.open(encoding="utf-8", newline="") as file:
        try:
            return [_row(record) for record in csv.DictReader(file)]
        except (KeyError, TypeError, ValueError) as error:
            raise ArgumentError(f"{path} is not a sweep's CSV: {error!r}") from None


def _made(result: Result) -> Row:
    first, *rest = window_means(result.losses)
    run, final = result.run, final_loss(result.losses)
    between = tuple(rest[: len(_between(family_of(run.config)))])
    return Row(run.config, run.seed, run.group, first, final, between)


def _row(record: dict[str, str]) -> Row:
    of = FAMILIES["transformer" if "layers" in record else "mlp"]
    values = {f.name: _value(str(f.type), record[f.name]) for f in fields(of.configuration)}
    kept = [name for name in _between(of) if name in record]
    first, final, *between = (float(record[k] or "nan") for k in ("first", "final", *kept))
    seed, group = int(record["seed"]), record["group"]
    return Row(of.configuration(**values), seed, group, first, final, tuple(between))


def _value(kind: str, text: str) -> Any:
    if "None" in kind and not text:
        return None
    return {"int": int, "str": str}.get(kind, float)(text)


def export(found: list[Row], path: Path | str) -> None:
    """Write rows of one family as CSV: small enough to commit. Windows are written where every row
    has them."""
    of = family_of(found[0].config)
    kept = _between(of) if all(row.between for row in found) else []
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        names = [f.name for f in fields(of.configuration)]
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*names, "seed", "group", "first", *kept, "final"])
        for row in found:
            known = asdict(row.config).values()
            values = [f"{v:.6g}" if isinstance(v, float) else v for v in known]
            losses = row.windows if kept else (row.first, row.final)
            shown = ["" if math.isnan(x) else f"{x:.5g}" for x in losses]
            writer.writerow([*values, row.seed, row.group, *shown])
