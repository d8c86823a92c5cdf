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
