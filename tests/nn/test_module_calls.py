"""What a module does: it is called, switched, walked, hooked, converted and shown."""

from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.errors import ArgumentError, DtypeError
from minigrad.nn import Linear, Module, ReLU, Sequential
from tests.nn.test_module import Net, same


def test_a_call_hands_everything_to_forward() -> None:
    class Weighted(Module):
        def forward(self, x: float, y: float, *, by: float = 1.0) -> float:
            return x + by * y

    assert Weighted()(1, 2) == 3 and Weighted()(1, y=2, by=10) == 21


def test_a_missing_forward_and_a_missing_attribute() -> None:
    class Empty(Module):
        pass

    with pytest.raises(ArgumentError, match=r"Empty has no forward\(\): define it in the class"):
        Empty()(minigrad.ones(1))
    with pytest.raises(AttributeError, match="'Empty' has no attribute 'wieght'"):
        _ = Empty().wieght
    assert not hasattr(Empty(), "bias")


# -- modes, apply, hooks --------------------------------------------------------------------------


def test_train_and_eval_reach_everything() -> None:
    net = Net()
    assert all(m.training for m in net.modules())
    assert net.eval() is net and not any(m.training for m in net.modules())
    ids = minigrad.tensor([1, 2])
    assert same(net(ids), net(ids))
    assert net.train() is net and all(m.training for m in net.modules())
    assert not net.train(False).drop.training
    assert Net().training  # no module's mode is another's


def test_apply_visits_children_first() -> None:
    seen: list[str] = []
    net = Sequential(Sequential(Linear(1, 1), ReLU()), nn.Tanh())
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen == ["Linear", "ReLU", "Sequential", "Tanh", "Sequential"]


def test_forward_hooks_see_replace_and_go() -> None:
    layer, x = ReLU(), minigrad.tensor([-1.0, 2.0])
    seen: list[Any] = []
    first = layer.register_forward_hook(lambda m, args, out: seen.append((m, args, out.tolist())))
    second = layer.register_forward_hook(lambda m, args, out: out * 10)
    third = layer.register_forward_hook(lambda m, args, out: out + 1)
    assert layer(x).tolist() == [1.0, 21.0]  # in order, each sees the one before
    assert seen == [(layer, (x,), [0.0, 2.0])]
    second.remove()
    assert layer(x).tolist() == [1.0, 3.0]
    second.remove()  # twice is no error
    first.remove()
    with third:
        assert layer(x).tolist() == [1.0, 3.0]
    assert layer(x).tolist() == [0.0, 2.0] and len(seen) == 2


def test_a_hook_may_remove_itself_while_it_runs() -> None:
    layer, calls = ReLU(), []

    def once(*_: Any) -> None:
        calls.append(1)
        handle.remove()

    handle = layer.register_forward_hook(once)
    layer.register_forward_hook(lambda *_: calls.append(2))
    layer(minigrad.ones(1))
    layer(minigrad.ones(1))
    assert calls == [1, 2, 2]


# -- gradients and dtypes -------------------------------------------------------------------------


def test_zero_grad_and_requires_grad() -> None:
    net = Sequential(Linear(2, 2), Linear(2, 1))
    net(minigrad.ones(1, 2)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert all(p.grad is not None and not p.grad.array.any() for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    assert net[0].requires_grad_(False) is net[0]
    net(minigrad.ones(1, 2)).sum().backward()
    assert [p.grad is None for p in net.parameters()] == [True, True, False, False]
    assert net.requires_grad_()[0].weight.requires_grad


def test_to_converts_parameters_gradients_and_floating_buffers() -> None:
    net = Net().eval()
    net.register_buffer("count", minigrad.tensor([1, 2]))
    net(minigrad.tensor([1])).sum().backward()
    tied = net.head.weight
    assert tied.grad is not None
    before = tied.grad.array.astype(np.float64)
    assert net.double() is net and net.head.weight is net.embed.weight is tied
    assert {p.dtype for p in net.parameters()} == {np.dtype("float64")}
    assert tied.grad.dtype == np.float64 and (tied.grad.array == before).all()
    assert net.seen.dtype == np.float64 and net.count.dtype == np.int64
    net(minigrad.tensor([1])).sum().backward()
    assert net.half().scale.dtype == np.float16 and net.float().scale.dtype == np.float32
    assert net.to("cpu") is net and net.scale.dtype == np.float32
    assert net.to(device="cpu", dtype="float16").scale.dtype == np.float16
    assert net.to("cpu", minigrad.float64) is net
    assert net.to("float64").scale.dtype == np.float64
    with pytest.raises(DtypeError, match="a module's dtype must be a floating-point one, got int"):
        net.to(minigrad.int64)


# -- repr -----------------------------------------------------------------------------------------

TREE = """\
Net(
  (embed): Embedding(5, 3)
  (blocks): ModuleList(
    (0): Linear(in_features=3, out_features=3, bias=True)
    (1): ReLU()
  )
  (head): Linear(in_features=3, out_features=5, bias=False)
  (drop): Dropout(p=0.5, inplace=False)
)"""


def test_the_repr_is_a_tree() -> None:
    assert repr(Net()) == TREE
    assert repr(nn.Residual(Linear(1, 1), scale=0.5)) == (
        "Residual(\n  scale=0.5\n  (f): Linear(in_features=1, out_features=1, bias=True)\n)"
    )
    assert repr(Sequential()) == "Sequential()"


def test_the_repr_of_every_setting() -> None:
    for module, text in (
        (nn.Identity(), "Identity()"),
        (nn.LeakyReLU(0.2), "LeakyReLU(negative_slope=0.2)"),
        (nn.ELU(2.0), "ELU(alpha=2.0)"),
        (nn.GELU("tanh"), "GELU(approximate='tanh')"),
        (nn.Softplus(2.0), "Softplus(beta=2.0, threshold=20.0)"),
        (nn.LogSoftmax(-1), "LogSoftmax(dim=-1)"),
        (nn.LayerNorm((2, 3)), "LayerNorm((2, 3), eps=1e-05, elementwise_affine=True, bias=True)"),
        (nn.RMSNorm(4), "RMSNorm((4,), eps=None, elementwise_affine=True)"),
        (nn.Embedding(3, 2, padding_idx=0), "Embedding(3, 2, padding_idx=0)"),
        (nn.MSELoss(), "MSELoss()"),
    ):
        assert repr(module) == text
