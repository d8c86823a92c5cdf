"""A gradient whose value was overwritten in place is refused, and only such a gradient."""

import gc

import numpy as np
import pytest

import minigrad as mg
from minigrad.core import saved
from minigrad.errors import InplaceError


def square_of(h):
    return (h * h).sum()


def test_a_parameter_changed_between_forward_and_backward():
    w = mg.randn(3, requires_grad=True)
    loss = square_of(w)
    with mg.no_grad():
        w.sub_(0.1)
    with pytest.raises(
        InplaceError, match=r"shape \(3,\) was changed in place after 'mul'.*backward"
    ):
        loss.backward()


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.zero_(),
        lambda d: d.view(-1).add_(1),
        lambda d: d.detach().mul_(2),
        lambda d: d.t().copy_(mg.zeros(2, 3)),
        lambda d: d.__setitem__(0, 7.0),
        lambda d: d[1:].uniform_(),
    ],
    ids=["itself", "view", "detached", "transposed", "element", "slice"],
)
def test_plain_data_changed_through_any_alias(change):
    w, data = mg.randn(3, 2, requires_grad=True), mg.randn(3, 2)
    loss = (w * data).sum()
    change(data)
    with pytest.raises(InplaceError, match="'mul'"):
        loss.backward()


def test_a_result_changed_under_no_grad():
    w = mg.randn(3, requires_grad=True)
    hidden = w.exp()
    loss = hidden.sum()
    with mg.no_grad():
        hidden.mul_(2)
    with pytest.raises(InplaceError, match="'exp'"):
        loss.backward()


def test_a_change_before_the_op_or_after_backward_is_fine():
    w, data = mg.ones(3, requires_grad=True), mg.ones(3)
    data.mul_(2)
    square_of(w * data).backward()
    data.mul_(2)
    square_of(w * data).backward()
    assert w.grad.tolist() == [8 + 32] * 3


def test_a_gradient_that_needs_no_value_is_not_refused():
    w, data = mg.ones(2, 3, requires_grad=True), mg.ones(2, 3)
    out = (w + data - data).reshape(3, 2).t().sum(0).mean()
    for tensor in (w, data):
        with mg.no_grad():
            tensor.zero_()
    out.backward()
    np.testing.assert_allclose(w.grad.numpy(), 1 / 3)


def test_what_was_changed_is_forgotten_with_the_array():
    while gc.collect():  # what earlier tests left behind may take several rounds
        pass
    before = len(saved._changed)
    tensors = [mg.zeros(3).add_(1) for _ in range(100)]
    assert len(saved._changed) == before + 100
    del tensors
    assert len(saved._changed) == before
