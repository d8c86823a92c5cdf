"""The same module written once and built twice: on PyTorch's nn and on minigrad's."""

from typing import Any

import pytest

import minigrad

torch: Any = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def build(lib: Any) -> Any:
    nn = lib.nn

    class Inner(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.act = nn.ReLU()
            self.register_buffer("mean", lib.zeros(2))
            self.weight = nn.Parameter(lib.ones(2))
            self.register_buffer("cache", lib.zeros(1), persistent=False)

        def forward(self, x: Any) -> Any:
            return self.act(x * self.weight)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Sequential(nn.Linear(2, 2), Inner(), nn.Linear(2, 2, bias=False))
            self.tied = nn.Linear(2, 2)
            self.tied.weight = self.first[2].weight
            self.scale = nn.Parameter(lib.ones(1))
            self.blocks = nn.ModuleList([Inner(), nn.Identity()])
            self.again = self.first  # the same module under a second name
            self.register_buffer("count", lib.zeros(1))
            self.buffer_again = self.first[1].mean

        def forward(self, x: Any) -> Any:
            return self.tied(self.blocks[0](self.first(x))) * self.scale

    return Net()


@pytest.fixture
def pair() -> tuple[Any, Any]:
    return build(minigrad), build(torch)


def test_every_listing_has_the_same_names_in_the_same_order(pair: Any) -> None:
    ours, theirs = pair
    for listing in ("named_parameters", "named_buffers", "named_modules", "named_children"):
        got = [name for name, _ in getattr(ours, listing)()]
        assert got == [name for name, _ in getattr(theirs, listing)()], listing
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for listing in ("named_parameters", "named_modules"):
        got = [name for name, _ in getattr(ours, listing)(prefix="net")]
        assert got == [name for name, _ in getattr(theirs, listing)(prefix="net")], listing


def test_apply_goes_in_the_same_order(pair: Any) -> None:
    seen: list[list[str]] = [[], []]
    for net, names in zip(pair, seen, strict=True):
        net.apply(lambda m, names=names: names.append(type(m).__name__))
    assert seen[0] == seen[1]


def test_hooks_run_in_the_same_order_and_replace_alike(pair: Any) -> None:
    results = []
    for lib, net in zip((minigrad, torch), pair, strict=True):
        log: list[Any] = []
        inner = net.blocks[0]
        a = inner.register_forward_hook(lambda m, i, o, log=log: log.append(("a", o.tolist())))
        inner.register_forward_hook(lambda m, i, o, log=log: o * 0 + 3)
        inner.register_forward_hook(lambda m, i, o, log=log: log.append(("c", o.tolist())))
        inner(lib.tensor([[1.0, -1.0]]))
        a.remove()
        log.append(inner(lib.tensor([[1.0, -1.0]])).tolist())
        results.append(log)
    assert results[0] == results[1]


def test_load_state_dict_reports_the_same_keys(pair: Any) -> None:
    found = []
    for lib, net in zip((minigrad, torch), pair, strict=True):
        state = dict(net.state_dict())
        del state["scale"], state["first.1.mean"]
        state["extra"] = lib.zeros(1)
        left = net.load_state_dict(state, strict=False)
        found.append((left.missing_keys, left.unexpected_keys))
        with pytest.raises(RuntimeError):
            net.load_state_dict(state)
    assert found[0] == found[1]


def test_weights_move_over_and_the_nets_agree() -> None:
    ours, theirs = build(minigrad).double(), build(torch).double()
    ours.load_state_dict({k: minigrad.tensor(v.numpy()) for k, v in theirs.state_dict().items()})
    x = torch.randn(4, 2, dtype=torch.float64)
    theirs(x).sum().backward()
    ours(minigrad.tensor(x.numpy())).sum().backward()
    for (name, p), (_, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        if q.grad is None:
            assert p.grad is None, name
        else:
            assert abs(p.grad.array - q.grad.numpy()).max() < 1e-12, name


def reprs(nn: Any) -> list[str]:
    block = nn.Sequential(nn.Linear(2, 2), nn.ReLU(inplace=True), nn.Dropout(0.1))
    alike = nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1), nn.Tanh(), nn.Linear(1, 1)])
    named = nn.ModuleDict({"act": nn.GELU(), "norm": nn.LayerNorm(3), "rms": nn.RMSNorm((2, 3))})
    rest = [nn.Identity(54), nn.Embedding(3, 2, padding_idx=1), nn.Softplus(), nn.MSELoss()]
    return [repr(m) for m in (block, block[1:], alike, named, nn.ModuleList(), *rest)]


def test_a_module_reads_as_pytorchs_does() -> None:
    assert reprs(minigrad.nn) == reprs(torch.nn)
