"""The committed run of every lab is whole, says what the code says of it, and names no place."""

import re
from pathlib import Path

import pytest

from minigrad.lab import catalog
from minigrad.lab.records import read_json, read_records

LABS = Path(__file__).parents[2] / "labs"
FOLDERS = sorted(path.parent for path in LABS.glob("[0-9][0-9]_*/run.py"))


def of(folder):
    return folder / "reference", catalog.load(folder)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_committed_run_is_whole_and_names_no_place(folder):
    reference, module = of(folder)
    assert module.findings(read_records(reference))
    for name in module.figures(read_records(reference)):
        assert (reference / name).is_file()
        assert f"reference/{name}" in (folder / "README.md").read_text(encoding="utf-8")
    text = (reference / "manifest.json").read_text(encoding="utf-8")
    assert '"status": "complete"' in text and not re.search(r'[" ]/\w', text)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_it_is_a_full_run_with_the_settings_of_today(folder):
    reference, module = of(folder)
    manifest = read_json(reference / "manifest.json")
    changed = {
        name: (value, module.FULL[name])
        for name, value in manifest["settings"].items()
        if value != module.FULL.get(name)
    }
    told = {"03_residual_depth": {"optimizers"}}  # its README says so
    assert changed.keys() <= told.get(folder.name, set()), changed
    assert not manifest["quick"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_its_report_is_what_its_records_say(folder):
    reference, module = of(folder)
    report = (reference / "report.md").read_text(encoding="utf-8")
    for finding in module.findings(read_records(reference)):
        assert f"- **{finding.variant}**: {finding.sentence}" in report


@pytest.mark.parametrize("folder", FOLDERS[4:], ids=lambda folder: folder.name)
def test_the_numbers_in_the_readme_are_the_runs(folder):
    """Every decimal number under "What came out" stands in the report, a table or a setting."""
    reference, _ = of(folder)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"## What came out\n(.*?)(?=\n## |\Z)", readme, re.DOTALL)
    known = "".join(
        path.read_text(encoding="utf-8")
        for path in reference.iterdir()
        if path.name in ("report.md", "table.md", "samples.md", "manifest.json")
    )
    numbers = set(re.findall(r"(?<![\w.])\d+\.\d+", told))
    assert numbers and {n for n in numbers if n not in known} == set()
