"""Who owns a gradient's array, and which old values a gradient needs: one test for each rule."""

import sys
import threading

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad.errors import InplaceError


def leaf(*shape, dtype="float64"):
    return mg.randn(*shape, dtype=dtype, requires_grad=True)


def apart(*tensors):
    arrays = [t.array for t in tensors]
    return not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


# -- ownership -------------------------------------------------------------------------------------


def test_two_leaves_never_get_views_of_one_gradient():
    x, y = leaf(2, 3), leaf(2, 3)
    ((x.t() + y.t()) * 2).sum().backward()
    assert apart(x.grad, y.grad)
    x.grad.zero_()
    assert y.grad.tolist() == [[2, 2, 2]] * 2


def test_what_grad_returns_is_its_callers_alone():
    a, b = leaf(3), leaf(3)
    given = mg.ones(3, dtype="float64")
    ga, gb = mg.autograd.grad(a + b, [a, b], grad_outputs=given)
    assert apart(ga, gb, given, a, b)
    ga.add_(1)  # and may be written to
    assert (ga.tolist(), gb.tolist(), given.tolist()) == ([2] * 3, [1] * 3, [1] * 3)


def test_the_gradient_of_a_result_is_its_callers_alone():
    a = leaf(3)
    h = a * 1
    gh, ga = mg.autograd.grad(h + 0, [h, a], grad_outputs=mg.ones(3, dtype="float64"))
    assert apart(gh, ga)
    gh.zero_()
    assert ga.tolist() == [1, 1, 1]


def test_a_gradient_given_in_another_dtype_takes_the_results():
    for dtype in ("float16", "float32"):
        p = leaf(3, dtype=dtype)
        (p * 2).backward(mg.ones(3, dtype="float64"))
        assert str(p.grad.dtype) == dtype
        (g,) = mg.autograd.grad(p * 2, p, mg.ones(3, dtype="float64"))
        assert str(g.dtype) == dtype


def test_retained_gradients_are_copies():
    x = leaf(3)
    a = x + 0
    b = a + 0
    a.retain_grad()
    b.retain_grad()
    given = mg.ones(3, dtype="float64")
    b.backward(given)
    assert apart(a.grad, b.grad, x.grad, given)
    a.grad.zero_()
    assert b.grad.tolist() == x.grad.tolist() == [1, 1, 1]


def test_half_precision_given_by_keyword_is_computed_as_when_given_by_place():
    q, k, v = (
        mg.randn(40, 30, dtype="float16", generator=mg.Generator().manual_seed(i)) * 3
        for i in range(3)
    )
    by_place = F.scaled_dot_product_attention(q, k, v)
    by_name = F.scaled_dot_product_attention(query=q, key=k, value=v)
    assert by_place.tolist() == by_name.tolist()


# -- staleness -------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", [0, 1])
def test_the_value_that_either_of_two_edges_needs_is_looked_at(which):
    a, b = leaf(3), leaf(3)
    loss = (a * b).sum()
    with mg.no_grad():
        (a, b)[which].mul_(2)
    with pytest.raises(InplaceError, match="'mul'"):
        loss.backward()


def test_operands_kept_in_a_list_are_looked_at():
    for changed in (0, 1, 2):
        operands = [leaf(2, 3), leaf(3, 3), leaf(3, 2)]
        loss = mg.einsum("ij,jk,kl->il", *operands).sum()
        with mg.no_grad():
            operands[changed].mul_(2)
        with pytest.raises(InplaceError, match="'einsum'"):
            loss.backward()


@pytest.mark.parametrize(
    "pick",
    [
        lambda x, at: x[at],
        lambda x, at: x[:, at],
        lambda x, at: x[at, at],
        lambda x, at: x.gather(0, at.unsqueeze(1)),
        lambda x, at: x.index_select(0, at),
        lambda x, at: F.embedding(at, x),
    ],
    ids=["getitem", "second dim", "pairs", "gather", "index_select", "embedding"],
)
def test_an_index_changed_after_it_was_used(pick):
    x, at = leaf(3, 3), mg.tensor([0, 1])
    loss = pick(x, at).sum()
    at.fill_(2)
    with pytest.raises(InplaceError, match="changed in place"):
        loss.backward()


def test_a_value_kept_for_its_shape_alone_may_change():
    w = leaf(2, 3)
    hidden = w * 1
    out = hidden @ mg.ones(3, 2, dtype="float64")
    with mg.no_grad():
        hidden.zero_()
    out.sum().backward()
    assert w.grad.tolist() == [[2, 2, 2]] * 2


def test_a_norm_does_not_need_its_result():
    for norm in (F.rms_norm, F.layer_norm):
        x = leaf(2, 3)
        out = norm(x, (3,))
        expected = mg.autograd.grad(norm(x, (3,))[0, 0], x)[0]
        with mg.no_grad():
            out.mul_(1)
        out[0, 0].backward()
        np.testing.assert_allclose(x.grad.tolist(), expected.tolist())


# -- walks -----------------------------------------------------------------------------------------


def test_the_walk_to_a_result_stops_there():
    """Hooks below do not run, and what is below is there for a backward that goes on from it."""
    x = leaf(3)
    early = x.exp()
    seen = []
    early.register_hook(lambda g: seen.append(g))
    middle = early * early
    (g,) = mg.autograd.grad((middle * middle).sum(), [middle])
    assert seen == [] and x.grad is None
    middle.backward(g)
    np.testing.assert_allclose(x.grad.tolist(), (4 * (4 * x).exp()).tolist())


def test_threads_that_walk_one_graph_all_get_its_gradient():
    x = leaf(3)
    y = x
    for _ in range(30):
        y = y * 1.01 + x
    loss = y.sum()
    expected = mg.autograd.grad(loss, x, retain_graph=True)[0].tolist()
    found = []

    def walk():
        for _ in range(60):
            found.append(mg.autograd.grad(loss, x, retain_graph=True)[0].tolist())

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=walk) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert found == [expected] * 180
