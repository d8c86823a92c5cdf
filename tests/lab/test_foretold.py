"""Predicted bands: what lies inside, what is said of the rest, and what is drawn."""

import math
from dataclasses import replace

import numpy as np
import pytest

from minigrad.lab import foretold, plot
from minigrad.lab.cells import seen
from minigrad.signal.curve import Curve
from minigrad.signal.predict import predict
from minigrad.signal.windows import TOY, WINDOWS


class Said:
    """A prediction whose band is known: from 0.5 to 2 nats in each window."""

    def __init__(self):
        paths = np.log10(np.linspace(0.5, 2, 1001))[:, None] * np.ones(len(WINDOWS))
        self.curve = Curve(paths, np.full(1001, 1 / 1001), np.ones(len(WINDOWS)), TOY)


def run(*parts):
    return {"losses": [loss for loss, count in parts for _ in range(count)], "diverged_at": None}


def test_windows_inside_are_counted_and_the_others_named():
    inside, low = run((1.0, 300)), run((1.0, 64), (0.1, 64), (1.0, 172))
    found = foretold.finding("x", [(Said(), [inside, low]), (Said(), [run((9.0, 1), (1.0, 299))])])
    assert found.outcome == "31 of 33 windows inside" and found.held
    assert found.sentence == "outside at steps 0 (1 above), 64–127 (1 below)"
    assert foretold.finding("x", [(Said(), [inside])]).sentence.startswith("none")
    assert foretold.finding("x", [(Said(), [run((9.0, 300))])]).held is False


def test_a_run_that_broke_lies_above_and_one_that_was_short_is_not_judged():
    broke = run((1.0, 3), (None, 1))
    assert seen(broke, WINDOWS)[:2].tolist() == [1, 1] and np.isinf(seen(broke, WINDOWS)[3:]).all()
    found = foretold.finding("x", [(Said(), [broke])])
    assert found.outcome.endswith("of 11 windows inside") and "284–299 (1 above)" in found.sentence
    assert foretold.finding("x", [(Said(), [run((1.0, 8))])]).outcome == "4 of 4 windows inside"
    assert foretold.finding("x", [(Said(), [])]).held is None


def test_by_layer_names_the_networks_with_less_than_80_percent():
    band = [1.0] * 4, [2.0] * 4
    good, bad = [[1.5] * 4, [1.1] * 4], [[1.5, 3, 3, 3], [1.5, 1.5, 1.5, 0]]
    found = foretold.by_layer("signal", {"a": (band, good), "b": (band, bad)})
    assert found.outcome == "12 of 16 points inside" and found.held is False
    assert found.sentence == "fewer than 80 % of b (4 of 8)"
    assert foretold.by_layer("signal", {"a": (band, good)}).held


def test_a_band_by_depth_holds_80_percent_of_a_lognormal():
    """Of numbers with mean 3 and a logarithm's deviation of 0.7."""
    low, high = foretold.by_depth(np.array([3.0]), np.array([0.7]))
    drawn = 3 * np.exp(0.7 * np.random.default_rng(0).normal(size=40_000) - 0.7**2 / 2)
    assert np.mean((drawn >= low) & (drawn <= high)) == pytest.approx(0.8, abs=0.01)


def test_panels_and_bands_are_drawn_where_they_are():
    p = predict(depth=3, lr=0.01)
    runs = [run((0.7, 200), (0.1, 100)), run((0.7, 1), (None, 1)) | {"diverged_at": 1}]
    alone = p.curve.theory
    figure = foretold.panels("t", {"one": (p, runs, alone), "two": (p, runs[:1], None)}, 2)
    first, second = figure.axes
    assert first.get_title() == f"one\npredicted {p.verdict}: diverged 1/2, trained 1/2"
    (dashed,) = [x for x in first.lines if x.get_label() == "theory alone"]
    np.testing.assert_allclose(dashed.get_ydata(), alone)
    assert not [x for x in second.lines if x.get_label() == "theory alone"]
    _, axes = plot.new_figure("t")
    foretold.bands(axes[0, 0], {"it": p}, {"it": plot.STYLES[0]})
    low, high = (shown.get_ydata() for shown in axes[0, 0].lines)
    np.testing.assert_allclose(low, p.curve.quantile(0.1))
    assert (low <= high).all() and high.max() <= foretold.TOP
    assert math.isfinite(high.max()) and replace(p.config, lr=0.1) != p.config
