"""A prediction as text and as a figure: what it assumed, its band, the runs laid over it."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from minigrad.lab import forecast, plot
from minigrad.lab.forecast import assumed, chart, draw_curve, lines
from minigrad.signal.configuration import Configuration
from minigrad.signal.predict import predict
from minigrad.signal.windows import WINDOWS

P = predict(depth=12, width=64, lr=1e-2)
SICK = {"depth": 20, "width": 64, "activation": "tanh", "init": "uniform", "init_scale": 0.5}


def test_what_was_assumed_is_said():
    said = "\n".join(assumed(Configuration(depth=7, init="normal")))
    assert "7 × 128 relu, kaiming" not in said and "normal std 0.01, no norm, no residual" in said
    assert "sgd lr 0.01" in said and "300 steps of batch 64" in said
    assert "no run was measured" not in said
    far = "\n".join(assumed(Configuration(depth=200, norm="rmsnorm", residual="scaled")))
    assert "no run was measured" in far and "rmsnorm pre, x + f(x)/√depth" in far


def test_the_page_has_every_part():
    said = "\n".join(lines(P))
    for part in (
        *P.reason.split(),
        "284–299",
        "half of guessing, 0.347 nats",
        "gradient²",
        "± nats: standard deviation",
    ):
        assert part in said


def test_the_chart_has_a_line_per_window_and_marks_in_order():
    rows = [row for row in chart(P) if "┃" in row and "half" not in row]
    assert len(rows) == len(WINDOWS)
    median = [row.index("┃") for row in rows]
    assert median[-1] < median[0]  # it trains
    for row in rows:
        assert re.fullmatch("·*━*┃━*·*", row[21:].strip()), row


def test_runs_are_laid_over_the_chart_where_they_lie():
    low, high = P.curve.quantile(0.1), P.curve.quantile(0.9)
    for value, at in ((low, "left"), (high, "right")):
        run = [float(value[w]) for w, (a, b) in enumerate(WINDOWS) for _ in range(a, b)]
        rows = list(chart(P, [run]))[1 : 1 + len(WINDOWS)]
        for row in rows:
            others = [i for i, c in enumerate(row) if c in "·━┃" and i > 20]
            if others:
                assert row.index("o") < others[-1] if at == "left" else row.rindex("o") > others[0]


def test_a_run_that_ended_is_drawn_at_nan():
    rows = list(chart(P, [[0.7, None]]))[1 : 1 + len(WINDOWS)]
    assert len({row.rindex("o") for row in rows[1:]}) == 1
    assert rows[1].rindex("o") > rows[0].rindex("o")


def test_the_figure_draws_the_quantiles_and_the_runs():
    ax = Figure().subplots()
    run = list(np.linspace(0.8, 0.1, 300))
    draw_curve(ax, P, [run, [0.7, 5.0, None]])
    predicted, first, second, *_ = ax.lines
    np.testing.assert_allclose(predicted.get_ydata(), P.curve.quantile(0.5))
    assert first.get_ydata()[0] == pytest.approx(0.8) and first.get_ydata()[1] == pytest.approx(
        run[1]
    )
    assert np.isnan(second.get_ydata()[2:]).all()
    crosses = [line for line in ax.lines if line.get_marker() == "x"]
    assert [list(line.get_ydata()) for line in crosses] == [[5.0]]
    assert len(ax.collections) == 2  # 80 % and 50 %


def test_the_text_says_the_prediction():
    p = predict(**SICK, lr=0.01)
    said = list(forecast.lines(p))
    odds = ", ".join(f"{name} {share:.0%}" for name, share in p.probabilities.items())
    assert f"{p.verdict}   ({odds})" in said and f"because {p.reason}." in " ".join(said)
    after = said[said.index("layer   mean square   ± nats    gradient²   ± nats") + 1 :]
    table = [line.split() for line in after if line[:5].strip().isdigit()]
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
    left, right = kept[0].axes[1:]
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
