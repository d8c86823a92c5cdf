"""Runs by what was varied: how they ended, what is claimed of them."""

import math

import pytest

from minigrad.lab import catalog
from minigrad.lab.cells import Cells, claim, fate
from minigrad.lab.records import read_records, strict


def test_fates_have_one_name_each(cells):
    fates = {key: (c.word, c.end) for key, c in cells.by("variant", "lr").items()}
    assert fates == {
        ("a", 0.1): ("trained", "2.55"),
        ("a", 1.0): ("mixed", "3.05 (1/2 stalled)"),
        ("b", 0.1): ("stalled", "stalled 3.45"),
        ("b", 1.0): ("diverged", "diverged"),
    }
    assert (cells.learned("variant", "lr"), cells.learned("variant")) == (1, 0)


def test_a_claim_about_no_runs_is_neither_true_nor_false(cells):
    fast = cells.of(variant="b", lr=lambda lr: lr > 0.5)
    assert fast.all(cells.is_("diverged")) is True and fast.all(cells.is_("trained")) is False
    none = cells.of(lr=7)
    assert none.all(cells.is_("diverged")) is None and none.any(cells.is_("diverged")) is False
    assert claim("x", True, True) == {"predicted": "x", "held": True}
    assert claim("x", True, None)["held"] is None
    assert claim("x", None, False)["held"] is False


@pytest.mark.parametrize(
    ("end", "word"),
    [
        *((math.nan, "diverged"), (None, "diverged"), (6.9, "diverged"), (6.7, "stalled")),
        *((3.36, "stalled"), (3.34, "slow"), (3.17, "slow"), (3.15, "trained")),
    ],
)
def test_a_run_on_a_text_is_judged_by_its_last_held_out_loss(end, word):
    # None: as JSON has it where a loss was too large for a float
    died = isinstance(end, float) and math.isnan(end)
    run = {"validation": [[4, end]], "diverged_at": 3 if died else None}
    assert fate(run, 3.4) == word


def toy(*losses):
    """Runs whose training loss alone is known."""
    records = []
    for values in losses:
        broken = [i for i, v in enumerate(values) if not math.isfinite(v)]
        records.append({"losses": values, "diverged_at": broken[0] if broken else None})
    return Cells.of_variants({"v": strict(records)})


def test_the_fates_of_all_seeds_are_counted():
    assert toy([0.1], [0.2]).counts == "trained 2/2"
    mixed = toy([0.1], [0.7], [0.2], [])  # the last had not begun
    assert (mixed.counts, mixed.word) == ("trained 2/3, stalled 1/3", "trained")
    assert toy([0.1], [0.7]).word == "mixed"
    assert toy([9.0, math.nan]).counts == "diverged 1/1"


def test_a_description_says_where_it_broke_and_where_it_ended():
    both = toy([5e6, math.nan], [0.5, 0.25]).losses
    assert both == "loss up to 5e+06, not finite at step 1 in 1 seeds; loss 0.38 after 2 steps"
    assert toy([0.1] * 1000, [0.3] * 1000, [0.2] * 1000).losses == (
        "loss 0.2 [0.1, 0.3] after 1,000 steps"
    )


def test_a_finding_has_its_fates_its_key_and_its_claim():
    cells = toy([0.1], [0.2])
    trained = claim("trained", cells.all(cells.is_("trained")))
    found = cells.finding("v", "the_key", **trained)
    assert (found.outcome, found.key, found.word, found.held) == (
        *("trained 2/2", "the_key", "trained", True),
    )
    assert cells.finding("v").held is None


def test_lab_04_cannot_tell_of_a_rate_it_did_not_run():
    """One low rate: nothing is said of rates from 0.005 upward, where all() of nothing is true."""
    lab = catalog.find("04", catalog.labs())
    module, records = catalog.load(lab), read_records(lab.path / "reference")
    losses = records["losses.json"]
    records["inside.json"]["runs"] = []
    losses["runs"] = [r for r in losses["runs"] if r["lr"] < 5e-3]
    held = {f.variant: f.held for f in module.findings(records)}
    assert held["post LayerNorm"] is None and held["no norm"] is None
    assert held["pre RMSNorm"] is True
    title = module.figures(records)["norm_comparison.png"].get_suptitle()
    assert title == "Where the norm stands, at each learning rate"
