import copy
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.errors import ArgumentError, DtypeError, ModuleError
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


# -- parameters, buffers, modules -----------------------------------------------------------------


def test_names_and_a_tied_weight_under_its_first_name() -> None:
    net = Net()
    names = ["scale", "embed.weight", "blocks.0.weight", "blocks.0.bias"]
    assert [name for name, _ in net.named_parameters()] == names
    assert [n for n, _ in net.named_parameters("net")] == [f"net.{name}" for name in names]
    assert [id(p) for p in net.parameters()] == [id(p) for _, p in net.named_parameters()]
    assert [name for name, _ in net.named_buffers()] == ["seen", "cache"]
    assert [b.shape for b in net.buffers()] == [(3,), (2,)]
    below = ["", "embed", "blocks", "blocks.0", "blocks.1", "head", "drop"]
    assert [name for name, _ in net.named_modules()] == below
    assert [name for name, _ in net.named_children()] == ["embed", "blocks", "head", "drop"]
    assert list(net.children()) == [net.embed, net.blocks, net.head, net.drop]
    assert list(net.modules())[3] is net.blocks[0]


def test_a_shared_module_counts_once_and_runs_at_each_place() -> None:
    act = ReLU()
    net = Sequential(Linear(2, 2), act, Linear(2, 2), act)
    assert [name for name, _ in net.named_children()] == ["0", "1", "2"]
    assert len(list(net.modules())) == 4
    calls = []
    act.register_forward_hook(lambda *_: calls.append(1))
    net(minigrad.ones(1, 2))
    assert len(calls) == 2
    assert len(net) == 4 and "(3): ReLU()" in repr(net)


def test_what_is_no_parameter_is_not_listed() -> None:
    module = Linear(2, 2)
    module.note, module.constant = "kept", minigrad.ones(2, requires_grad=True)
    module.hidden = [Linear(2, 2)]  # a plain list hides its modules, as in PyTorch
    assert [name for name, _ in module.named_parameters()] == ["weight", "bias"]
    assert list(module.state_dict()) == ["weight", "bias"]


def test_parameters_set_anew() -> None:
    layer = Linear(2, 2)
    with pytest.raises(DtypeError, match=r"Linear.weight is a Parameter, got Tensor: set a Param"):
        layer.weight = minigrad.ones(2, 2)  # type: ignore[assignment]
    with pytest.raises(DtypeError, match="got float"):
        layer.weight = 0.5  # type: ignore[assignment]
    layer.weight, layer.bias = Parameter(minigrad.ones(2, 2)), None
    assert layer(minigrad.tensor([[1.0, 2.0]])).tolist() == [[3.0, 3.0]]
    layer.register_parameter("extra", Parameter(minigrad.ones(1)))
    with pytest.raises(DtypeError, match="'more' must be a Parameter or None, got Tensor"):
        layer.register_parameter("more", minigrad.ones(1))  # type: ignore[arg-type]
    assert [name for name, _ in layer.named_parameters()] == ["weight", "extra"]


def test_the_data_of_a_parameter_is_an_array_whatever_it_is_set_to() -> None:
    layer = Linear(2, 2)
    layer.weight.data = minigrad.eye(2) * 3
    layer.bias.data = minigrad.tensor([0.5, 1])
    assert type(layer.weight.array) is type(layer.bias.array) is np.ndarray
    assert layer(minigrad.tensor([[1.0, 2.0]])).tolist() == [[3.5, 7.0]]
    assert "requires_grad=True" in repr(layer.weight)
    with pytest.raises(DtypeError, match="must be a Tensor, got str"):
        layer.weight.data = "x"


def test_a_parameter_is_a_leaf_that_shares_memory() -> None:
    data = minigrad.ones(2)
    parameter = Parameter(data * 2)
    assert parameter.requires_grad and parameter.is_leaf and parameter.tolist() == [2.0, 2.0]
    shared = Parameter(data)
    data.array[0] = 7
    assert shared.tolist() == [7.0, 1.0]
    assert repr(parameter) == "Parameter containing:\ntensor([2., 2.], requires_grad=True)"
    assert not Parameter(data, requires_grad=False).requires_grad
    with pytest.raises(DtypeError, match="only floating-point tensors have gradients, got int64"):
        Parameter(minigrad.tensor([1, 2]))


def test_buffers() -> None:
    module = Net()
    module.seen = minigrad.ones(3)  # a buffer stays one when set anew
    assert module.state_dict()["seen"].tolist() == [1.0, 1.0, 1.0]
    assert "cache" not in module.state_dict()
    module.register_buffer("later", None)
    assert [name for name, _ in module.named_buffers()] == ["seen", "cache"]
    module.register_buffer("again", module.seen)
    assert [name for name, _ in module.named_buffers()] == ["seen", "cache"]
    with pytest.raises(DtypeError, match="buffer 'mean' must be a Tensor, got ndarray"):
        module.register_buffer("mean", np.zeros(2))  # type: ignore[arg-type]


# -- mistakes in a definition ---------------------------------------------------------------------


def test_a_forgotten_super_init_is_named_wherever_it_shows() -> None:
    class Forgot(Module):
        def __init__(self, what: str) -> None:
            if what == "parameter":
                self.weight = Parameter(minigrad.ones(1))
            if what == "module":
                self.layer = Linear(1, 1)
            if what == "buffer":
                self.register_buffer("seen", minigrad.ones(1))

        def forward(self, x: Any) -> Any:
            return x

    for what in ("parameter", "module", "buffer"):
        with pytest.raises(ModuleError, match=r"Forgot: call super\(\).__init__\(\) first"):
            Forgot(what)
    plain = Forgot("nothing")
    for use in (
        lambda: plain(minigrad.ones(1)),
        lambda: plain.register_forward_hook(print),
        lambda: plain.state_dict(),
    ):
        with pytest.raises(ModuleError, match=r"Forgot: call super\(\).__init__\(\) first"):
            use()


def test_hasattr_and_copy_work_before_super_init() -> None:
    class Careful(Module):
        def __init__(self) -> None:
            self.early = hasattr(self, "_buffers"), getattr(self, "_forward_hooks", "none")
            super().__init__()

    assert Careful().early == (False, "none")
    assert isinstance(copy.copy(Careful()), Careful)


def test_a_deleted_buffer_is_gone_and_one_that_became_a_parameter_is_none() -> None:
    module = Module()
    for name in ("a", "b", "c"):
        module.register_buffer(name, minigrad.ones(1))
    del module.a
    assert list(module.state_dict()) == ["b", "c"] and not hasattr(module, "a")
    assert [name for name, _ in module.to("float64").named_buffers()] == ["b", "c"]
    module.b = None
    assert list(module.state_dict()) == ["c"]
    module.b = minigrad.ones(2)
    assert list(module.state_dict()) == ["b", "c"]
    module.b = Parameter(minigrad.ones(1))
    assert [name for name, _ in module.named_buffers()] == ["c"]
    assert list(module.state_dict()) == ["b", "c"]
    module.c = ReLU()
    assert not list(module.buffers()) and [n for n, _ in module.named_children()] == ["c"]


def test_what_an_attribute_holds_it_goes_on_holding() -> None:
    module = Module()
    module.register_buffer("seen", minigrad.ones(1))
    module.layer = ReLU()
    for name, holds in (("seen", "Tensor"), ("layer", "Module")):
        message = f"Module.{name} holds a {holds}, got int: set another {holds}, or None"
        with pytest.raises(DtypeError, match=message):
            setattr(module, name, 3)
        setattr(module, name, None)
    module.layer = 3
    for taken in ("forward", "layer", "training"):
        with pytest.raises(ArgumentError, match=f"Module: {taken!r} is an attribute already"):
            module.register_buffer(taken, minigrad.ones(1))
        with pytest.raises(ArgumentError, match=f"Module: {taken!r} is an attribute already"):
            module.add_module(taken, ReLU())
    for path in ("", "a.b"):
        with pytest.raises(ArgumentError, match="is no name: it is a path"):
            module.add_module(path, ReLU())
    with pytest.raises(DtypeError, match="'act' must be a Module or None, got function"):
        module.add_module("act", minigrad.relu)  # type: ignore[arg-type]
    module.add_module("act", ReLU())
    module.add_module("act", nn.Tanh())
    assert isinstance(module.act, nn.Tanh)


def test_its_own_parameters_alone() -> None:
    net = Net()
    assert [name for name, _ in net.named_parameters("net", recurse=False)] == ["net.scale"]
    assert list(net.parameters(recurse=False)) == [net.scale]


@pytest.mark.parametrize(
    "make",
    [
        lambda c: type("L", (nn.Linear,), c)(2, 1),
        lambda c: type("E", (nn.Embedding,), c)(1, 2),
        lambda c: type("N", (nn.LayerNorm,), c)(2),
        lambda c: type("R", (nn.RMSNorm,), c)(2),
    ],
    ids=["Linear", "Embedding", "LayerNorm", "RMSNorm"],
)
def test_a_reset_parameters_of_ones_own_is_called(make: Any) -> None:
    def reset_parameters(self: Any) -> None:
        nn.init.constant_(self.weight, 7.0)

    assert (make({"reset_parameters": reset_parameters}).weight.array == 7).all()
