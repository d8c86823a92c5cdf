import math

import pytest

from minigrad.errors import ArgumentError
from minigrad.sweep.plan import expand, read_plan

GRID = {"depth": [2, 3], "lr": [0.1, 0.2, 0.3], "width": 8, "norm": ["none", "rmsnorm"]}


def test_every_combination_times_seeds():
    runs = expand({"seeds": 2, "steps": 5, "grid": GRID})
    assert len(runs) == 2 * 3 * 2 * 2 == len({run.key for run in runs})
    assert {run.steps for run in runs} == {5} and {run.config.width for run in runs} == {8}


def test_samples_are_the_same_every_time_and_of_their_kind():
    plan = {"sample": [{"draw": "wild", "count": 300, "seed": 4}, {"draw": "lab", "count": 200}]}
    runs = expand(plan)
    assert [run.key for run in runs] == [run.key for run in expand(plan)]
    wild = [run.config for run in runs if run.group == "wild-4"]
    lab = [run.config for run in runs if run.group == "lab-0"]
    assert len(wild) == 300 and len(lab) == 200
    assert min(c.depth for c in wild) == 2 and max(c.depth for c in wild) > 80
    assert all(3 <= c.depth <= 50 and c.width in (64, 96, 128) for c in lab)
    # log-uniform: as many below the geometric middle as above
    below = sum(c.depth < math.sqrt(2 * 100) for c in wild)
    assert 110 < below < 190


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({}, "asks for no run"),
        ({"gird": {}}, "a plan holds family, seeds, steps"),
        ({"grid": {"depht": [2]}}, "depht"),
        ({"grid": {"depth": [2], "norm": "bn"}}, "norm must be one of none"),
        ({"seeds": 0, "grid": GRID}, "seeds must be a whole number"),
        ({"grid": 3}, "grid must be a table"),
        ({"sample": {"draw": "wild"}}, "two brackets"),
        ({"sample": [{"draw": "wild", "cont": 2}]}, "got cont"),
        ({"sample": [{"draw": "tame"}]}, "draw must be one of wild, lab"),
    ],
)
def test_a_wrong_plan_says_what_is_wrong(plan, said):
    with pytest.raises(ArgumentError, match=said):
        expand(plan)


def test_unreadable_and_broken_files(tmp_path):
    with pytest.raises(ArgumentError, match="cannot read"):
        read_plan(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("depth = [")
    with pytest.raises(ArgumentError, match="not valid TOML"):
        read_plan(broken)
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(ArgumentError, match="not valid TOML"):
        read_plan(broken)
