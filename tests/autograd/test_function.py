"""Function: PyTorch's form of an op of one's own, standing on record()."""

import gc
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import Function, grad, gradcheck, gradgradcheck
from minigrad.errors import ArgumentError, GraphError, InplaceError


class Scaled(Function):
    """x³ k, with a gradient made of ops."""

    @staticmethod
    def forward(ctx, x, k):
        ctx.save_for_backward(x)
        ctx.k = k
        return x * x * x * k

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return 3 * ctx.k * grad_output * x * x, None


class Product(Function):
    calls = 0

    @staticmethod
    def forward(ctx, a, b):
        assert ctx.needs_input_grad == (True, True)
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx, g):
        Product.calls += 1
        a, b = ctx.saved_tensors
        return g * b, g * a


class Exponential(Function):
    @staticmethod
    def forward(ctx, x):
        out = x.exp()
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]


class OfAHiddenValue(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x.cos())
        return x.sin()

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]


def leaf(*shape, seed=0):
    return mg.randn(*shape, dtype="float64", generator=mg.Generator(seed), requires_grad=True)


def test_first_and_second_derivatives():
    x, y = leaf(3), leaf(3, seed=1)
    for fn, inputs in (
        (lambda x: Scaled.apply(x, 2.0), [x]),
        (Product.apply, [x, y]),
        (Exponential.apply, [x]),
    ):
        assert gradcheck(fn, inputs) and gradgradcheck(fn, inputs)


def test_backward_runs_once_for_all_gradients():
    Product.calls = 0
    x, y = leaf(3), leaf(3, seed=1)
    Product.apply(x, y).sum().backward()
    assert Product.calls == 1
    np.testing.assert_allclose(x.grad.numpy(), y.array)


def test_a_value_computed_inside_has_no_second_derivative():
    x = leaf(3)
    out = OfAHiddenValue.apply(x)
    with pytest.raises(GraphError, match="no second derivative of 'OfAHiddenValue'"):
        grad(out.sum(), x, create_graph=True)
    (g,) = grad(out.sum(), x)
    np.testing.assert_allclose(g.numpy(), np.cos(x.array))


def test_a_saved_tensor_that_was_changed_is_refused():
    x = leaf(3)
    out = Scaled.apply(x, 1.0).sum()
    with mg.no_grad():
        x.mul_(2)
    with pytest.raises(InplaceError, match="'Scaled'"):
        out.backward()


def test_it_leaves_no_cycle():
    x = leaf(3)
    gc.disable()
    try:
        out = Exponential.apply(x)
        array = weakref.ref(out.array)
        del out
        assert array() is None
    finally:
        gc.enable()


def test_what_is_refused():
    class Short(Scaled):
        @staticmethod
        def backward(ctx, g):
            return g

    class Number(Function):
        @staticmethod
        def forward(ctx, x):
            return 1.0

    with pytest.raises(ArgumentError, match=r"Short.backward must return one .*: 2, got 1"):
        Short.apply(leaf(3), 2.0).sum().backward()
    with pytest.raises(ArgumentError, match=r"Number\.forward must return a Tensor"):
        Number.apply(leaf(3))
    with pytest.raises(ArgumentError, match="must define forward"):
        Function.apply(leaf(3))
