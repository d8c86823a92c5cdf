"""Thousands of predictions at once are the same as one by one."""

import numpy as np
import pytest

from minigrad.signal import recurrence
from minigrad.signal.configuration import Configuration
from minigrad.signal.draw import draw
from minigrad.signal.features import features, features_many
from minigrad.signal.moments import ACTIVATIONS, moments
from minigrad.signal.predict import predict, predict_many
from minigrad.signal.recurrence import propagate, propagate_many

MIXED = [config for kind in ("wild", "lab") for config, _ in draw(kind, count=150, seed=8)]
EDGES = [
    Configuration(depth=depth, width=32, activation=activation, init=init, residual=residual)
    for depth in (1, 2, 150)
    for activation in ("linear", "relu", "tanh", "sigmoid", "gelu", "silu")
    for init in ("zeros", "normal", "uniform", "orthogonal")
    for residual in ("none", "plain")
]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_moments_of_arrays_are_moments_one_by_one(activation):
    v = np.array([0.0, 1e-9, 1e-4, 0.3, 1.0, 77.0, 1e10, 1e14])
    for delta in (0.0, 1e-200, 1e-12, 1e-4, 0.4, 1.0):
        many = moments(activation, v, np.full(len(v), delta))
        for j, one in enumerate(v.tolist()):
            expected = moments(activation, one, delta)
            found = [np.broadcast_to(x, v.shape)[j] for x in many]
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("configs", [MIXED, EDGES], ids=["mixed", "edges"])
def test_curves_of_many_are_each_ones_own(configs):
    many = propagate_many(configs)
    for j, config in enumerate(configs):
        one, found = propagate(config), many.of(j, config.depth)
        for part in ("forward", "backward"):
            for name, value in vars(getattr(one, part)).items():
                np.testing.assert_allclose(
                    getattr(getattr(found, part), name),
                    value,
                    rtol=1e-9,
                    err_msg=f"{name} {config}",
                )
        np.testing.assert_array_equal(found.sigma2, one.sigma2)


def test_arrays_are_really_used(monkeypatch):
    seen = []
    step = recurrence.forward
    monkeypatch.setattr(recurrence, "forward", lambda *a: seen.append(a[-1]) or step(*a))
    propagate_many(MIXED)
    assert seen == [recurrence.ARRAYS]


@pytest.mark.parametrize("configs", [MIXED, EDGES], ids=["mixed", "edges"])
def test_features_of_many_are_each_ones_own_and_finite(configs):
    many = features_many(configs, propagate_many(configs))
    for j, config in enumerate(configs):
        one = features(config)
        found = {name: x[j] for name, x in many.items()}
        assert np.isfinite(list(found.values())).all(), config
        for name, value in one.items():
            # log₁₀ of a sum that cancels keeps the fewer digits the smaller it is
            assert found[name] == pytest.approx(value, rel=2e-5, abs=1e-5), (name, config)


def test_predictions_of_many():
    many = predict_many(MIXED[:40])
    for config, p in zip(MIXED, many, strict=False):
        one = predict(config)
        assert (p.config, p.verdict, p.reason) == (config, one.verdict, one.reason)
        assert p.probabilities == pytest.approx(one.probabilities)
        assert p.forward.shape == p.backward_band.shape == (config.depth,)
    assert predict_many([]) == []
