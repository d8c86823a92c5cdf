"""Hooks on leaves and results: order, replacement, removal, retain_grad."""

import pytest

import minigrad as mg
from minigrad.errors import DtypeError, GraphError, ShapeError


@pytest.fixture
def x():
    return mg.tensor([1.0, 2.0], requires_grad=True)


def test_hooks_run_in_order_and_each_sees_what_the_last_left(x):
    y = x * 3
    seen = []
    y.register_hook(lambda g: (seen.append(("first", g.tolist())), g * 2)[1])
    y.register_hook(lambda g: seen.append(("second", g.tolist())))
    y.sum().backward()
    assert seen == [("first", [1, 1]), ("second", [2, 2])]
    assert x.grad.tolist() == [6, 6]


def test_a_hook_on_a_leaf_changes_what_is_added_to_grad(x):
    x.register_hook(lambda g: g * 10)
    x.sum().backward()
    x.sum().backward()
    assert x.grad.tolist() == [20, 20]


def test_a_leafs_hook_sees_the_sum_over_all_paths_once(x):
    seen = []
    x.register_hook(lambda g: seen.append(g.tolist()))
    (x * 2 + x * 3).sum().backward()
    assert seen == [[5, 5]]


def test_a_removed_hook_is_silent(x):
    seen = []
    y = x * 2
    handle = y.register_hook(lambda g: seen.append("removed"))
    with x.register_hook(lambda g: seen.append("within")):
        y.sum().backward(retain_graph=True)
    handle.remove()
    handle.remove()  # again does no harm
    y.sum().backward()
    assert seen == ["removed", "within"]


def test_a_hook_may_remove_itself(x):
    seen = []
    handle = x.register_hook(lambda g: (seen.append(1), handle.remove())[1])
    for _ in range(2):
        x.sum().backward()
    assert seen == [1]


def test_hooks_count_for_autograd_grad(x):
    y = x * 2
    y.register_hook(lambda g: g * 5)
    x.register_hook(lambda g: g + 1)
    gy, gx = mg.autograd.grad(y.sum(), [y, x])
    assert (gy.tolist(), gx.tolist()) == ([5, 5], [11, 11])
    assert x.grad is None


def test_hooks_do_not_record(x):
    seen = []
    x.register_hook(lambda g: seen.append((g * x).requires_grad))
    x.sum().backward()
    assert seen == [False]


def test_a_hook_that_writes_to_what_it_kept_changes_no_gradient(x):
    kept = []
    y = x + 1
    y.register_hook(lambda g: kept.append(g))
    x.register_hook(lambda g: kept.append(g))
    y.sum().backward()
    before = x.grad.tolist()
    for g in kept:
        if g.array.flags.writeable:
            g.array[...] = 7
    assert x.grad.tolist() == before == [1, 1]


def test_retain_grad_keeps_a_results_gradient(x):
    y = x * 2
    y.retain_grad()
    y.retain_grad()
    (y * y).sum().backward(retain_graph=True)
    assert y.grad.tolist() == [4, 8]
    (y * y).sum().backward()
    assert y.grad.tolist() == [8, 16]  # accumulates, as a leaf's does


def test_retain_grad_comes_after_all_hooks(x):
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 100)
    y.sum().backward()
    assert y.grad.tolist() == [100, 100]


def test_retain_grad_holds_no_tensor_alive(x):
    y = x * 2
    z = y * 3
    y.retain_grad()
    del y
    z.sum().backward()
    assert x.grad.tolist() == [6, 6]


def test_retain_grad_of_a_leaf_is_nothing_new(x):
    x.retain_grad()
    x.sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_what_hooks_refuse(x):
    with pytest.raises(GraphError, match="requires_grad=True"):
        mg.ones(2).register_hook(print)
    with pytest.raises(GraphError, match="requires_grad=True"):
        mg.ones(2).retain_grad()
    x.register_hook(lambda g: 3.0)
    with pytest.raises(DtypeError, match=r"must return a Tensor or None.*got float"):
        x.sum().backward()
    y = mg.ones(2, requires_grad=True)
    y.register_hook(lambda g: g.sum())
    with pytest.raises(ShapeError, match=r"shape \(2,\), returned \(\)"):
        y.sum().backward()
