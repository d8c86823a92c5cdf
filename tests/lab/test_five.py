"""A curve in five: read, held against another, taken from runs and from a prediction."""

import pytest

from minigrad.errors import ArgumentError
from minigrad.lab import five
from minigrad.signal.predict import predict


def test_five_numbers_are_read_and_held_against_each_other():
    one = five.read("0.7, 1.4, never, nan, d")
    assert str(one) == "0.7 1.4 never nan diverged" and five.read(str(one)) == one
    near, far = five.read("0.7 0.7 30 0.01 t"), five.read("0.7 0.7 300 0.1 t")
    assert near.apart(far) == pytest.approx((1 + 1) / 4) and near.apart(near) == 0
    assert near.apart(five.read("0.7 0.7 30 nan d")) == pytest.approx(five.MOST / 4)
    assert five.agree("0.7 0.7 30 0.01 t", "0.7 0.7 40 0.02 t")
    assert not five.agree("0.7 0.7 30 0.01 t", str(far))
    assert not five.agree("0.7 0.7 30 0.5 t", "0.7 0.7 30 0.7 s") and five.agree("same", "same")
    for text in ("", "1 2 3 4", "1 2 3 4 x", "1 2 3 -4 t", "a b c d t"):
        with pytest.raises(ArgumentError, match="a curve is"):
            five.read(text)


def test_the_five_of_runs_are_their_medians():
    falls = [{"losses": [0.7] * 40 + [end] * 260, "diverged_at": None} for end in (0.1, 0.2, 0.01)]
    found = five.measured(falls)
    assert found and (found.start, found.largest, found.end, found.fate) == (
        0.7,
        0.7,
        0.1,
        "trained",
    )
    assert 32 < found.half < 95.5  # between the windows 32–63 and 64–127
    broke = {"losses": [0.7, 9.0, None], "diverged_at": 2}
    assert str(five.measured([broke])) == "0.7 nan never nan diverged"
    assert five.measured([{"losses": [0.7] * 10, "diverged_at": None}]) is None
    assert five.measured([*falls[:1], broke]) is None


def test_theorys_five_are_those_of_its_median():
    p = predict(depth=4, width=64, lr=0.01)
    found, middle = five.foretold(p), p.curve.quantile(0.5)
    assert (found.start, found.largest, found.end) == (middle[0], middle.max(), middle[-1])
    assert found.half == p.curve.half_step and found.fate == p.verdict
