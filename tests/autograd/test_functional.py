"""jvp, vjp, jacobian, hessian, hvp, vhp beside torch.autograd.functional, in values and in form."""

import numpy as np
import pytest

import minigrad as mg
import minigrad.autograd.functional as ours
from minigrad.errors import ArgumentError, ShapeError

rng = np.random.default_rng(0)
X, Y = rng.standard_normal(3), rng.standard_normal((2, 3))


def two_outputs(a, b):
    return (a * b).tanh() @ a, (a**3).sum()


def one_element(a, b):
    return ((a * b).tanh() @ a).sum() * (a * a).sum()


CALLS = {
    "jacobian of one": lambda f, t: f.jacobian(lambda a: a.exp() * a.sum(), t(X)),
    "jacobian of several": lambda f, t: f.jacobian(two_outputs, (t(X), t(Y))),
    "jacobian of a constant": lambda f, t: f.jacobian(lambda a: t(Y) * 1, t(X)),
    "hessian of one": lambda f, t: f.hessian(lambda a: (a**3).sum() * a[0], t(X)),
    "hessian of several": lambda f, t: f.hessian(one_element, (t(X), t(Y))),
    "hessian of a linear function": lambda f, t: f.hessian(lambda a: a.sum(), t(X)),
    "vjp": lambda f, t: f.vjp(two_outputs, (t(X), t(Y)), (t(np.ones(2)), t(np.array(2.0)))),
    "vjp of an element": lambda f, t: f.vjp(lambda a: (a**2).sum(), t(X)),
    "jvp": lambda f, t: f.jvp(two_outputs, (t(X), t(Y)), (t(2 * X), t(3 * Y))),
    "jvp of one": lambda f, t: f.jvp(lambda a: a.exp(), t(X), t(Y[0])),
    "hvp": lambda f, t: f.hvp(one_element, (t(X), t(Y)), (t(2 * X), t(3 * Y))),
    "vhp": lambda f, t: f.vhp(one_element, (t(X), t(Y)), (t(2 * X), t(3 * Y))),
}


def form(found):
    """Nested tuples with (shape, needs a gradient) in the place of tensors, and the arrays."""
    if isinstance(found, tuple):
        parts = [form(part) for part in found]
        return tuple(f for f, _ in parts), [a for _, arrays in parts for a in arrays]
    return (tuple(found.shape), found.requires_grad), [found.detach().numpy()]


@pytest.mark.parametrize("name", CALLS)
def test_as_in_pytorch(name):
    torch = pytest.importorskip("torch")
    mine, my_arrays = form(CALLS[name](ours, mg.tensor))
    theirs, their_arrays = form(CALLS[name](torch.autograd.functional, torch.tensor))
    assert mine == theirs
    for a, b in zip(my_arrays, their_arrays, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_create_graph_lets_the_result_be_differentiated():
    x = mg.tensor(X, requires_grad=True)
    found = ours.jacobian(lambda a: a**3, x, create_graph=True)
    found.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 6 * X)


def test_the_inputs_are_left_alone_and_no_grad_does_not_matter():
    x = mg.tensor(X, requires_grad=True)
    with mg.no_grad():
        _, found = ours.hvp(lambda a: (a**3).sum(), x, mg.tensor(X))
    np.testing.assert_allclose(found.numpy(), 6 * X * X)
    assert x.grad is None and x.is_leaf


def test_what_is_refused():
    x = mg.tensor(X)
    with pytest.raises(ShapeError, match="hessian: func must give one element"):
        ours.hessian(lambda a: a * a, x)
    with pytest.raises(ShapeError, match=r"jvp: v must have the shapes \[\(3,\)\]"):
        ours.jvp(lambda a: a * a, x, mg.ones(2))
    with pytest.raises(ArgumentError, match="vjp: v may be left out"):
        ours.vjp(lambda a: a * a, x)
    with pytest.raises(ArgumentError, match="inputs are Tensors, got list"):
        ours.jacobian(lambda a: a, [x])
    with pytest.raises(ArgumentError, match="func must give Tensors, gave float"):
        ours.jacobian(lambda a: 1.0, x)
