"""Labs 04 to 11 run to their end, in a few steps: records, report and figures are all there."""

from pathlib import Path

import pytest

from minigrad.errors import ArgumentError
from minigrad.lab import catalog, run_labs
from minigrad.lab.records import read_json

LABS = catalog.labs(Path(__file__).parents[2])
EXPECTED = {
    "04": {"losses.json", "inside.json", "norm_comparison.png", "sizes.png", "table.md"},
    "05": {"prenorm_vs_postnorm.png", "trainability.png", "gradient_at_init.png"},
    "06": {"table.json", "sweep.json", "half_precision_map.png", "table.md"},
    "07": {"scalar.json", "chargpt.json", "losses.png", "samples.md"},
    "08": {"treatments.json", "scripts.json", "table.md", "treatments.png", "last_steps.png"},
    "09": {"losses.json", "dial.png", "apart.png", "methods.png"},
    "10": {"updates.json", "edges.json", "sweep.json", "sharpness.png", "width_transfer.png"},
    "11": {"starts.json", "losses.json", "curves.png", "parts.png"},
}
SHORT = {
    # the second rate kills the one without norm
    "04": {"rates": (2e-2, 1e12), "steps": 4, "timing_repeats": 1},
    "05": {"depths": (8,), "rates": (5e-3,), "steps": 2, "gradient_depths": (2, 4)},
    "06": {"points": 20},
    "07": {"steps": 2, "array_steps": 2},
    "08": {"patients": ("sudden",), "treatments": ("as found",)},
    "09": {"cells": ((2, 2e-2),), "steps": 2},
    "10": {
        **{"widths": (32, 64), "rates": (1e-3,), "steps": 2, "depth": 3},
        **{"update_seeds": 1, "edge_steps": 4, "edge_every": 2},
    },
    "11": {"rates": (0.1,), "steps": 20, "scales": (0.03,), "draws": 1},
}


@pytest.mark.parametrize("number", EXPECTED)
def test_a_lab_runs_to_its_end(
    number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = catalog.find(number, LABS)
    module = catalog.load(lab)
    module.QUICK = module.QUICK | SHORT[number]
    if number == "07":  # few names: each is read twice by a model of single numbers
        (tmp_path / "names.txt").write_text("Ada\nBob\nEve\nIda\nOtto\n\nada\n")
        module.QUICK["names"] = str(tmp_path / "names.txt")
    monkeypatch.setattr(catalog, "load", lambda lab: module)
    ((run, findings),) = run_labs([lab], ["--quick", "--out", str(tmp_path / "run")])
    written = {path.name for path in run.path.iterdir()}
    assert EXPECTED[number] | {"manifest.json", "report.md"} <= written
    assert read_json(run.path / "manifest.json")["status"] == "complete"
    assert findings and all(finding.sentence for finding in findings)
    if number == "06":  # nothing in it is drawn by seed: its manifest names none
        assert read_json(run.path / "manifest.json")["seeds"] == []
    if number == "04":
        runs = read_json(run.path / "losses.json")["runs"]
        assert any(r["diverged_at"] is not None for r in runs if r["variant"] == "no norm")
    if number == "07":
        names = read_json(run.path / "scalar.json")["names"]
        assert names == {"source": str(tmp_path / "names.txt"), "count": 5, "alphabet": 9}
        agreement = read_json(run.path / "scalar.json")["agreement"]
        assert max(agreement["logits"], agreement["gradients"]) < 1e-6


def test_a_list_of_names_that_cannot_be_read_is_told_before_anything_runs(tmp_path: Path) -> None:
    lab = catalog.find("07", LABS)
    (tmp_path / "one.txt").write_text("Ada\n\nada\n")
    for name, message in (
        ("none.txt", r"none\.txt cannot be read: No such file"),
        ("one.txt", r"at least two names, one a line; .*one\.txt has 1"),
    ):
        arguments = ["--quick", "--names", str(tmp_path / name), "--out", str(tmp_path / "run")]
        with pytest.raises(ArgumentError, match=message):
            run_labs([lab], arguments)
        assert not (tmp_path / "run").exists()
