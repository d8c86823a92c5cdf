"""From the recurrences to the fate: many at once, after an update, and what is foretold."""

import json
from dataclasses import replace

import numpy as np
import pytest

import minigrad
from minigrad.errors import ArgumentError
from minigrad.signal.transformer.configuration import (
    CHOICES,
    LAYERS,
    RATES,
    TransformerConfiguration,
    draw_transformers,
)
from minigrad.signal.transformer.curves import transformer
from minigrad.signal.transformer.dynamics import after, dynamics, networks, training
from minigrad.signal.transformer.features import features, features_many
from minigrad.signal.transformer.predict import predict_transformers
from minigrad.signal.transformer.recurrence import propagate


def drawn(count, seed=3):
    return [c for c, _ in draw_transformers("wild", count, seed)]


def test_many_at_once_are_each_as_alone():
    configs = drawn(40)
    together = features_many(configs)
    for j in range(0, 40, 7):
        alone = features(configs[j])
        assert {k: float(x[j]) for k, x in together.items()} == pytest.approx(alone, abs=1e-6)


def test_signal_of_one_is_the_public_curves():
    config = TransformerConfiguration(layers=5, dim=32, placement="post", ffn="swiglu")
    both = propagate(networks([replace(config, layers=9), config]), repeated=1 / 65)
    one = both.of(1, 5)
    curves = transformer(5, context=32, dim=32, norm="layernorm", placement="post", ffn="swiglu")
    np.testing.assert_allclose(one.q, curves.q)
    np.testing.assert_allclose(one.G, curves.G)
    assert one.share.shape == (10,) and one.Gz.shape == (20,) and one.scatter.shape == (5,)


def test_every_number_is_finite():
    for x in features_many(drawn(300, 9)).values():
        assert np.isfinite(x).all()


def test_adam_takes_the_same_step_whatever_the_gradient_and_sgd_is_clipped():
    base = TransformerConfiguration(layers=3, norm="none", init="xavier")
    kinds = [base, replace(base, optimizer="sgd"), replace(base, optimizer="sgd", clip=0.1)]
    n, how = networks(kinds), training(kinds)
    d = dynamics(n, how, propagate(n))
    assert d.update[:, 0] == pytest.approx(1, abs=1e-3)
    assert d.gradient[1] > 0.1
    np.testing.assert_allclose(d.update[:, 2] / d.update[:, 1], 0.1 / d.gradient[1])


def test_warmup_and_momentum_in_the_distance_travelled():
    configs = [TransformerConfiguration(layers=1, lr=0.01, warmup=w) for w in (0, 100)]
    configs.append(TransformerConfiguration(layers=1, lr=0.01, optimizer="sgd"))
    moved = training(configs).moved
    assert moved[0].tolist() == pytest.approx([0.01, 0.0001, 0.01])
    assert moved[-1, :2].tolist() == pytest.approx([2.0, 0.01 * (50.5 + 100)])
    assert moved[-1, 2] - moved[-2, 2] == pytest.approx(0.1)  # 1/(1 − 0.9) updates


def test_one_update_ends_post_norms_positions_and_not_pre_norms():
    """Measured: 1 − cos of 1e-8 and 0.02; at a small rate, or with few blocks, it stays."""
    base = TransformerConfiguration(layers=16, dim=32, ffn="relu", lr=0.02, placement="post")
    configs = [
        base,
        replace(base, placement="pre"),
        replace(base, lr=2e-4),
        replace(base, layers=2),
        replace(base, residual="scaled"),
    ]
    n, how = networks(configs), training(configs)
    then = after(n, dynamics(n, how, propagate(n)), how.moved[0])
    post, pre, slow, shallow, scaled = then.alike[-1]
    assert post < 1e-7 < 5e-3 < pre < 0.05
    assert slow > 0.3 and shallow > 0.01 and scaled > 100 * post


@pytest.mark.parametrize(
    ("choices", "verdict", "because"),
    [
        ({"layers": 16, "dim": 32, "placement": "post", "lr": 0.02}, "stalled", "all positions"),
        ({"layers": 8, "lr": 2e-3}, "trained", "have"),
        ({"layers": 6, "optimizer": "sgd", "lr": 1e-3}, "stalled", "too slow"),
        ({"layers": 12, "norm": "none", "init": "xavier", "lr": 0.05}, "diverged", "logits"),
    ],
)
def test_fates_that_labs_have_shown(choices, verdict, because):
    p = minigrad.predict_transformer(ffn="relu", **choices)
    assert p.verdict == verdict and because in p.reason
    assert sum(p.probabilities.values()) == pytest.approx(1)
    assert "\n" not in p.reason and p.confidence == p.probabilities[verdict]


def test_window_and_nearest_change():
    p = minigrad.predict_transformer(layers=4, lr=1e-4)
    low, high = p.window
    assert 1e-4 < low < high <= RATES["adam"][1]
    assert p.verdict == "stalled" and p.nearest_change.startswith("lr ")
    changed = minigrad.predict_transformer(p.config, lr=float(p.nearest_change.split()[1]))
    assert changed.verdict == "trained" and changed.nearest_change is None
    found = json.loads(json.dumps(p.as_dict(), allow_nan=False))
    assert found["configuration"]["layers"] == 4 == len(found["forward"]) == len(found["alike"])


def test_nothing_is_asked_of_nobody():
    assert predict_transformers([]) == []


def test_draws_have_every_choice_and_the_same_seed_the_same():
    configs = drawn(400)
    assert configs == drawn(400) != drawn(400, 4)
    for name, allowed in CHOICES.items():
        assert {getattr(c, name) for c in configs} == set(allowed)
    layers = [c.layers for c in configs]
    assert min(layers) == LAYERS[0] and max(layers) > 20
    assert 120 < sum(n < 5 for n in layers) < 280  # half below the geometric middle
    assert {c.warmup for c in configs} == {0, 20, 100} and {c.clip for c in configs} == {None, 1.0}
    for c in configs:
        low, high = RATES[c.optimizer]
        assert low <= c.lr <= high


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"norm": "bn"}, "norm must be one of none, layernorm, rmsnorm, got 'bn'"),
        ({"dim": 40}, "dim must be one of 32, 48, 64, got 40"),
        ({"layers": 30}, "layers must be a whole number from 1 to 24, got 30"),
        ({"layers": True}, "layers must be a whole number"),
        ({"warmup": -1}, "warmup must be a whole number from 0 to 200"),
        ({"lr": 0}, "lr must be a number > 0"),
        ({"clip": float("nan")}, r"clip must be a number > 0 and ≤ 1e\+06 \(or None\), got nan"),
    ],
)
def test_a_configuration_says_what_is_wrong_with_it(values, said):
    with pytest.raises(ArgumentError, match=said):
        minigrad.predict_transformer(**{"layers": 2, **values})
