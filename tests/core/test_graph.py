"""record() and walk(): what an edge keeps, whose arrays are whose, shapes, threads."""

import sys
import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import OUT, grad, record
from minigrad.errors import GraphError, InplaceError, ShapeError


def leaf(*shape, dtype="float64", seed=0):
    return mg.randn(*shape, dtype=dtype, generator=mg.Generator(seed), requires_grad=True)


def shares(*tensors):
    arrays = [t.array for t in tensors]
    return any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


# -- what an edge says -----------------------------------------------------------------------------


def test_an_op_of_ones_own():
    def square(x):
        return record("square", x.array**2, (x, lambda g, x: 2 * g * x, x))

    x = leaf(2, 3)
    square(x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * x.array)
    assert mg.autograd.gradcheck(square, x) and mg.autograd.gradgradcheck(square, x)


def test_what_is_saved_is_what_it_was_when_the_op_ran():
    """A tensor whose array was replaced since is not asked again."""
    x = leaf(3)
    before = x.array.copy()
    out = x * x
    x.data = mg.zeros(3, dtype="float64")
    out.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * before)


def test_an_edge_stands_where_an_input_needs_a_gradient_alone():
    x, data = leaf(3), mg.ones(3, dtype="float64")
    node = (x * data).grad_fn
    assert [(edge[0], edge[-1]) for edge in node.edges] == [(x, data)]
    assert (data * data).grad_fn is None


def test_a_gradient_of_the_wrong_shape_names_the_op():
    for wrong in (lambda g: g[:1], lambda g: g.sum(), lambda g: g[None, :, :2], lambda g: g.T):
        x = leaf(2, 3)
        out = record("mine", x.array * 2, (x, wrong))
        with pytest.raises(ShapeError, match=r"mine: a gradient must have .*\(2, 3\)"):
            out.sum().backward()


def test_what_an_op_broadcast_is_summed_back_by_the_walk():
    x = leaf(3)
    out = record("rows", np.broadcast_to(x.array, (4, 2, 3)).copy(), (x, lambda g: g * 2))
    out.sum().backward()
    assert x.grad.tolist() == [16, 16, 16]


# -- whose memory ----------------------------------------------------------------------------------


def test_leaves_of_one_gradient_do_not_share_it():
    x, y = leaf(2, 3), leaf(2, 3)
    h = x.t() + y.t()
    (h * 2).sum().backward()
    assert not shares(x.grad, y.grad)


def test_results_of_grad_are_the_callers():
    a, b, v = leaf(3), leaf(3), mg.ones(3, dtype="float64")
    found = grad(a + b, [a, b], grad_outputs=v)
    assert not shares(*found, v)
    for g in found:
        g.array += 1  # and may be written to
    assert v.tolist() == [1, 1, 1]


def test_a_gradient_given_takes_the_results_dtype():
    p = leaf(3, dtype="float32")
    (p * 2).backward(mg.ones(3, dtype="float64"))
    assert p.grad.dtype == mg.float32


def test_retained_gradients_are_their_own():
    x = leaf(3)
    a = x * 2
    b = a + 0
    a.retain_grad()
    b.retain_grad()
    b.sum().backward()
    assert not shares(a.grad, b.grad, x.grad)


# -- stale values ----------------------------------------------------------------------------------


CHANGED = {  # name: op of a leaf and of data, which is changed between forward and backward
    "a factor": lambda w, d: w * d,
    "a matrix": lambda w, d: w @ d,
    "a divisor": lambda w, d: w / d,
    "the second of three operands": lambda w, d: mg.einsum("ij,jk,k->i", w, d, mg.ones_like(d[0])),
    "a norm's weight": lambda w, d: mg.nn.functional.rms_norm(w, (3,), d[0]),
    "a bound": lambda w, d: mg.maximum(w, d),
}
POSITIONS = {
    "an index": lambda w, at: w[at],
    "gather's index": lambda w, at: w.gather(0, at.unsqueeze(0)),
    "tokens": lambda w, at: mg.nn.functional.embedding(at, w),
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_saved_value_that_was_changed_is_refused(name):
    w, d = leaf(3, 3), mg.ones(3, 3, dtype="float64")
    out = CHANGED[name](w, d).sum()
    d.add_(1)
    with pytest.raises(InplaceError, match="changed in place after"):
        out.backward()


@pytest.mark.parametrize("name", POSITIONS)
def test_so_is_a_position(name):
    w, at = leaf(3, 3), mg.tensor([0, 1, 1])
    out = POSITIONS[name](w, at).sum()
    at.fill_(0)
    with pytest.raises(InplaceError, match="changed in place after"):
        out.backward()


def test_every_edge_is_looked_at():
    a, b = leaf(3, seed=1), leaf(3, seed=2)
    out = (a * b).sum()
    with mg.no_grad():
        a.mul_(2)  # the gradient of b needs it, the gradient of a does not
    with pytest.raises(InplaceError, match="'mul'"):
        out.backward()


def test_a_saved_result_may_not_be_changed_and_one_not_saved_may():
    x = leaf(2, 3)
    for op in (lambda x: x.exp(), lambda x: x.softmax(1), lambda x: x.relu()):
        out = op(x)
        loss = out.sum()
        with mg.no_grad():
            out.mul_(2)
        with pytest.raises(InplaceError):
            loss.backward()
    for op in (lambda x: x + 1, lambda x: mg.nn.functional.rms_norm(x, (3,)), lambda x: x.sum(0)):
        out = op(x)
        loss = out.sum()
        with mg.no_grad():
            out.mul_(2)
        loss.backward()


def test_a_value_kept_for_its_shape_alone_may_be_changed():
    x, data = leaf(2, 3), mg.ones(3, 2, dtype="float64")
    h = x * 1
    out = (h @ data).sum()  # the gradient of h needs data, not h
    with mg.no_grad():
        h.zero_()
    out.backward()
    np.testing.assert_allclose(x.grad.numpy(), 2)


# -- what may be walked twice, and by whom ---------------------------------------------------------


def test_a_part_that_saved_nothing_may_be_walked_again():
    w = leaf(3)
    a = w + 1
    a.sum().backward()
    (2 * a).sum().backward()
    assert w.grad.tolist() == [3, 3, 3]


def test_grad_stops_at_the_inputs():
    x = leaf(3)
    h = x * x
    seen = []
    h.register_hook(lambda g: seen.append("h"))
    x.register_hook(lambda g: seen.append("x"))
    below = x.exp()
    below.register_hook(lambda g: seen.append("below"))
    h2 = h * below.detach() + h
    (gh,) = grad(h2.sum(), [h])
    assert seen == ["h"]
    h.backward(gh)  # nothing below h was walked, and so nothing freed
    np.testing.assert_allclose(x.grad.numpy(), gh.array * 2 * x.array)
    with pytest.raises(GraphError, match="freed"):
        h2.sum().backward()


def test_two_threads_walk_one_graph():
    x = leaf(4, 4)
    y = x
    for _ in range(30):
        y = (y @ x).tanh() + y
    out = y.sum()
    (expected,) = grad(out, x, retain_graph=True)
    wrong = []

    def work():
        for _ in range(10):
            (found,) = grad(out, x, retain_graph=True)
            if not np.array_equal(found.array, expected.array):
                wrong.append(found)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not wrong


def test_a_vjp_may_walk_the_graph_it_is_part_of():
    x = leaf(3)
    y = x * x

    def vjp(g):
        (inner,) = grad(y.sum(), x, retain_graph=True)
        return g * inner.array

    record("inner", y.array, (y, vjp)).sum().backward(retain_graph=True)
    np.testing.assert_allclose(x.grad.numpy(), 4 * x.array**2)


def test_out_stands_for_the_result_and_leaves_no_cycle():
    x = leaf(3)
    out = record("exp", np.exp(x.array), (x, lambda g, y: g * y, OUT))
    assert [edge[-1] for edge in out.grad_fn.edges] == [OUT]
    assert mg.autograd.gradgradcheck(
        lambda x: record("exp", np.exp(x.array), (x, lambda g, y: g * y, OUT)), x
    )
