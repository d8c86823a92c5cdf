"""A prediction as text and as a figure: what it assumed, its band, the runs laid over it."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from minigrad.lab.forecast import assumed, chart, draw_curve, lines
from minigrad.signal.configuration import Configuration
from minigrad.signal.predict import predict
from minigrad.signal.windows import WINDOWS

P = predict(depth=12, width=64, lr=1e-2)


def test_what_was_assumed_is_said():
    said = "\n".join(assumed(Configuration(depth=7, init="normal")))
    assert "7 × 128 relu, kaiming" not in said and "normal std 0.01, no norm, no residual" in said
    assert "sgd lr 0.01" in said and "300 steps of batch 64" in said
    assert "no run was measured" not in said
    far = "\n".join(assumed(Configuration(depth=200, norm="rmsnorm", residual="scaled")))
    assert "no run was measured" in far and "rmsnorm pre, x + f(x)/√depth" in far


def test_the_page_has_every_part():
    said = "\n".join(lines(P))
    for part in (P.reason, "284–299", "half of ln 2", "gradient²", "± nats: standard deviation"):
        assert part in said


def test_the_chart_has_a_line_per_window_and_marks_in_order():
    rows = [row for row in chart(P) if "┃" in row and "half" not in row]
    assert len(rows) == len(WINDOWS)
    median = [row.index("┃") for row in rows]
    assert median[-1] < median[0]  # it trains
    for row in rows:
        drawn = row[21:].strip()
        assert set(drawn) <= set("·━┃") and drawn.index("┃") >= drawn.find("·")


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
