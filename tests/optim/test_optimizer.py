from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import nn, optim
from minigrad.errors import ArgumentError, DtypeError, InplaceError, ShapeError
from minigrad.nn import Parameter

ALL = [
    lambda params: optim.SGD(params, lr=0.1),
    lambda params: optim.SGD(params, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    lambda params: optim.Adam(params, lr=0.1, weight_decay=0.1),
    lambda params: optim.AdamW(params, lr=0.1),
    lambda params: optim.Adam(params, lr=0.1, amsgrad=True),
    lambda params: optim.RMSprop(params, lr=0.02, momentum=0.5, centered=True),
]
IDS = ["sgd", "nesterov", "adam", "adamw", "amsgrad", "rmsprop"]
every = pytest.mark.parametrize("make", ALL, ids=IDS)


def quadratic(p: Any, steps: int, optimizer: optim.Optimizer) -> None:
    for _ in range(steps):
        optimizer.zero_grad()
        (p * p).sum().backward()
        optimizer.step()


@every
def test_it_descends(make: Callable) -> None:
    p = Parameter(minigrad.tensor([3.0, -2.0]))
    quadratic(p, 200, make([p]))
    assert abs(p.array).max() < 0.1


@every
def test_a_scalar_and_a_large_parameter(make: Callable) -> None:
    scalar = Parameter(minigrad.tensor(3.0))
    quadratic(scalar, 200, make([scalar]))
    assert scalar.shape == () and abs(scalar.item()) < 0.1
    n = 2 * optim.optimizer.BLOCK + 5  # several blocks, and a rest
    large, few = Parameter(minigrad.ones(n)), Parameter(minigrad.ones(1))
    quadratic(large, 5, make([large]))
    quadratic(few, 5, make([few]))
    assert abs(large.array - few.array).max() < 1e-6 and few.item() != 1
    empty = Parameter(minigrad.zeros(0, 3))
    quadratic(empty, 1, make([empty]))


@every
@pytest.mark.parametrize("view", ["transposed", "sliced", "reversed"])
def test_a_parameter_that_is_a_view_is_changed_where_it_lies(make: Callable, view: str) -> None:
    views = {"transposed": lambda a: a.T, "sliced": lambda a: a[:, ::2], "reversed": np.flip}
    start = np.arange(12, dtype=np.float32).reshape(3, 4) - 5
    memory = start.copy()
    p = Parameter(minigrad.from_numpy(views[view](memory)))
    plain = Parameter(minigrad.tensor(views[view](start).copy()))
    assert not p.array.flags["C_CONTIGUOUS"] and np.shares_memory(p.array, memory)
    quadratic(p, 6, make([p]))
    quadratic(plain, 6, make([plain]))
    assert (p.array == plain.array).all()
    assert (views[view](memory) == plain.array).all()


def test_a_parameter_without_a_gradient_stays() -> None:
    a, b = Parameter(minigrad.ones(2)), Parameter(minigrad.ones(2))
    optimizer = optim.AdamW([a, b], lr=0.1, weight_decay=0.5)
    (a * a).sum().backward()
    optimizer.step()
    assert b.tolist() == [1.0, 1.0] and a.tolist() != [1.0, 1.0]
    assert list(optimizer.state) == [a]


def test_zero_grad_both_ways() -> None:
    a, b = Parameter(minigrad.ones(2)), Parameter(minigrad.ones(2))
    optimizer = optim.SGD([a, b])
    (a * a).sum().backward()
    kept = a.grad
    optimizer.zero_grad(set_to_none=False)
    assert a.grad is kept is not None and a.grad.tolist() == [0.0, 0.0] and b.grad is None
    optimizer.zero_grad()
    assert a.grad is None


def test_backward_after_a_step_through_an_old_graph_is_refused() -> None:
    p = Parameter(minigrad.ones(2))
    loss = (p * p).sum()
    p.grad = minigrad.ones(2)
    optim.SGD([p]).step()
    with pytest.raises(InplaceError, match=r"call backward\(\) before the optimizer's step"):
        loss.backward()


# -- groups ---------------------------------------------------------------------------------------


def test_groups_have_their_own_options() -> None:
    a, b, c = (Parameter(minigrad.ones(1)) for _ in range(3))
    optimizer = optim.SGD([{"params": [a], "lr": 1.0}, {"params": b, "name": "b"}], lr=0.1)
    optimizer.add_param_group({"params": (p for p in [c]), "lr": 0.0})
    for p in (a, b, c):
        p.grad = minigrad.ones(1)
    optimizer.step()
    assert [a.item(), b.item(), c.item()] == pytest.approx([0.0, 0.9, 1.0])
    assert [group["lr"] for group in optimizer.param_groups] == [1.0, 0.1, 0.0]
    optimizer.param_groups[2]["lr"] = 0.5  # as a schedule does
    optimizer.step()
    assert c.item() == pytest.approx(0.5)


def test_what_can_be_optimized() -> None:
    p = Parameter(minigrad.ones(1))
    with pytest.raises(DtypeError, match=r"takes a list of parameters: pass \[tensor\]"):
        optim.SGD(p)
    with pytest.raises(ArgumentError, match="needs at least one parameter, got none"):
        optim.SGD(nn.ReLU().parameters())
    with pytest.raises(DtypeError, match="takes leaf tensors, got str"):
        optim.SGD(["weight"])
    with pytest.raises(DtypeError, match="takes leaf tensors, got a result of 'mul': optimize"):
        optim.SGD([p * 2])
    with pytest.raises(ArgumentError, match=r"a parameter of shape \(1,\) appears in two groups"):
        optim.SGD([{"params": [p]}, {"params": [p]}])
    with pytest.raises(ArgumentError, match="a parameter group needs 'params', got lr"):
        optim.SGD([{"lr": 0.1}])
    tied = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    tied[1].weight = tied[0].weight
    optim.SGD(tied.parameters())  # parameters() lists a tied weight once


def test_named_parameters_are_optimized_and_their_names_kept() -> None:
    layer = nn.Linear(2, 1)
    optimizer = optim.SGD(layer.named_parameters(), lr=1.0)
    group = optimizer.param_groups[0]
    assert group["params"] == [layer.weight, layer.bias]
    assert group["param_names"] == ["weight", "bias"]
    groups = [{"params": [("w", layer.weight)], "lr": 0.5}, {"params": [("b", layer.bias)]}]
    names = [group["param_names"] for group in optim.SGD(groups).param_groups]
    assert names == [["w"], ["b"]]


def test_a_parameter_given_twice_moves_twice_with_a_warning() -> None:
    p = Parameter(minigrad.ones(1))
    with pytest.warns(UserWarning, match="appears twice in its group: each step changes it twice"):
        optimizer = optim.SGD([p, p], lr=0.25)
    p.grad = minigrad.ones(1)
    optimizer.step()
    assert p.item() == 0.5


def test_a_closure_computes_the_gradients_and_its_loss_is_returned() -> None:
    p = Parameter(minigrad.tensor([3.0]))
    optimizer = optim.SGD([p], lr=0.5)

    def closure() -> minigrad.Tensor:
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with minigrad.no_grad():  # as a trainer may call step
        assert optimizer.step(closure).item() == 9.0
    assert p.item() == 0.0
    assert optimizer.step() is None


def test_a_gradient_of_another_dtype() -> None:
    p = Parameter(minigrad.ones(2))
    for optimizer in (optim.SGD([p]), optim.Adam([p]), optim.RMSprop([p])):
        p.data = minigrad.ones(2)
        p.grad = minigrad.ones(2)
        p.data = minigrad.ones(2).double()  # the gradient was one of what p was before
        with pytest.raises(DtypeError, match="of its parameter's float64, got float32"):
            optimizer.step()
    assert (p.array == 1).all()


def test_an_optimizer_of_ones_own_finds_an_empty_state() -> None:
    class Counting(optim.Optimizer):
        @minigrad.no_grad()
        def step(self, closure: Any = None) -> None:
            for group in self.param_groups:
                for p in group["params"]:
                    state = self.state[p]
                    state["sum"] = state.get("sum", minigrad.zeros_like(p)) + p.grad
                    p.add_(state["sum"], alpha=-group["lr"])

    p = Parameter(minigrad.ones(2))
    p.grad = minigrad.ones(2)
    one = Counting([p], {"lr": 0.25})
    one.step()
    other = Counting([p], {"lr": 1.0})
    other.load_state_dict(one.state_dict())
    other.step()
    assert p.tolist() == [0.25, 0.25]
    assert one.state[p]["sum"].tolist() == [1.0, 1.0]  # what was handed over is a copy


def test_a_gradient_of_another_shape() -> None:
    p = Parameter(minigrad.ones(2, 3))
    p.grad = minigrad.ones(2, 3)
    p.data = minigrad.ones(3, 2)
    with pytest.raises(ShapeError, match=r"must have its parameter's shape \(3, 2\), got \(2, 3\)"):
        optim.SGD([p]).step()
    assert (p.array == 1).all()


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.AdamW])
def test_options_out_of_range(kind: Any) -> None:
    p = [Parameter(minigrad.ones(1))]
    for option in ("lr", "weight_decay", "momentum" if kind is optim.SGD else "eps"):
        for value in (-0.1, float("nan")):
            with pytest.raises(ArgumentError, match=f"{kind.__name__}: {option} must be ≥ 0, got"):
                kind(p, **{option: value})
            with pytest.raises(ArgumentError, match=f"{kind.__name__}: {option} must be ≥ 0, got"):
                kind([{"params": p, option: value}])


def test_nesterov_needs_momentum_alone() -> None:
    p = [Parameter(minigrad.ones(1))]
    with pytest.raises(ArgumentError, match="SGD: nesterov needs a momentum > 0 and no d"):
        optim.SGD(p, nesterov=True)
    with pytest.raises(ArgumentError, match="SGD: nesterov needs a momentum > 0 and no d"):
        optim.SGD(p, momentum=0.9, dampening=0.1, nesterov=True)


@pytest.mark.parametrize("kind", [optim.Adam, optim.AdamW])
def test_betas_out_of_range(kind: Any) -> None:
    p = [Parameter(minigrad.ones(1))]
    for betas in ((1.0, 0.9), (0.9, 1.0), (-0.1, 0.9)):
        with pytest.raises(ArgumentError, match=rf"{kind.__name__}: betas must lie in \[0, 1\)"):
            kind(p, betas=betas)


def test_the_base_class_asks_for_an_update() -> None:
    p = Parameter(minigrad.ones(1))
    p.grad = minigrad.ones(1)
    with pytest.raises(ArgumentError, match=r"Optimizer must define _update\(\)"):
        optim.Optimizer([p], {}).step()
