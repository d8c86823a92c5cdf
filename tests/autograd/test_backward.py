"""backward() and grad(): accumulation, what may be walked twice, ownership, depth."""

import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import ArgumentError, GraphError, ShapeError


def leaf(*values):
    return mg.tensor(list(values), dtype="float64", requires_grad=True)


# -- what backward leaves in grad ------------------------------------------------------------------


def test_gradients_accumulate_over_calls():
    x = leaf(1, 2)
    (x * x).sum().backward()
    first = x.grad
    (3 * x).sum().backward()
    assert x.grad.tolist() == [5, 7]
    assert x.grad is first  # added in place, so that a reference to it stays good


def test_several_results_walk_their_shared_part_once():
    x = leaf(1, 2)
    shared = x.exp()
    a, b = (shared * 2).sum(), shared * 3
    mg.autograd.backward([a, b], [None, mg.tensor([1.0, 10.0], dtype="float64")])
    np.testing.assert_allclose(x.grad.numpy(), np.exp([1, 2]) * [5, 32])
    with pytest.raises(ArgumentError, match="grad_tensors must match the 2 outputs"):
        mg.autograd.backward([a, b], [None])


def test_paths_that_join_add_up():
    x = leaf(3)
    a = x * 2
    b = a * a + a + x
    (b * a).backward(mg.tensor([1.0]))
    assert x.grad.tolist() == [24 * 9 + 12 * 3]  # of (4x² + 3x) 2x


def test_a_shared_part_is_visited_once():
    x = leaf(1)
    y = x * 2
    visits = []
    y.register_hook(lambda g: visits.append(g.item()))
    z = y
    for _ in range(40):  # 2^40 paths
        z = z + z
    z.backward()
    assert visits == [2.0**40]


def test_only_leaves_that_ask_get_a_gradient():
    x, data = leaf(1, 2), mg.tensor([3.0, 4.0], dtype="float64")
    hidden = x * data
    hidden.sum().backward()
    assert x.grad.tolist() == [3, 4]
    assert data.grad is None and hidden.grad is None
    assert hidden.is_leaf is False and x.is_leaf


def test_a_leaf_is_its_own_gradients_end():
    x = leaf(2)
    x.backward()
    x.backward(mg.tensor([3.0]))
    assert x.grad.tolist() == [4]


def test_the_gradient_given_weights_the_result():
    x = leaf(1, 2, 3)
    (x * x).backward(mg.tensor([1.0, 0.0, -1.0]))
    assert x.grad.tolist() == [2, 0, -6]
    assert str(x.grad.dtype) == "float64"


def test_detach_cuts_the_graph():
    x = leaf(3)
    (x * (x * x).detach()).sum().backward()
    assert x.grad.tolist() == [9]


# -- what may not be done --------------------------------------------------------------------------


def test_a_second_backward_is_refused_and_says_what_to_do():
    x = leaf(1)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(GraphError, match=r"already walked and freed \(at 'mul'\).*retain_graph"):
        y.backward()
    assert x.grad.tolist() == [2]


def test_retain_graph_allows_it():
    x = leaf(1)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [6]
    with pytest.raises(GraphError):
        y.backward()


def test_two_losses_on_one_shared_part():
    x = leaf(2)
    shared = x * x
    a, b = shared.sum(), (shared * 3).sum()
    a.backward(retain_graph=True)
    b.backward()
    assert x.grad.tolist() == [4 + 12]
    shared = x * x
    a, b = shared.sum(), (shared * 3).sum()
    a.backward()
    with pytest.raises(GraphError, match="'mul'"):
        b.backward()


def test_a_refused_walk_leaves_nothing_behind():
    """After the error the retained part still gives the right gradients."""
    x = leaf(2)
    kept, freed = x * x, x * 5
    freed.sum().backward()
    x.grad = None
    with pytest.raises(GraphError):
        (kept.sum() + freed.sum()).backward()
    assert x.grad is None
    kept.sum().backward()
    assert x.grad.tolist() == [4]


def test_a_result_that_is_no_scalar_needs_a_gradient():
    x = leaf(1, 2)
    with pytest.raises(GraphError, match=r"scalar result, got shape \(2,\).*sum\(\) or .mean"):
        (x * 2).backward()
    with pytest.raises(ShapeError, match=r"result's shape \(2,\), got \(3,\)"):
        (x * 2).backward(mg.ones(3))


def test_a_result_without_a_graph_cannot_be_walked():
    with pytest.raises(GraphError, match="requires_grad=True"):
        mg.ones(1).sum().backward()
    x = leaf(1)
    with mg.no_grad():
        y = x * 2
    with pytest.raises(GraphError, match="no_grad"):
        y.backward()


# -- autograd.grad ---------------------------------------------------------------------------------


def test_grad_of_leaves_and_results_touches_no_grad():
    x, w = leaf(2), leaf(3)
    hidden = x * w
    out = (hidden * hidden).sum()
    gx, gh, gw = mg.autograd.grad(out, [x, hidden, w])
    assert (gx.tolist(), gh.tolist(), gw.tolist()) == ([36], [12], [24])
    assert x.grad is None and w.grad is None and hidden.grad is None
    assert not gx.requires_grad


def test_grad_of_several_outputs_is_of_their_weighted_sum():
    x = leaf(2)
    outs = [x * x, x * 3]
    (g,) = mg.autograd.grad(outs, x, grad_outputs=[mg.tensor([10.0]), None])
    assert g.tolist() == [43]


def test_grad_of_an_output_that_is_an_input():
    x = leaf(2)
    y = x * x
    gy, gx = mg.autograd.grad(y, [y, x])
    assert (gy.tolist(), gx.tolist()) == ([1], [4])
    assert mg.autograd.grad(x, x)[0].tolist() == [1]


def test_an_unused_input_is_an_error_unless_allowed():
    x, other = leaf(2), leaf(1)
    late = x * 7
    with pytest.raises(GraphError, match=r"do not depend on input 1.*allow_unused"):
        mg.autograd.grad((x * x).sum(), [x, other])
    assert mg.autograd.grad((x * x).sum(), [other, late, x], allow_unused=True)[:2] == (None, None)


def test_grad_frees_the_graph_unless_told():
    x = leaf(2)
    y = (x * x).sum()
    mg.autograd.grad(y, x, retain_graph=True)
    mg.autograd.grad(y, x)
    with pytest.raises(GraphError, match="freed"):
        mg.autograd.grad(y, x)


def test_grad_refuses_what_it_cannot_answer():
    x = leaf(2)
    with pytest.raises(GraphError, match="requires_grad=True"):
        mg.autograd.grad((x * x).sum(), mg.ones(1))
    with pytest.raises(ArgumentError, match="2 outputs one to one"):
        mg.autograd.grad([x * x, x * 2], x, grad_outputs=[mg.ones(1)])


# -- who owns the arrays ---------------------------------------------------------------------------


def no_two_share(tensors):
    arrays = [t.array for t in tensors]
    return not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


@pytest.mark.parametrize(
    "build",
    [
        lambda x, y: (x + y) + x,
        lambda x, y: x + y,
        lambda x, y: x - y + y,
        lambda x, y: (x + y).reshape(4).reshape(2, 2),
        lambda x, y: x.t() + y,
        lambda x, y: x.clone() + y.clone() + x,
        lambda x, y: mg.cat([x, y])[:2] + x,
        lambda x, y: x.sum() + y.sum(),
        lambda x, y: mg.stack([x, y]).sum(0) + y,
    ],
)
def test_gradients_share_no_memory(build):
    x, y = (mg.randn(2, 2, requires_grad=True) for _ in range(2))
    out = build(x, y)
    given = mg.ones(*out.shape)
    out.backward(given)
    assert no_two_share([x.grad, y.grad, given, x, y, out])
    x.grad.add_(1)  # and may be written to
    assert given.tolist() == mg.ones(*out.shape).tolist()


def test_accumulating_does_not_write_to_the_gradient_given():
    x = mg.randn(3, requires_grad=True)
    given = mg.ones(3)
    for _ in range(2):
        (x + 0).backward(given)
        x.backward(given)
    assert given.tolist() == [1, 1, 1]
    assert x.grad.tolist() == [4, 4, 4]


# -- depth, threads, walks within walks ------------------------------------------------------------


def test_a_chain_of_200000_ops_differentiates():
    x = mg.ones(1, requires_grad=True)
    y = x
    for _ in range(200_000):
        y = y + 1
    y.backward()
    assert x.grad.tolist() == [1]


def test_a_chain_of_200000_ops_can_be_dropped_without_backward():
    y = mg.ones(1, requires_grad=True)
    for _ in range(200_000):
        y = y * 1.0
    del y  # freed by reference counts, without deep recursion


def test_threads_walk_their_graphs_apart():
    results = {}

    def work(name, factor):
        x = leaf(factor)
        for _ in range(50):
            x.grad = None
            (x * x * factor).sum().backward()
        results[name] = x.grad.tolist()

    threads = [threading.Thread(target=work, args=(i, float(i))) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == {i: [2.0 * i * i] for i in range(4)}


def test_a_hook_may_walk_nodes_in_which_a_gradient_waits():
    x = leaf(1, 2)
    y = x * x
    early, late = y * 3, y * y
    inner = []

    def hook(g):  # runs when `late` has already sent its gradient to y
        with mg.enable_grad():
            inner.extend(mg.autograd.grad((y * 5).sum(), x, retain_graph=True))

    early.register_hook(hook)
    (early * late).sum().backward()
    assert inner[0].tolist() == [10, 20]
    assert x.grad.tolist() == [18, 18 * 2**5]
