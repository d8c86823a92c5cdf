"""A new run beside the committed one."""

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from minigrad.errors import ArgumentError
from minigrad.lab.records import read_records
from minigrad.lab.report import Finding
from minigrad.lab.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def findings(folder: Path, module: ModuleType) -> list[Finding]:
    """What the run committed under labs/NN_name/reference found."""
    records = read_records(folder / "reference")
    if not records:
        raise ArgumentError(f"{folder.name} has no reference run to compare with")
    return module.findings(records)


def figures(folder: Path, run: Run) -> dict[str, "Figure"]:
    """Each figure of the run to the left of the reference's, as compare_<name>."""
    from matplotlib.image import imread

    from minigrad.lab.plot import side_by_side

    pairs = {}
    for path in list(run.figures):
        other = folder / "reference" / path.name
        if other.is_file():
            pair = (imread(path), imread(other))
            pairs[f"compare_{path.name}"] = side_by_side(pair, ("this run", "reference"))
    return pairs
