"""The checker itself: it passes what is right, and names input and entry of what is wrong."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import gradcheck
from minigrad.core.graph import record
from minigrad.errors import DtypeError, GradcheckError, GraphError, MinigradError, ShapeError


def leaf(*shape):
    return mg.randn(*shape, dtype="float64", generator=mg.Generator(0), requires_grad=True)


def wrong(a, b, vjp):
    """a · b with the right gradient of a, and `vjp` as that of b."""
    x, y = a.array, b.array
    return record("mul", x * y, (a, lambda g: g * y), (b, lambda g: vjp(g, x)))


def test_a_right_gradient_passes():
    a, b = leaf(2, 3), leaf(2, 3)
    assert gradcheck(lambda a, b: wrong(a, b, lambda g, x: g * x), (a, b))
    assert gradcheck(mg.exp, a)


@pytest.mark.parametrize(
    "vjp",
    [
        lambda g, x: -g * x,
        lambda g, x: g * x * 1.0001,
        lambda g, x: np.zeros_like(x),
        lambda g, x: np.full_like(x, np.nan),
        lambda g, x: (g * x)[::-1],
        lambda g, x: g * x + 1e-4,
    ],
    ids=["sign", "scale", "zero", "nan", "order", "offset"],
)
def test_a_wrong_gradient_is_found_and_its_input_named(vjp):
    with pytest.raises(GradcheckError, match=r"^input 1, entry \(\d, \d\): the gradient is"):
        gradcheck(lambda a, b: wrong(a, b, vjp), (leaf(2, 3), leaf(2, 3)))


def test_the_wrong_entry_is_named_with_both_values():
    def vjp(g, x):
        right = g * x
        right[1, 2] += 0.5
        return right

    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda a, b: wrong(a, b, vjp), (leaf(2, 3), leaf(2, 3)))
    assert "input 1, entry (1, 2)" in str(caught.value)
    assert "(1 of 6 entries are off)" in str(caught.value)
    told = str(caught.value).split("gradient is ")[1].split(", central differences give ")
    assert float(told[0]) - float(told[1].split()[0]) == pytest.approx(0.5, abs=1e-4)


def test_a_gradient_of_the_wrong_shape_is_found():
    with pytest.raises(ShapeError, match=r"mul: a gradient must have .* shape \(3,\).*got \(1,\)"):
        gradcheck(lambda a, b: wrong(a, b, lambda g, x: (g * x)[:1]), (leaf(3), leaf(3)))


def test_a_missing_edge_is_found():
    def half_recorded(a, b):
        x, y = a.array, b.array
        return record("mul", x * y, (a, lambda g: g * y))

    with pytest.raises(GradcheckError, match=r"^input 1"):
        gradcheck(half_recorded, (leaf(2), leaf(2)))


def test_errors_that_cancel_in_a_plain_sum_are_found():
    """The projection is random: with all ones, swapped entries of G would go unseen."""

    def swapped(a):
        return record("flip", a.array.copy(), (a, lambda g: g[::-1]))

    with pytest.raises(GradcheckError):
        gradcheck(swapped, leaf(4))


def test_every_output_counts():
    def two(a):
        x = a.array
        bad = record("bad", x * 2, (a, lambda g: g))
        return a * 1, bad

    with pytest.raises(GradcheckError):
        gradcheck(two, leaf(3))
    assert gradcheck(lambda a: [a * 1, a > 0, a * 2], leaf(3))  # outputs without gradient pass


def test_inputs_without_gradient_are_passed_on():
    labels, a = mg.tensor([0, 2]), leaf(2, 3)
    assert gradcheck(mg.nn.functional.cross_entropy, (a, labels))


def test_the_inputs_are_left_as_they_were():
    a = leaf(2, 3)
    before = a.tolist()
    gradcheck(lambda a: a * a, a)
    with pytest.raises(GradcheckError):
        gradcheck(lambda a: wrong(a, a.detach(), lambda g, x: g), a)
    with pytest.raises(ZeroDivisionError):
        gradcheck(_Fails(), a)
    assert a.tolist() == before and a.grad is None


class _Fails:
    """Fails at its third call, when an entry has just been moved."""

    calls = 0

    def __call__(self, a):
        self.calls += 1
        if self.calls == 3:
            raise ZeroDivisionError
        return a * a


def test_what_is_refused():
    with pytest.raises(GraphError, match="at least one input"):
        gradcheck(mg.exp, mg.ones(2, dtype="float64"))
    with pytest.raises(DtypeError, match=r"input 0 must be float64.*\.double\(\)"):
        gradcheck(mg.exp, mg.ones(2, requires_grad=True))
    with pytest.raises(GraphError, match="do not depend"):
        gradcheck(lambda a: a.detach() * 2, leaf(2))
    with pytest.raises(GraphError, match="no floating-point output"):
        gradcheck(lambda a: a > 0, leaf(2))
    assert issubclass(GradcheckError, MinigradError) and issubclass(GradcheckError, AssertionError)
