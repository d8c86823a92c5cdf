"""The page on prediction says of each kind of model what `sweeps/calibrate.py` has measured."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from minigrad.signal import calibration

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "theory" / "prediction.md").read_text(encoding="utf-8")
MODELS = json.loads((ROOT / "theory" / "records" / "models.json").read_text(encoding="utf-8"))
SHIPPED = json.loads(Path(calibration.__file__).with_suffix(".json").read_text(encoding="utf-8"))
ROWS = {  # the record's name: how the page's row begins
    "pure theory": "limits of theory",
    "a line, 45 constants": "a line: 45 constants",
    "3 trees of 32 leaves": "3 trees of 32 leaves",
    "36 trees": "36 trees of 8 leaves",
    "450 trees": "450 trees |",
    "boosting on the raw configuration": "450 trees on the raw configuration",
}


def test_every_model_that_was_measured_stands_on_the_page():
    assert ROWS.keys() == MODELS.keys()


@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_the_table_is_the_record(name):
    (line,) = re.findall(rf"^\| (?:\*\*)?{re.escape(ROWS[name])}.*$", PAGE, flags=re.M)
    figures = [float(x) for x in re.findall(r"(?<=[| *])\.\d{3}", line)]
    assert figures == [MODELS[name][kind]["accuracy"] for kind in ("wild", "lab")]


def test_the_number_of_fitted_choices_is_said():
    def count(tree):
        """Cuts and leaves."""
        if not isinstance(tree, list):
            return 0, 1
        below = [count(tree[2]), count(tree[3])]
        return 1 + sum(cuts for cuts, _ in below), sum(leaves for _, leaves in below)

    counted = [count(tree) for _, tree in SHIPPED["trees"]]
    cuts, leaves = (sum(column) for column in zip(*counted, strict=True))
    assert f"{cuts} cuts, each of a quantity and a threshold, and end in {leaves} leaves" in PAGE
    assert f"{len(counted)} trees of 8 leaves: {2 * cuts + leaves} fitted choices" in PAGE


def test_the_fit_is_held_to_one_release_of_scikit_learn():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (fit,) = extras["optional-dependencies"]["fit"]
    assert re.fullmatch(r"scikit-learn==\d+\.\d+\.\*", fit)
