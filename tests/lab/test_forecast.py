"""A prediction as text and as a figure: what is said and drawn is what was predicted."""

import numpy as np
import pytest

from minigrad.lab import forecast, plot
from minigrad.signal.predict import predict

SICK = {"depth": 20, "width": 64, "activation": "tanh", "init": "uniform", "init_scale": 0.5}


def test_the_text_says_the_prediction():
    p = predict(**SICK, lr=0.01)
    said = list(forecast.lines(p))
    odds = ", ".join(f"{name} {share:.0%}" for name, share in p.probabilities.items())
    assert said[0] == f"{p.verdict}   ({odds})" and said[1] == f"because {p.reason}."
    table = [line.split() for line in said if line[:5].strip().isdigit()]
    assert [int(row[0]) for row in table] == [1, 2, 3, 4, 7, 12, 20]
    for layer, *numbers in table:
        i = int(layer) - 1
        curves = (p.forward[i], p.forward_band[i], p.backward[i], p.backward_band[i])
        np.testing.assert_allclose(list(map(float, numbers)), curves, rtol=0.01, atol=0.006)
    assert f"single change that would make it train: {p.nearest_change}." in said[-1]


def test_the_text_says_which_rates_train_and_when_none_does():
    low, high = (good := predict(depth=4, width=64, norm="rmsnorm", lr=0.01)).window
    said = list(forecast.lines(good))
    assert f"Learning rates that would train it: {low:g} to {high:g}." in said
    assert not any("nearest single change" in line for line in said)
    assert "No learning rate would train it." in list(
        forecast.lines(predict(init="zeros", depth=5))
    )


@pytest.mark.parametrize("choices", [SICK, {"depth": 5, "init": "zeros"}])
def test_the_figure_shows_the_signal_left_and_the_gradient_right(choices, monkeypatch, tmp_path):
    kept = []
    monkeypatch.setattr(plot, "save_figure", lambda figure, path: kept.append(figure))
    p = predict(**choices)
    forecast.plot(p, tmp_path / "p.png")
    left, right = kept[0].axes
    assert "mean square of h" in left.get_ylabel() and "dL/dh" in right.get_ylabel()
    assert p.verdict in kept[0].get_suptitle()
    for ax, curve in ((left, p.forward), (right, p.backward)):
        if curve.any():
            np.testing.assert_allclose(ax.lines[0].get_ydata(), np.maximum(curve, 1e-120))
        else:
            assert ax.texts[0].get_text() == "0 in every block" and not ax.lines


def test_the_truth_is_told_with_its_end():
    sentence, losses = forecast.truth(predict(depth=2, width=8).config, seed=1, steps=3)
    assert len(losses) == 3 and sentence.endswith("(seed 1, 3 steps)")
    assert f"loss {losses[0]:.3g} at the start" in sentence
    sick = predict(depth=12, width=32, activation="relu", init="uniform", init_scale=3.0, lr=1.0)
    sentence, losses = forecast.truth(sick.config, seed=0, steps=5)
    assert f"diverged: the loss stopped being finite at step {len(losses) - 1}" in sentence
