"""The prediction: the textbooks' demonstrations by name, its parts, its errors."""

import json
import subprocess
import sys

import numpy as np
import pytest

import minigrad
from minigrad.errors import ArgumentError
from minigrad.signal.calibration import VERDICTS, probabilities, read
from minigrad.signal.configuration import Configuration
from minigrad.signal.features import features

RELU_SGD = {"activation": "relu", "optimizer": "sgd", "lr": 0.05}
SIGMOID_ADAM = {
    "activation": "sigmoid",
    "init": "xavier_normal",
    "optimizer": "adam",
    "lr": 1e-3,
}
TEXTBOOK = {
    "Xavier under ReLU halves the signal": ("stalled", {**RELU_SGD, "init": "xavier_normal"}),
    "Kaiming alone does not save depth": ("stalled", {**RELU_SGD, "init": "kaiming_normal"}),
    "uniform ±0.5 explodes": ("diverged", {**RELU_SGD, "init": "uniform"}),
    "a skip without norm explodes": ("diverged", {**RELU_SGD, "residual": "plain"}),
    "a skip with pre RMSNorm trains": (
        "trained",
        {**RELU_SGD, "residual": "plain", "norm": "rmsnorm", "placement": "pre"},
    ),
    "tiny weights vanish, Adam or not": (
        "stalled",
        {"activation": "relu", "init": "normal", "optimizer": "adam", "lr": 1e-3},
    ),
    "sigmoid with LayerNorm": ("stalled", {**SIGMOID_ADAM, "norm": "layernorm"}),
    "sigmoid": ("stalled", SIGMOID_ADAM),
}


@pytest.mark.parametrize("name", TEXTBOOK)
def test_textbook_demonstrations(name):
    fate, values = TEXTBOOK[name]
    assert minigrad.predict(depth=50, width=128, **values).verdict == fate


def test_parts_of_a_prediction():
    p = minigrad.predict(depth=50, width=128, init="xavier_normal", lr=0.05)
    assert p.verdict == max(p.probabilities, key=p.probabilities.get)
    assert tuple(p.probabilities) == VERDICTS and sum(p.probabilities.values()) == pytest.approx(1)
    assert p.forward.shape == p.backward.shape == p.forward_band.shape == (50,)
    assert "multiplies the mean square by 0.5" in p.reason and "after 50" in p.reason
    kept = json.loads(json.dumps(p.as_dict(), allow_nan=False))
    assert kept["verdict"] == "stalled" and len(kept["backward_band"]) == 50


def test_the_window_trains_and_the_change_helps():
    p = minigrad.predict(depth=6, width=64, init="kaiming_normal", lr=1e-3)
    low, high = p.window
    assert low < high
    middle = float(np.sqrt(low * high))
    assert minigrad.predict(depth=6, width=64, lr=middle).verdict == "trained"
    dead = minigrad.predict(depth=50, width=128, activation="relu", residual="plain", lr=0.05)
    assert dead.nearest_change is not None
    assert minigrad.predict(depth=4, width=64, norm="rmsnorm", lr=1e-2).nearest_change is None


def test_zero_weights_say_so():
    p = minigrad.predict(depth=5, init="zeros")
    assert p.verdict == "stalled" and "every weight is 0" in p.reason


@pytest.mark.parametrize("depth", [1, 2, 300])
def test_any_depth(depth):
    for activation in ("linear", "leaky_relu", "silu"):
        p = minigrad.predict(depth=depth, activation=activation, residual="plain", init="uniform")
        assert np.isfinite(list(p.probabilities.values())).all()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"activation": "swish"}, "activation must be one of linear, relu"),
        ({"init": "he"}, "init must be one of uniform, normal"),
        ({"norm": "batchnorm"}, "norm must be one of none, layernorm, rmsnorm, got 'batchnorm'"),
        ({"placement": "both"}, "placement must be one of pre, post, mid"),
        ({"residual": "yes"}, "residual must be one of none, plain, scaled"),
        ({"optimizer": "lion"}, "optimizer must be one of sgd, adam"),
        ({"depth": 0}, "depth must be a whole number from 1"),
        ({"depth": 2.5}, "depth must be a whole number"),
        ({"width": 1}, "width must be a whole number from 2"),
        ({"lr": 0}, "lr must be > 0"),
        ({"lr": float("nan")}, "lr must be a finite number"),
        ({"lr": "fast"}, "lr must be a finite number"),
        ({"init": "uniform", "gain": 2.0}, "uniform is scaled by init_scale"),
        ({"init_scale": 0.1}, "init_scale belongs to uniform, normal"),
    ],
)
def test_impossible_values_are_named(values, said):
    with pytest.raises(ArgumentError) as error:
        minigrad.predict(**{"depth": 10, **values})
    assert said in str(error.value) and "\n" not in str(error.value)


def test_uniforms_bound_and_gains_are_used():
    small = minigrad.predict(depth=10, init="uniform", init_scale=0.1)
    large = minigrad.predict(depth=10, init="uniform", init_scale=0.5)
    assert large.forward[0] == pytest.approx(25 * small.forward[0])
    twice = minigrad.predict(depth=10, init="orthogonal", gain=2.0)
    assert twice.forward[0] == pytest.approx(
        4 * minigrad.predict(depth=10, init="orthogonal").forward[0]
    )


def test_trees_are_walked_as_written():
    stored = {
        "features": ["a", "b"],
        "baseline": [0.0, 0.5, 1.0],
        "temperature": 2.0,
        "trees": [
            ["diverged", ["a", 0.0, 1.0, ["b", 5.0, 2.0, 3.0]]],
            ["trained", ["b", 1.0, -1.0, 4.0]],
        ],
    }
    trees = read(stored)
    for a, b, scores in ((-1, 9, [1, 0.5, 5]), (1, 5, [2, 0.5, 5]), (1, 0, [2, 0.5, 0])):
        odds = np.exp(np.array(scores) / 2)
        found = list(probabilities({"a": a, "b": b}, trees).values())
        np.testing.assert_allclose(found, odds / odds.sum())


def test_features_are_finite_everywhere():
    for init in ("zeros", "normal", "uniform", "kaiming_normal"):
        for optimizer in ("sgd", "adam"):
            config = Configuration(
                depth=150, width=32, init=init, residual="plain", optimizer=optimizer, lr=0.5
            )
            assert np.isfinite(list(features(config).values())).all()


def test_no_tape_and_nothing_from_outside():
    """predict needs NumPy alone and never loads the engine's layers."""
    code = (
        "import sys; from minigrad.signal.predict import predict; predict(depth=3);"
        "print([m for m in sys.modules if m.split('.')[0] in ('matplotlib', 'typer', 'rich')"
        " or m.startswith(('minigrad.nn', 'minigrad.optim', 'minigrad.sweep'))])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
