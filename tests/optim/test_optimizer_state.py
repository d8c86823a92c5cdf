"""A run that is interrupted and goes on: what an optimizer's state holds."""

import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest

import minigrad
from minigrad import nn, optim
from minigrad.core.random import Generator
from minigrad.errors import StateDictError
from minigrad.nn import Parameter
from tests.optim.test_optimizer import every


def net(seed: int = 0) -> nn.Sequential:
    generator = Generator(seed)
    return nn.Sequential(
        nn.Linear(3, 5, generator=generator), nn.Tanh(), nn.Linear(5, 2, generator=generator)
    )


def train(model: nn.Module, optimizer: optim.Optimizer, steps: int, start: int = 0) -> None:
    for step in range(start, start + steps):
        x = minigrad.randn(8, 3, generator=Generator(step))
        optimizer.zero_grad()
        (model(x) ** 2).mean().backward()
        optimizer.step()


def values(model: nn.Module) -> list:
    return [p.tolist() for p in model.parameters()]


@every
@pytest.mark.parametrize("by", ["state_dict", "pickle"])
def test_a_run_resumed_from_its_state_goes_on_bit_for_bit(make: Callable, by: str) -> None:
    whole, half = net(), net()
    train(whole, make(whole.parameters()), 12)
    before = make(half.parameters())
    train(half, before, 5)
    resumed = net(seed=1)
    resumed.load_state_dict(half.state_dict())
    after = make(resumed.parameters())
    after.param_groups[0]["lr"] = 9.0  # the state knows better
    state = before.state_dict()
    after.load_state_dict(pickle.loads(pickle.dumps(state)) if by == "pickle" else state)
    train(half, before, 3, start=100)  # what was handed over is a copy
    train(resumed, after, 7, start=5)
    assert values(resumed) == values(whole)


@every
def test_a_deepcopy_of_model_and_optimizer_goes_on(make: Callable) -> None:
    model = net()
    optimizer = make(model.parameters())
    train(model, optimizer, 3)
    twin, twin_optimizer = copy.deepcopy((model, optimizer))
    train(model, optimizer, 3, start=3)
    assert values(twin) != values(model)
    train(twin, twin_optimizer, 3, start=3)
    assert values(twin) == values(model)


def test_what_state_dict_holds() -> None:
    a, b = Parameter(minigrad.ones(2)), Parameter(minigrad.ones(1))
    optimizer = optim.Adam([{"params": [a], "lr": 0.5}, {"params": [b]}])
    a.grad = minigrad.ones(2)
    optimizer.step()
    state = optimizer.state_dict()
    assert [group["params"] for group in state["param_groups"]] == [[0], [1]]
    assert [group["lr"] for group in state["param_groups"]] == [0.5, 1e-3]
    assert list(state["state"]) == [0]
    assert list(state["state"][0]) == ["step", "exp_avg", "exp_avg_sq"]
    other = optim.Adam([{"params": [a]}, {"params": [b]}])
    other.load_state_dict(state)
    assert other.param_groups[0]["lr"] == 0.5 and other.param_groups[0]["params"] == [a]


def test_the_state_takes_the_parameters_dtype() -> None:
    p = Parameter(minigrad.ones(2))
    optimizer = optim.Adam([p])
    p.grad = minigrad.ones(2)
    optimizer.step()
    wide = Parameter(minigrad.ones(2, dtype=minigrad.float64))
    other = optim.Adam([wide])
    other.load_state_dict(optimizer.state_dict())
    assert other.state[wide]["exp_avg"].dtype == np.float64 and other.state[wide]["step"] == 1


def test_a_state_of_another_model_is_refused_and_nothing_is_changed() -> None:
    def stepped(*shapes: tuple[int, ...], lr: float) -> optim.Optimizer:
        params = [Parameter(minigrad.ones(*shape)) for shape in shapes]
        for p in params:
            p.grad = minigrad.ones(*p.shape)
        optimizer = optim.SGD(params, lr=lr, momentum=0.9)
        optimizer.step()
        return optimizer

    optimizer = stepped((2,), (3, 2), lr=0.1)
    for other, message in (
        (stepped((2,), lr=0.2), r"the optimizer has groups of \[2\] parameters, the state \[1\]"),
        (
            stepped((2,), (2, 3), lr=0.2),
            r"parameter 1 has shape \(3, 2\), its momentum_buffer \(2, 3\): the state is that of",
        ),
    ):
        with pytest.raises(StateDictError, match=message):
            optimizer.load_state_dict(other.state_dict())
    for wrong in ({}, None, optimizer):
        with pytest.raises(StateDictError, match=r"needs what an optimizer's state_dict\(\) gave"):
            optimizer.load_state_dict(wrong)  # type: ignore[arg-type]
    assert optimizer.param_groups[0]["lr"] == 0.1
    assert [s["momentum_buffer"].shape for s in optimizer.state.values()] == [(2,), (3, 2)]
