"""Leaps: from a few updates to where training would end, on losses whose end is known."""

import math

import pytest

import minigrad
import minigrad.nn.functional as F
from minigrad import nn, optim
from minigrad.diagnose.leaps import LEAPS, growth, leaps
from minigrad.diagnose.session import Session
from tests.diagnose.networks import stack


def regression(rate, kind=optim.SGD, **options):
    """The four of a linear regression whose curvatures span three decades."""
    minigrad.manual_seed(0)
    x = minigrad.randn(256, 4) * minigrad.tensor([1.0, 0.3, 0.1, 0.03])
    y = x @ minigrad.tensor([[1.0], [-2.0], [3.0], [-4.0]])
    model = nn.Linear(4, 1, bias=False)
    opt = kind(model.parameters(), lr=rate, **options)
    return model, lambda m, b: F.mse_loss(m(b[0]), b[1]), opt, [(x, y)]


def trained(model, loss, opt, batches, steps):
    for _ in range(steps):
        value = loss(model, batches[0])
        opt.zero_grad()
        value.backward()
        opt.step()
    return loss(model, batches[0]).item()


@pytest.mark.parametrize("rate", [1e-4, 1e-3])
@pytest.mark.parametrize("options", [{}, {"momentum": 0.9}])
def test_at_a_slow_rate_they_end_where_training_does(rate, options):
    m = minigrad.diagnose(*regression(rate, **options), steps=300).measured
    four = regression(rate, **options)
    start, end = four[1](four[0], four[3][0]).item(), trained(*four, 300)
    assert len(m.leaps) == LEAPS and all(0 <= leap.share <= 1 for leap in m.leaps)
    assert start - m.leaps[-1].loss == pytest.approx(start - end, rel=0.15)


def test_a_leap_goes_no_further_than_to_the_least_loss_on_its_way():
    model, loss, opt, batches = regression(0.1)
    session = Session(model, loss, opt, batches)
    with session.borrowed():
        start = session.values()
        _, g = session.differentiate(batches[0])
        u = -0.1 * g
        session.put(start + 2 * u)
        found, _, _ = leaps(session, growth(session, start), start + 2 * u, g, u, u, 10**6)
    assert 0 < found[0].share < 1e-3 and found[0].turned < 0
    assert found[0].loss < loss(model, batches[0]).item() < found[0].landed


def test_where_training_breaks_the_leaps_do():
    m = minigrad.diagnose(*stack(lr=3.0, momentum=0.9, gain=3.0, depth=12)).measured
    assert not m.leaps or not math.isfinite(m.leaps[-1].loss) or m.leaps[-1].loss > 10 * m.guess


def test_few_steps_leave_nothing_to_leap():
    m = minigrad.diagnose(*stack(), steps=5).measured
    assert [leap.share for leap in m.leaps] == [0.0] * LEAPS
