"""Which rates train, from the chances of a row of them."""

import pytest

import minigrad
from minigrad.signal.fate import nearest, stretch

RATES = [1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0]


@pytest.mark.parametrize(
    ("chances", "lr", "found"),
    [
        ([0, 0.6, 0.9, 0.7, 0, 0], 1e-2, (1e-3, 1e-1)),
        ([0, 0.6, 0.9, 0.7, 0, 0], 5.0, (1e-3, 1e-1)),
        ([0.5, 0.6, 0, 0, 0.7, 0.8], 1e-5, (1e-4, 1e-3)),  # the stretch nearer to its own rate
        ([0.5, 0.6, 0, 0, 0.7, 0.8], 2.0, (1.0, 10.0)),
        ([0, 0, 0, 0.4, 0, 0], 1e-4, (1e-1, 1e-1)),
        ([0.0] * 6, 1e-2, None),
    ],
)
def test_the_stretch_that_trains_is_the_one_nearest_to_its_own_rate(chances, lr, found):
    assert stretch(RATES, chances, lr) == found


def test_the_nearest_rate_by_ratio_that_is_likely_enough():
    chances = [0.9, 0.5, 0, 0, 0.6, 0.95]
    assert nearest(RATES, chances, 1e-2) == 1e-3
    assert nearest(RATES, chances, 1e-2, least=0.85) == 1e-4
    assert nearest(RATES, chances, 0.2, least=0.85) == 10.0
    assert nearest(RATES, chances, 1.0, least=0.99) is None


@pytest.mark.parametrize("lr", [0.005, 0.01])  # between two rates of the grid; beyond the window
def test_a_prediction_is_printed_in_80_columns_and_agrees_with_its_own_rate(lr):
    p = minigrad.predict_transformer(layers=12, placement="post", lr=lr)
    text = str(p)
    assert max(map(len, text.splitlines())) <= 80
    assert all(part in " ".join(text.split()) for part in (p.verdict, p.reason, *p.advice))
    assert len(repr(p)) < 500
    assert (p.verdict == "trained") == (p.window[0] <= lr <= p.window[1])
