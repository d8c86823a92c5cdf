"""What is said of numbers that no mistake of a check gives: each is true of what came back."""

import numpy as np
import pytest

from minigrad.course.check import Trial, check, drawn
from minigrad.course.relations import relation


def right(x, y):
    return x * y + np.cumsum(x)


def pair(x, y):
    return x * y, x + y


def said(right, wrong, names=("gx", "gy")):
    def draw(rng):
        return rng.uniform(1, 2, (2, 4))

    trial = Trial(check(right, [drawn("an array", draw), drawn("another", draw)]), seed=1)
    found = relation(trial, wrong, [0, 1], names)
    return found and found.name


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        (lambda x, y: -right(x, y), "the sign is turned round, everywhere"),
        (lambda x, y: 1 / right(x, y), "upside down: one over what it should be"),
        (lambda x, y: right(x, y) ** 2, "the square of what it should be"),
        (lambda x, y: right(x, y) ** 0.5, "the root of what it should be"),
        (lambda x, y: right(x, y) * 2 / 3, "every number is 2/3 times what it should be"),
        (lambda x, y: right(x, y) + 1, "every number is off by 1"),
        (lambda x, y: right(x, y)[::-1], "the right numbers, in another order"),
        (lambda x, y: right(x, y) * [1, -1, 1, 1], "some of the signs are not"),
        (lambda x, y: right(x, y)[:, None], "an axis is left that should be gone"),
        (lambda x, y: np.append(x[0], right(x, y)), "one number too many, at the beginning"),
        (lambda x, y: right(x, y)[:-1], "a number is missing at the end"),
        (lambda x, y: right(x, y) / 0.0, "NaN or infinity came out"),
        (lambda x, y: x + np.cumsum(x), "the argument y changes nothing here"),
        (lambda x, y: right(x, y) + np.random.random(4), "called again with the same input"),
        (lambda x, y: x * y**2 - np.cumsum(x), None),
    ],
)
def test_what_the_numbers_show_is_said(wrong, name):
    found = said(right, wrong)
    assert (name in found) if name else found is None


def test_the_answer_that_is_wrong_is_named_where_another_is_right():
    assert said(pair, lambda x, y: (x * y, -x - y)) == "gy: the sign is turned round, everywhere"
    assert said(pair, lambda x, y: (-x * y, -x - y)) == "the sign is turned round, everywhere"


def test_an_answer_of_few_numbers_or_of_another_kind_shows_nothing():
    assert said(lambda x, y: float(x[0]), lambda x, y: -float(x[0] + y[0])) is None
    assert said(right, lambda x, y: None) is None
    assert said(right, lambda x, y: 1 // 0) is None
