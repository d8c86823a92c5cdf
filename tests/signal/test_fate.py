"""Which rates train, from the chances of a row of them."""

import pytest

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
