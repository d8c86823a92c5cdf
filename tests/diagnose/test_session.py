"""Diagnosing leaves no trace, and costs no more than nine training steps."""

import copy
import random

import numpy as np
import pytest

import minigrad
import minigrad.nn.functional as F
from minigrad import nn, optim
from minigrad.diagnose.session import Session
from tests.diagnose.networks import engines, stack

OPTIMIZERS = [("SGD", {"momentum": 0.9}), ("Adam", {}), ("AdamW", {"weight_decay": 0.1})]


def state(model, optimizer, lib):
    """Every byte that diagnosing could change."""
    tensors = [*model.parameters(), *model.buffers()]
    kept = [t.detach().numpy().tobytes() for t in tensors]
    kept += [None if p.grad is None else p.grad.numpy().tobytes() for p in model.parameters()]
    entries = copy.deepcopy(optimizer.state_dict())
    kept.append(repr(entries["param_groups"]))
    for values in entries["state"].values():
        kept += [(k, np.asarray(v).tobytes()) for k, v in values.items()]
    kept += [
        random.getstate(),
        np.random.get_state()[1].tobytes(),
        [m.training for m in model.modules()],
    ]
    if lib is minigrad:
        kept.append(repr(minigrad.default_generator().numpy.bit_generator.state))
    else:
        kept.append(lib.get_rng_state().numpy().tobytes())
    return kept


def check(engine, name, options, warm):
    lib, nn, F, _ = engines(engine)
    model, _, optimizer, batches = stack(engine, name, lr=1e-2, **options)
    model.append(nn.Dropout(0.3))

    def loss(model, batch):
        random.random(), np.random.rand()
        return F.cross_entropy(model(batch[0]), batch[1])

    if warm:  # an optimizer with state, and gradients left lying about
        loss(model, batches[0]).backward()
        optimizer.step()
    before = state(model, optimizer, lib)
    identities = [id(p.grad) for p in model.parameters()]
    minigrad.diagnose(model, loss, optimizer, batches)
    assert state(model, optimizer, lib) == before
    assert [id(p.grad) for p in model.parameters()] == identities
    loss(model, batches[0]).backward()  # no hook of ours is left to fail


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS)
@pytest.mark.parametrize("warm", [False, True])
def test_nothing_is_changed(name, options, warm):
    check("minigrad", name, options, warm)


@pytest.mark.torch
@pytest.mark.parametrize(("name", "options"), OPTIMIZERS)
@pytest.mark.parametrize("warm", [False, True])
def test_nothing_is_changed_in_pytorch(name, options, warm):
    pytest.importorskip("torch")
    check("torch", name, options, warm)


def test_what_the_loss_and_the_optimizer_change_themselves_is_put_back():
    class Counting(optim.SGD):
        def step(self):
            super().step()
            self.param_groups[0]["taken"] = self.param_groups[0].get("taken", 0) + 1

    model, _, _, batches = stack()
    optimizer = Counting(model.parameters(), lr=0.1)

    def loss(model, batch):
        model.eval()
        return F.cross_entropy(model(batch[0]), batch[1])

    before = state(model, optimizer, minigrad)
    minigrad.diagnose(model, loss, optimizer, batches)
    assert state(model, optimizer, minigrad) == before


def test_nothing_is_changed_where_the_loss_fails():
    model, _, optimizer, batches = stack()
    calls = []

    def loss(model, batch):
        calls.append(1)
        if len(calls) > 6:
            raise RuntimeError("the loss broke")
        return F.cross_entropy(model(batch[0]), batch[1])

    before = state(model, optimizer, minigrad)
    with pytest.raises(RuntimeError, match="the loss broke"):
        minigrad.diagnose(model, loss, optimizer, batches)
    assert state(model, optimizer, minigrad) == before


@pytest.mark.parametrize("count", [1, 2])
def test_it_costs_at_most_nine_steps(count):
    model, loss, optimizer, batches = stack()
    forwards = []
    model[0].register_forward_hook(lambda *_: forwards.append(minigrad.is_grad_enabled()))
    d = minigrad.diagnose(model, loss, optimizer, batches[:count])
    backwards = sum(forwards)  # each pass with a graph is walked back
    assert (len(forwards) + 2 * backwards) / 3 <= 9
    assert d.measured.cost <= 9


def test_the_same_network_is_diagnosed_alike_twice():
    four = stack()
    four[0].append(nn.Dropout(0.2))
    assert minigrad.diagnose(*four).as_dict() == minigrad.diagnose(*four).as_dict()


def test_an_optimizer_that_needs_a_closure_is_refused():
    class Closure(optim.SGD):
        def step(self, closure):
            raise AssertionError

    model, loss, _, batches = stack()
    with pytest.raises(minigrad.errors.ArgumentError, match=r"step\(\) takes nothing"):
        minigrad.diagnose(model, loss, Closure(model.parameters(), lr=0.1), batches)


def repeats(engine):
    lib, nn, F, _ = engines(engine)
    model, _, optimizer, batches = stack(engine)
    model.append(nn.Dropout(0.3))

    def loss(model, batch):
        noise = random.random() + np.random.rand() + float(lib.rand(1).item())
        return noise * F.cross_entropy(model(batch[0]), batch[1])

    session = Session(model, loss, optimizer, batches)
    with session.borrowed():
        first, g = session.differentiate(batches[0])
        assert session.evaluate(batches[0]) == first == session.evaluate(batches[0])
        again, h = session.differentiate(batches[0])
    assert first == again and (g == h).all()
    assert len(session._drawn) == 3  # and the generators that it does not draw from are left alone


def test_every_pass_draws_the_same_numbers():
    repeats("minigrad")


@pytest.mark.torch
def test_every_pass_draws_the_same_numbers_in_pytorch():
    pytest.importorskip("torch")
    repeats("torch")


def test_a_generator_of_a_layers_own_draws_the_same_numbers():
    model, loss, optimizer, batches = stack()
    model.append(nn.Dropout(0.3, generator=minigrad.Generator().manual_seed(3)))
    session = Session(model, loss, optimizer, batches)
    with session.borrowed():
        first = session.evaluate(batches[0])
        assert session.evaluate(batches[0]) == first == session.evaluate(batches[0])
