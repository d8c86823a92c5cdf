"""The transformer's curve: theory's parts against closed forms and samples, and its promises."""

import math

import numpy as np
import pytest

from minigrad.signal.calibration import VERDICTS
from minigrad.signal.transformer.configuration import (
    CHARACTERS,
    ENTROPY,
    STEPS,
    VOCAB,
    draw_transformers,
)
from minigrad.signal.transformer.features import features_many
from minigrad.signal.transformer.predict import predict_transformer, predict_transformers
from minigrad.signal.transformer.theory_curve import PAIRS, initial_loss, two_plateaus

DRAWN = [config for config, _ in draw_transformers("wild", count=30, seed=12)]


def test_initial_loss_of_guessing_and_of_certain_networks():
    rng = np.random.default_rng(0)
    for variance in (0.0, 0.3, 2.0, 400.0):
        z = math.sqrt(variance) * rng.standard_normal((20_000, VOCAB))
        sampled = np.log(np.exp(z - z.max(1, keepdims=True)).sum(1)) + z.max(1)
        # the largest of 65 lies a fifth below √(2 ln 65): the formula is that of many
        near = 0.02 if variance < 1 else 0.3
        assert initial_loss(np.array(variance)) == pytest.approx(sampled.mean(), rel=near)
    assert initial_loss(np.array(0.0)) == pytest.approx(math.log(VOCAB))


def test_theory_stays_where_it_starts_or_goes_by_way_of_the_frequencies_to_the_pairs():
    configs = [predict_transformer(layers=2, lr=rate).config for rate in (1e-5, 1e-3)]
    known = {name: np.full(2, -40.0) for name in features_many(configs)}
    slow = 10 ** two_plateaus(known, configs)
    assert slow == pytest.approx(np.full((2, len(CHARACTERS.windows)), math.log(VOCAB)))
    known["init_curvature"] = np.array([-40.0, 3.0])
    known["init_progress"] = np.array([-40.0, 0.0])
    common = 10 ** two_plateaus(known, configs)[1]
    assert common[0] == pytest.approx(math.log(VOCAB))
    assert common[3] == pytest.approx(ENTROPY, abs=0.1)
    known["init_progress"] = np.array([-40.0, 6.0])
    both = 10 ** two_plateaus(known, configs)[1]
    assert both[-1] == pytest.approx(PAIRS, abs=1e-3)


def test_verdict_and_curve_cannot_contradict_each_other():
    for p in predict_transformers(DRAWN):
        end = 10 ** p.curve.paths[:, -1]
        fates = {
            "trained": end < 0.9 * ENTROPY,
            "stalled": (end >= 0.9 * ENTROPY - 1e-9) & (end <= 2 * ENTROPY),
            "diverged": end > 2 * ENTROPY,
        }
        for name in VERDICTS:
            assert p.curve.weights @ fates[name] == pytest.approx(p.probabilities[name], abs=1e-9)


def test_windows_end_with_what_the_verdict_judges():
    assert CHARACTERS.windows[0] == (0, 1) and CHARACTERS.windows[-1] == (STEPS - 16, STEPS)
    p = predict_transformer(layers=4, lr=1e-3)
    assert p.curve.quantile(0.5).shape == (len(CHARACTERS.windows),)
    assert 4.1 < p.curve.quantile(0.5)[0] < 4.3  # ln 65 and little more


def test_curves_of_many_are_each_ones_own():
    for p in predict_transformers(DRAWN[:8]):
        alone = predict_transformer(p.config).curve
        np.testing.assert_allclose(alone.paths, p.curve.paths, rtol=1e-6)
