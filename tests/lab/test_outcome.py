import math

from minigrad.lab import outcome
from minigrad.lab.records import strict


def runs(*losses):
    records = []
    for values in losses:
        broken = [i for i, v in enumerate(values) if not math.isfinite(v)]
        records.append({"losses": values, "diverged_at": broken[0] if broken else None})
    return strict(records)


def test_the_fate_of_all_seeds_or_of_each():
    assert outcome.fate(runs([0.1], [0.2])) == "trained 2/2"
    assert outcome.fate(runs([0.1], [0.7], [0.2])) == "trained 2/3, stalled 1/3"
    assert outcome.word(runs([0.1], [0.7], [0.2])) == "trained"
    assert outcome.fate(runs([9.0, math.nan])) == "diverged 1/1"


def test_a_description_says_where_it_broke_and_where_it_ended():
    both = outcome.describe(runs([5e6, math.nan], [0.5, 0.25]))
    assert both == "loss up to 5e+06, not finite at step 1 in 1 seeds; loss 0.38 after 2 steps"
    assert outcome.describe(runs([0.1] * 1000, [0.3] * 1000, [0.2] * 1000)) == (
        "loss 0.2 [0.1, 0.3] after 1,000 steps"
    )


def test_a_prediction_holds_only_if_it_does_in_every_seed():
    check = outcome.is_verdict("trained")
    assert outcome.finding("v", runs([0.1], [0.2]), "trained", check).held is True
    assert outcome.finding("v", runs([0.1], [0.7]), "trained", check).held is False
    assert outcome.finding("v", runs([0.1])).held is None
