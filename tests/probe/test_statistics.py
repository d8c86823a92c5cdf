import math

import numpy as np
import pytest

from minigrad.probe import statistics


def test_the_numbers_of_a_small_array():
    seen = statistics(np.array([[-1.0, 0.0], [0.0, 3.0]], np.float32))
    assert seen.mean == 0.5 and (seen.min, seen.max) == (-1, 3)
    assert seen.rms == pytest.approx(math.sqrt(2.5))
    assert seen.std == pytest.approx(1.5)
    assert seen.zeros == 0.5 and seen.non_finite == 0


def test_squares_neither_overflow_nor_vanish():
    assert statistics(np.array([1e30, -1e30], np.float32)).rms == pytest.approx(1e30)
    assert statistics(np.array([1e-30, -1e-30], np.float32)).std == pytest.approx(1e-30)


def test_what_is_not_finite_is_counted_and_left_out():
    seen = statistics(np.array([1.0, np.nan, np.inf, -np.inf]))
    assert seen.mean == 1 and seen.non_finite == 0.75
    nothing = statistics(np.array([np.nan]))
    assert math.isnan(nothing.rms) and nothing.non_finite == 1
