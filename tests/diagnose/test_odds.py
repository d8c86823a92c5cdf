"""The shipped odds: right on recorded networks that no fit has seen, and of every size of rate."""

import itertools

import pytest

import minigrad
import minigrad.nn.functional as F
from minigrad import optim
from minigrad.data.toy import batches, toy
from minigrad.diagnose.odds import by_rate, forests, odds
from minigrad.lab.trainability import BATCH, Net
from minigrad.sweep.recorded import FITTED, rows
from tests.diagnose.networks import stack


def recorded(run):
    """The four of a recorded run."""
    c, data = run.config, toy(run.seed)
    net = Net(c, minigrad.Generator().manual_seed(run.seed))
    options = {"momentum": 0.9} if c.optimizer == "sgd" else {}
    kind = optim.SGD if c.optimizer == "sgd" else optim.Adam
    two = itertools.islice(batches(data.x, data.y, BATCH, run.seed), 2)
    pairs = [tuple(map(minigrad.from_numpy, pair)) for pair in two]

    def loss(model, batch):
        return F.cross_entropy(model(batch[0]), batch[1])

    return net, loss, kind(net.parameters(), lr=c.lr, **options), pairs


def test_it_is_right_on_recorded_networks_that_no_fit_has_seen():
    unseen = [run for run in rows() if run.group not in FITTED and run.config.depth <= 40]
    right = {}
    for fate in ("diverged", "stalled", "trained"):
        runs = [run for run in unseen if run.verdict == fate][:25]
        right[fate] = sum(minigrad.diagnose(*recorded(run)).verdict == fate for run in runs)
    # of 25 each; the same answer to all would be right on 25 of 75
    assert sum(right.values()) >= 55 and min(right.values()) >= 12, right


def test_the_odds_sum_to_one_at_every_rate():
    m = minigrad.diagnose(*stack()).measured
    for times in (1e-4, 1.0, 30.0):
        assert sum(odds(m, 300, times).values()) == pytest.approx(1)
    rates, chances = by_rate(m, 300)
    assert rates[len(rates) // 2] == pytest.approx(m.rate)
    assert chances[0] == 0 and max(chances) > 0.8 and chances[-1] == 0
    assert set(forests()) == {"here", "elsewhere"}
