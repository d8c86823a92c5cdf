"""The rules of changing in place: leaves, no_grad, results, and elements by index."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import ArgumentError, DtypeError, InplaceError, ShapeError

CHANGES = {
    "add_": lambda t: t.add_(1),
    "sub_": lambda t: t.sub_(1, alpha=2),
    "mul_": lambda t: t.mul_(2),
    "div_": lambda t: t.div_(2),
    "clamp_": lambda t: t.clamp_(0, 1),
    "fill_": lambda t: t.fill_(3),
    "zero_": lambda t: t.zero_(),
    "copy_": lambda t: t.copy_(mg.ones(2)),
    "normal_": lambda t: t.normal_(),
    "uniform_": lambda t: t.uniform_(),
    "setitem": lambda t: t.__setitem__(0, 1.0),
    "+=": lambda t: t.__iadd__(1),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_leaf_that_asks_for_its_gradient_is_not_changed(name):
    w = mg.ones(2, requires_grad=True)
    with pytest.raises(InplaceError, match=r"under minigrad\.no_grad\(\).*or make a new tensor"):
        CHANGES[name](w)
    assert w.tolist() == [1, 1]


@pytest.mark.parametrize("name", CHANGES)
def test_under_no_grad_it_is_and_stays_a_leaf(name):
    w = mg.tensor([2.0, 3.0], requires_grad=True)
    array = w.array
    with mg.no_grad():
        CHANGES[name](w)
    assert w.array is array and w.is_leaf and w.requires_grad
    assert w.tolist() != [2, 3]
    (w * w).sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), 2 * array)


def test_each_returns_its_tensor():
    for name, change in CHANGES.items():
        tensor = mg.ones(2)
        assert name == "setitem" or change(tensor) is tensor


def test_values():
    x = mg.tensor([-2.0, 0.5, 4.0])
    x.add_(1).mul_(2).sub_(mg.tensor([1.0, 1.0, 1.0]), alpha=2).div_(4)
    assert x.tolist() == [-1, 0.25, 2]
    assert x.clamp_(0, 1).tolist() == [0, 0.25, 1]
    x += 1
    x *= 2
    x -= 1
    x /= 2
    assert x.tolist() == [0.5, 0.75, 1.5]


# -- results that are being recorded ---------------------------------------------------------------


def test_changing_a_result_is_recorded():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    h = x * x
    h += 1
    h *= x
    h.sub_(x)
    h.sum().backward()  # x³ + x - x
    assert h.tolist() == [1, 8]
    assert x.grad.tolist() == [3, 12]


def test_what_was_computed_from_the_old_value_keeps_its_gradient():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    h = x * 2
    square = h * h
    h.zero_()
    h += 5
    square.sum().backward()
    assert h.tolist() == [5, 5]
    assert x.grad.tolist() == [8, 16]


def test_an_overwritten_result_is_cut_off():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    h = x * 2
    h.copy_(mg.ones(2))
    assert not h.requires_grad
    h = x * 2
    h.copy_(x * 3)
    h.sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_plain_data_joins_the_graph_with_what_is_added_to_it():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    total = mg.zeros(2)
    for _ in range(3):
        total += x * x
    total.sum().backward()
    assert x.grad.tolist() == [6, 12]


def test_rows_collected_by_index():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    rows = mg.zeros(3, 2)
    for i in range(3):
        rows[i] = x * i
    rows[0, 1] = 7.0
    (rows * rows).sum().backward()
    assert rows.tolist() == [[0, 7], [1, 2], [2, 4]]
    assert x.grad.tolist() == [10, 20]


def test_an_augmented_row():
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    h = x * 1
    h[0] += 10
    h[:, 1] *= 3
    h.sum().backward()
    assert h.tolist() == [[11, 36], [3, 12]]
    assert x.grad.tolist() == [[1, 3], [1, 3]]


def test_the_dtype_of_the_tensor_stays():
    x = mg.ones(2, dtype="float16")
    x += mg.ones(2, dtype="float64")
    assert x.dtype == mg.float16
    w = mg.ones(2, dtype="float64", requires_grad=True)
    h = mg.ones(2) * 1
    h += w
    h.sum().backward()
    assert (h.dtype, w.grad.dtype) == (mg.float32, mg.float64)


# -- what is refused -------------------------------------------------------------------------------


def test_a_change_that_does_not_fit():
    with pytest.raises(ShapeError, match=r"must keep shape \(2,\), the result has \(3, 2\)"):
        mg.ones(2).add_(mg.ones(3, 2))
    with pytest.raises(DtypeError, match="add_: a result of float32 cannot be kept in int64"):
        mg.tensor([1, 2]).add_(0.5)
    with pytest.raises(DtypeError, match="div_"):
        mg.tensor([1, 2]).div_(2)
    with pytest.raises(ShapeError, match=r"copy_: \(3,\) does not broadcast|shapes must broadcast"):
        mg.ones(2).copy_(mg.ones(3))
    with pytest.raises(ShapeError, match=r"copy_: \(3, 2\) does not broadcast to \(2,\)"):
        mg.ones(2).copy_(mg.ones(3, 2))
    with pytest.raises(ShapeError, match=r"setitem: a value of \(2, 3\) does not fit .*\(3,\)"):
        mg.ones(2, 3)[0] = mg.ones(2, 3)
    with pytest.raises(ArgumentError, match="give min, max or both"):
        mg.ones(2).clamp_()


def test_an_expanded_tensor_is_not_changed_element_by_element():
    for change in (lambda t: t.add_(1), lambda t: t.zero_(), lambda t: t.__setitem__(0, 1.0)):
        with pytest.raises(InplaceError, match=r"share memory.*clone\(\)"):
            change(mg.ones(1, 2).expand(3, 2))
    assert mg.ones(1, 2).expand(3, 2).clone().add_(1).sum().item() == 12


def test_an_element_set_twice_has_no_gradient():
    h = mg.ones(3, requires_grad=True) * 1
    with pytest.raises(InplaceError, match="set twice"):
        h[mg.tensor([0, 0])] = mg.ones(2)
    plain = mg.zeros(3)
    plain[mg.tensor([0, 0])] = mg.tensor([1.0, 2.0])  # without gradients the last one stays
    assert plain.tolist() == [2, 0, 0]
