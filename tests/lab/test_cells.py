"""Runs by what was varied: what is claimed of them, and what is drawn."""

import math

import numpy as np
import pytest

from minigrad.lab import plot
from minigrad.lab.cells import Cells, claim, curves, trainability

TEXT = {"unigram_loss": 3.4, "bigram_loss": 2.4}


def run(variant, lr, seed, end):
    """A run that ends at this held-out loss; NaN: it diverged at step 3."""
    died = math.isnan(end)
    losses = [4.0, 3.5, 3.0, None] if died else [4.0, end + 0.2, end + 0.1, end]
    validation = [] if died else [[2, end + 0.3], [4, end]]
    labels = {"variant": variant, "lr": lr, "seed": seed}
    return labels | {"losses": losses, "validation": validation, "diverged_at": 3 if died else None}


@pytest.fixture
def cells():
    ends = {("a", 0.1): (2.5, 2.6), ("a", 1.0): (2.7, 3.4), ("b", 0.1): (3.4, 3.5)}
    ends[("b", 1.0)] = (math.nan, math.nan)
    runs = [run(*key, seed, end) for key, both in ends.items() for seed, end in enumerate(both)]
    return Cells({"text": TEXT, "runs": runs})


def test_fates_have_one_name_each(cells):
    fates = {key: (c.word, c.fate) for key, c in cells.by("variant", "lr").items()}
    assert fates == {
        ("a", 0.1): ("trained", "2.55"),
        ("a", 1.0): ("mixed", "3.05 (1/2 stalled)"),
        ("b", 0.1): ("stalled", "stalled 3.45"),
        ("b", 1.0): ("diverged", "diverged"),
    }


def test_a_claim_about_no_runs_is_neither_true_nor_false(cells):
    fast = cells.of(variant="b", lr=lambda lr: lr > 0.5)
    assert fast.all(cells.diverged) is True and fast.all(cells.trained) is False
    none = cells.of(lr=7)
    assert none.all(cells.diverged) is None and none.any(cells.diverged) is False
    assert claim("x", True, True) == {"predicted": "x", "held": True}
    assert claim("x", True, None)["held"] is None
    assert claim("x", None, False)["held"] is False


def test_the_curves_are_those_of_their_variant(cells):
    _, axes = plot.new_figure("t", 1, 2)
    styles = {"a": plot.PLACEMENTS["pre"], "b": plot.PLACEMENTS["post"]}
    curves(tuple(axes[0]), cells.of(lr=0.1).by("variant"), styles)
    for name, style in styles.items():
        (line,) = [x for x in axes[0, 1].lines if x.get_color() == style.color]
        ends = [r["validation"] for r in cells.of(variant=name, lr=0.1).runs]
        np.testing.assert_allclose(line.get_ydata(), np.median(ends, axis=0)[:, 1])
        assert list(line.get_xdata()) == [2, 4]


def test_a_divergence_is_marked_where_it_came(cells):
    _, axes = plot.new_figure("t", 1, 2)
    styles = dict(zip("ab", plot.STYLES, strict=False))
    curves(tuple(axes[0]), cells.of(lr=1.0).by("variant"), styles)
    for ax in axes[0]:
        (mark,) = [x for x in ax.lines if x.get_marker() == "x"]
        assert list(mark.get_xdata()) == [3]
        assert any(text.get_text() == "b: diverged" for text in ax.texts)


def test_the_map_holds_each_cells_median(cells):
    _, axes = plot.new_figure("t", 1, 2)
    for r in cells.runs:
        r["layers"] = 4
    trainability(axes[0], cells, ["a", "b"], "layers", "lr")
    (left,) = axes[0, 0].images
    np.testing.assert_allclose(left.get_array(), [[2.55, 3.05]])
    said = [text.get_text() for text in axes[0, 0].texts]
    assert said == ["2.55", "3.05\nstalled 1/2"]


def test_lab_04_cannot_tell_of_a_rate_it_did_not_run():
    """One low rate: nothing is said of rates from 0.005 upward, where all() of nothing is true."""
    from pathlib import Path

    from minigrad.lab import catalog
    from minigrad.lab.records import read_records

    folder = next((Path(__file__).parents[2] / "labs").glob("04_*"))
    lab, records = catalog.load(folder), read_records(folder / "reference")
    losses = records["losses.json"]
    records["inside.json"]["runs"] = []
    losses["runs"] = [r for r in losses["runs"] if r["lr"] < 5e-3]
    held = {f.variant: f.held for f in lab.findings(records)}
    assert held["post LayerNorm"] is None and held["no norm"] is None
    assert held["pre RMSNorm"] is True
    title = lab.figures(records)["norm_comparison.png"].get_suptitle()
    assert title == "Where the norm stands, at each learning rate"
