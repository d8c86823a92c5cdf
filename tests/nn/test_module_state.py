"""Module.state_dict and load_state_dict, and copies of a module."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.errors import DtypeError, GraphError, StateDictError
from minigrad.nn import Linear, Module, Parameter, ReLU, Sequential


class Net(Module):
    """Everything a module can hold: parameters, buffers, submodules, and a tied weight."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(5, 3)
        self.scale = Parameter(minigrad.ones(3))
        self.register_buffer("seen", minigrad.zeros(3))
        self.register_buffer("cache", minigrad.zeros(2), persistent=False)
        self.blocks = nn.ModuleList([Linear(3, 3), ReLU()])
        self.head = Linear(3, 5, bias=False)
        self.head.weight = self.embed.weight
        self.drop = nn.Dropout(0.5)

    def forward(self, ids: Any) -> Any:
        x = self.embed(ids) * self.scale
        for block in self.blocks:
            x = block(x)
        return self.head(self.drop(x))


def same(a: Any, b: Any) -> bool:
    return bool((a.array == b.array).all())


# -- state_dict -----------------------------------------------------------------------------------


def test_state_dict_names_and_shared_memory() -> None:
    net = Net()
    state = net.state_dict()
    names = "scale seen embed.weight blocks.0.weight blocks.0.bias head.weight"
    assert list(state) == names.split()
    assert not any(t.requires_grad for t in state.values())
    state["scale"].array[0] = 9
    assert net.scale.tolist() == [9.0, 1.0, 1.0]


def test_load_state_dict_copies() -> None:
    one, two = Linear(2, 3), Linear(2, 3)
    one.load_state_dict(two.state_dict())
    assert same(one.weight, two.weight) and same(one.bias, two.bias)
    net, other = Net(), Net()
    parameters = list(net.parameters())
    assert net.load_state_dict(other.state_dict()) == ([], [])
    assert all(a is b for a, b in zip(net.parameters(), parameters, strict=True))
    assert all(same(a, b) for a, b in zip(net.parameters(), other.parameters(), strict=True))
    other.scale.array[0] = 5
    assert net.scale.tolist() == [1.0, 1.0, 1.0]
    net.load_state_dict(other.double().state_dict())
    assert net.scale.dtype == np.float32 and net.scale.tolist() == [5.0, 1.0, 1.0]


def test_what_does_not_match_is_listed_and_nothing_is_changed() -> None:
    net, other = Sequential(Linear(2, 3), Linear(3, 1)), Sequential(Linear(2, 3), Linear(3, 1))
    before = {name: t.array.copy() for name, t in net.state_dict().items()}
    state = other.state_dict()
    state["1.weight"] = minigrad.ones(3, 1)
    state["1.scale"] = state.pop("1.bias")
    with pytest.raises(StateDictError) as raised:
        net.load_state_dict(state)
    assert str(raised.value) == (
        "load_state_dict: the names and shapes of Sequential must match:\n"
        "  missing: 1.bias (1,)\n"
        "  unexpected: 1.scale\n"
        "  wrong shape: 1.weight is (1, 3) here and (3, 1) there\n"
        "Build the module with the settings it was saved with, or pass strict=False to load only "
        "the names both have."
    )
    with pytest.raises(StateDictError, match=r"wrong shape: 1\.weight") as raised:
        net.load_state_dict(state, strict=False)  # a shape must fit all the same
    assert "strict" not in str(raised.value) and "missing" not in str(raised.value)
    with pytest.raises(RuntimeError):  # what PyTorch users catch
        net.load_state_dict(state)
    state["0.weight"] = np.ones((3, 2))  # type: ignore[assignment]
    with pytest.raises(DtypeError, match=r"0.weight must be a Tensor, got ndarray"):
        net.load_state_dict(state)
    for wrong in (net, "model.npz", None):
        with pytest.raises(DtypeError, match="needs a dict of names and Tensors"):
            net.load_state_dict(wrong)  # type: ignore[arg-type]
    assert all((before[name] == t.array).all() for name, t in net.state_dict().items())


def test_not_strict_loads_what_both_have_and_says_what_it_left() -> None:
    net = Sequential(Linear(2, 2), Linear(2, 1))
    state = {"0.weight": minigrad.zeros(2, 2), "2.weight": minigrad.ones(1)}
    left = net.load_state_dict(state, strict=False)
    assert left.missing_keys == ["0.bias", "1.weight", "1.bias"]
    assert left.unexpected_keys == ["2.weight"]
    assert not net[0].weight.array.any() and net[0].bias.array.any()


# -- copies ---------------------------------------------------------------------------------------


def test_deepcopy_is_independent_and_keeps_ties_and_gradients() -> None:
    net = Net()
    net.drop.eval()
    net(minigrad.tensor([1, 2])).sum().backward()
    twin = copy.deepcopy(net)
    assert twin.head.weight is twin.embed.weight is not net.embed.weight
    assert isinstance(twin.scale, Parameter) and twin.scale.requires_grad
    assert twin.scale.grad is not None and same(twin.scale.grad, net.scale.grad)
    twin.scale.array[0] = 9
    twin.scale.grad.array[0] = 9
    twin.drop.train()
    assert net.scale.array[0] == 1 and not net.drop.training
    assert net.scale.grad is not None and net.scale.grad.array[0] != 9
    twin.eval()(minigrad.tensor([1])).sum().backward()  # and it trains on


def test_a_deepcopy_has_its_own_hooks() -> None:
    layer, calls = ReLU(), []
    handle = layer.register_forward_hook(lambda *_: calls.append(1))
    twin = copy.deepcopy(layer)
    handle.remove()
    twin(minigrad.ones(1))
    layer(minigrad.ones(1))
    assert calls == [1]


def test_pickle_keeps_a_model() -> None:
    net = Net().eval()
    twin = pickle.loads(pickle.dumps(net))
    ids = minigrad.tensor([0, 4])
    assert twin.head.weight is twin.embed.weight
    assert same(twin(ids), net(ids)) and repr(twin) == repr(net)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_only_leaves_can_be_copied(duplicate: Any) -> None:
    result = minigrad.ones(2, requires_grad=True) * 2
    with pytest.raises(GraphError, match="only a leaf can be copied or pickled, got a result of"):
        duplicate(result)
    duplicate(result.detach())
