import math

import pytest

from minigrad.errors import ArgumentError
from minigrad.signal.configuration import CHOICES, Configuration
from minigrad.signal.transformer import configuration as transformer
from minigrad.signal.transformer.configuration import TransformerConfiguration
from minigrad.sweep.families import MLPS, TRANSFORMERS
from minigrad.sweep.plan import code_version, expand, read_plan

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


def test_seeds_of_a_sample_are_more_runs_of_the_same_configurations():
    sample = {"draw": "wild", "count": 3, "seed": 4}
    once, four = (expand({"sample": [{**sample, "seeds": n}]}) for n in (1, 4))
    assert len(four) == 12 and four[::4] == once
    assert {run.config for run in four} == {run.config for run in once}
    assert [run.seed - four[0].seed for run in four[:4]] == [0, 1, 2, 3]
    assert len(expand({"sample": [{**sample, "count": 5}, {**sample, "seeds": 4}]})) == 5 + 9


def test_every_choice_is_probed():
    mlps = [Configuration(depth=3, **choices) for choices in MLPS]
    transformers = [TransformerConfiguration(layers=2, **choices) for choices in TRANSFORMERS]
    for configs, choices in ((mlps, CHOICES), (transformers, transformer.CHOICES)):
        for name, allowed in choices.items():
            assert {getattr(c, name) for c in configs} >= set(allowed) - {"none", "zeros"}, name


@pytest.fixture
def fresh():
    yield code_version.cache_clear()
    code_version.cache_clear()


@pytest.mark.parametrize(
    ("family", "made"), [("mlp", Configuration), ("transformer", TransformerConfiguration)]
)
def test_the_key_changes_with_what_the_code_does(fresh, monkeypatch, family, made):
    before = code_version(family)
    code_version.cache_clear()
    assert code_version(family) == before
    code_version.cache_clear()
    monkeypatch.setattr(
        made, "branch_scale", property(lambda c: 0.2 if c.residual == "scaled" else 1.0)
    )
    assert code_version(family) != before


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
