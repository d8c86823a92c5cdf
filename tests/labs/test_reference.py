"""The committed run of every lab is whole, says what the code says of it, and names no place.

`python tests/labs/test_reference.py` (with minigrad installed) writes each report, table and figure
anew from the committed records, which is right where what is said of them is meant to change.
"""

import re
from dataclasses import asdict
from functools import cache
from pathlib import Path

import pytest

from minigrad.files import write_text
from minigrad.lab import catalog
from minigrad.lab.plot import save_figure
from minigrad.lab.records import read_json, read_records, strict
from minigrad.lab.report import report

LABS = [lab for lab in catalog.labs(Path(__file__).parents[2]) if lab.runs]
per_lab = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.folder)


@cache
def told(lab):
    """The text files and figures that the committed records give, by name."""
    module, reference = catalog.load(lab), lab.path / "reference"
    records, manifest = read_records(reference), read_json(reference / "manifest.json")
    figures = module.figures(records)
    paths = [Path(name) for name in figures]
    texts = {"report.md": report(lab.heading, module.findings(records), paths, manifest)}
    return texts | getattr(module, "texts", lambda records: {})(records), figures


@per_lab
def test_the_committed_run_is_whole_and_names_no_place(lab):
    readme = (lab.path / "README.md").read_text(encoding="utf-8")
    for name in told(lab)[1]:
        assert (lab.path / "reference" / name).is_file() and f"reference/{name}" in readme
    text = (lab.path / "reference" / "manifest.json").read_text(encoding="utf-8")
    assert '"status": "complete"' in text and not re.search(r'[" ]/\w', text)


@per_lab
def test_it_is_a_full_run_with_the_settings_of_today(lab):
    manifest = read_json(lab.path / "reference" / "manifest.json")
    today = strict(asdict(catalog.load(lab).Settings()))
    changed = {name for name, value in manifest["settings"].items() if value != today.get(name)}
    explained = {"03_residual_depth": {"gentle"}}  # its README says so
    assert changed <= explained.get(lab.folder, set())
    assert manifest["settings"].keys() == today.keys() and not manifest["quick"]


@per_lab
def test_its_texts_are_what_its_records_say(lab):
    for name, text in told(lab)[0].items():
        assert (lab.path / "reference" / name).read_text(encoding="utf-8") == text


if __name__ == "__main__":
    for lab in LABS:
        texts, figures = told(lab)
        for name, text in texts.items():
            write_text(lab.path / "reference" / name, text)
        for name, figure in figures.items():
            save_figure(figure, lab.path / "reference" / name)
