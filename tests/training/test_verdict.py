import math

import pytest

from minigrad.training.verdict import WINDOW, final_loss, verdict

LN2 = math.log(2)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (0.0, "trained"),
        (0.89 * LN2, "trained"),
        (0.9 * LN2, "stalled"),
        (LN2, "stalled"),
        (2 * LN2, "stalled"),
        (2.001 * LN2, "diverged"),
        (math.inf, "diverged"),
    ],
)
def test_the_cuts(level, expected):
    # WINDOW is a power of two, so that the mean of equal losses is that loss exactly
    assert verdict([9.0] * 10 + [level] * WINDOW) == expected


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, None])
@pytest.mark.parametrize("where", [0, 50, 99])
def test_one_non_finite_loss_anywhere_is_divergence(bad, where):
    losses = [0.1] * 100
    losses[where] = bad
    assert verdict(losses) == "diverged"
    assert math.isnan(final_loss(losses))


def test_only_the_last_epoch_counts():
    assert verdict([50.0] * 284 + [0.1] * 16) == "trained"
    assert verdict([0.1] * 284 + [0.7] * 16) == "stalled"
    assert final_loss([50.0, *range(16)]) == 7.5


def test_a_short_run_is_judged_by_all_its_losses():
    assert verdict([0.1]) == "trained"
    assert final_loss([1.0, 3.0]) == 2.0


def test_the_cuts_scale_with_the_entropy_of_the_labels():
    losses = [2.5] * 20
    assert verdict(losses) == "diverged"
    assert verdict(losses, entropy=math.log(10)) == "stalled"
    assert verdict(losses, entropy=3.347) == "trained"


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="at least one loss"):
        verdict([])
    with pytest.raises(ValueError, match="entropy must be positive, got 0"):
        verdict([1.0], entropy=0)
    with pytest.raises(ValueError, match="entropy must be positive, got nan"):
        verdict([1.0], entropy=math.nan)
