import math

import pytest

from minigrad.signal.windows import WINDOWS, step_below, window_means
from minigrad.training.verdict import WINDOW, final_loss


def test_windows_follow_each_other_from_the_first_step_to_the_last():
    assert [start for start, _ in WINDOWS] == [0, *(stop for _, stop in WINDOWS[:-1])]
    assert len(WINDOWS) == 11 and WINDOWS[-1] == (300 - WINDOW, 300)


def test_means_of_every_window():
    losses = [float(i) for i in range(300)]
    means = window_means(losses)
    assert means[:4] == [0, 1, 2.5, 5.5] and means[8] == sum(range(128, 200)) / 72
    assert means[-1] == final_loss(losses)


@pytest.mark.parametrize("end", [None, math.inf, math.nan])
def test_nothing_is_a_number_from_the_loss_on_that_is_not(end):
    means = window_means([1.0] * 20 + [end])
    assert means[:5] == [1.0] * 5 and all(map(math.isnan, means[5:]))
    assert all(map(math.isnan, window_means([end])))


def test_a_window_that_a_short_run_only_begins_is_the_mean_of_what_there_is():
    means = window_means([2.0] * 5)
    assert means[:4] == [2.0] * 4 and all(map(math.isnan, means[4:]))


def test_the_step_at_which_a_level_is_reached_lies_on_the_line_between_windows():
    means = [1.0] * 6 + [0.25] * 5  # middles of windows 6 and 7: 23.5 and 47.5
    assert step_below(means, 0.5) == pytest.approx((23.5 + 47.5) / 2)
    assert step_below(means, 0.1) == math.inf and step_below(means, 1.0) == 1
    assert step_below([1.0, math.nan, *[math.inf] * 9], 0.5) == math.inf
    assert step_below([math.inf, 0.2, *[0.1] * 9], 0.5) == 1
    assert step_below([1.0, *[0.0] * 10], 0.5) == 1
