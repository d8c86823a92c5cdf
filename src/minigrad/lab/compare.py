"""The committed run, to set a new one beside it."""

from types import ModuleType

from minigrad.errors import ArgumentError
from minigrad.lab.catalog import Lab
from minigrad.lab.records import read_records
from minigrad.lab.report import Finding


def findings(lab: Lab, module: ModuleType) -> list[Finding]:
    """What the run committed under labs/NN_name/reference found."""
    records = read_records(lab.path / "reference")
    if not records:
        raise ArgumentError(f"{lab.folder} has no reference run to compare with")
    found: list[Finding] = module.findings(records)
    return found
