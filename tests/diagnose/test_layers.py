"""What is seen of a layer, in modules and in functions called beside them, in both engines."""

import math

import numpy as np
import pytest

from minigrad.diagnose.layers import unlike, watched
from minigrad.diagnose.session import Session
from tests.diagnose.networks import engines

ENGINES = ["minigrad", pytest.param("torch", marks=pytest.mark.torch)]


@pytest.fixture(params=ENGINES)
def engine(request):
    if request.param == "torch":
        pytest.importorskip("torch")
    return request.param


def look(engine, build, batch):
    """The layers of one pass through `build(lib, nn, F)`, with what functions were called."""
    lib, nn, F, optim = engines(engine)
    model = build(lib, nn, F)
    x = lib.from_numpy(batch)
    sgd = optim.SGD(model.parameters(), lr=0.1)
    session = Session(model, lambda m, b: (m(b) ** 2).mean(), sgd, [x])
    with session.borrowed(), watched(session, functions=True) as seen:
        session.differentiate(x)
    return seen


def attention(by, factor):
    """Causal attention over (B, T, 16) by the fused function or by a softmax."""

    def build(lib, nn, F):
        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.qkv = nn.Linear(16, 48)
                with lib.no_grad():
                    self.qkv.weight.mul_(factor)

            def forward(self, x):
                q, k, v = (p[:, None] for p in self.qkv(x).chunk(3, -1))
                if by == "fused":
                    return F.scaled_dot_product_attention(q, k, v, is_causal=True)
                scores = q @ k.transpose(-2, -1) / 4
                return F.softmax(scores, dim=-1) @ v

        return Attention()

    return build


X = np.random.default_rng(0).standard_normal((6, 8, 16)).astype(np.float32)


@pytest.mark.parametrize("by", ["fused", "softmax"])
def test_attentions_entropy(engine, by):
    assert look(engine, attention(by, 0.01), X)["qkv"].entropy == pytest.approx(1, abs=0.01)
    assert look(engine, attention(by, 60.0), X)["qkv"].entropy < 0.1


@pytest.mark.torch
@pytest.mark.parametrize("fused", [True, False])
def test_entropy_of_pytorchs_own_attention(fused):
    pytest.importorskip("torch")

    def build(factor):
        def built(lib, nn, F):
            class Block(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.norm = nn.LayerNorm(16)
                    self.attention = nn.MultiheadAttention(16, 4, dropout=0.5, batch_first=True)
                    with lib.no_grad():
                        self.attention.in_proj_weight.mul_(factor)

                def forward(self, x):
                    x = self.norm(x)
                    return self.attention(x, x, x, need_weights=not fused)[0]

            return Block()

        return built

    flat, sharp = look("torch", build(0.01), X), look("torch", build(60.0), X)
    assert flat["attention"].entropy == pytest.approx(1, abs=0.01)
    assert sharp["attention"].entropy < 0.1
    assert math.isnan(sharp["norm"].entropy)


def test_units_closed_by_functions(engine):
    def build(lib, nn, F):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.a, self.b, self.c = (nn.Linear(16, 16) for _ in range(3))
                with lib.no_grad():
                    self.a.bias.copy_(lib.tensor([-100.0] * 12 + [100.0] * 4))
                    self.b.weight.mul_(500)
                    self.b.bias.fill_(3)

            def forward(self, x):
                return self.c(lib.tanh(self.b(F.relu(self.a(x)))))

        return Net()

    seen = look(engine, build, X)
    assert list(seen) == ["a", "b", "c"]
    assert seen["a"].dead == 0.75 and seen["a"].saturated == 0
    assert seen["b"].saturated > 0.9
    assert seen["c"].saturated > 0.9  # as what enters it


def test_sizes_and_likeness(engine):
    def build(lib, nn, F):
        model = nn.Sequential(nn.Linear(16, 16, bias=False), nn.Identity())
        with lib.no_grad():
            model[0].weight.copy_(lib.eye(16) * 2)
        return model

    x = X[:, 0]
    layer = look(engine, build, x)["0"]
    assert layer.q_in == pytest.approx(np.square(x).mean(), rel=1e-5)
    assert layer.q == pytest.approx(4 * np.square(x).mean(), rel=1e-5)
    assert layer.gradient == pytest.approx(np.square(2 * 2 * x / x.size).mean(), rel=1e-5)
    pairs = [1 - x[i] @ x[j] / np.square(x).sum(1).mean() for i in range(6) for j in range(i)]
    assert layer.alike == pytest.approx(np.mean(pairs), rel=1e-4)


def test_likeness_of_a_module_called_again_is_that_of_the_call_that_tells_most_apart(engine):
    def build(lib, nn, F):
        class Cell(nn.Module):
            def __init__(self):
                super().__init__()
                self.step, self.out = nn.Linear(32, 16), nn.Linear(16, 16)

            def forward(self, x):  # (B, T, 16)
                h = lib.zeros(len(x), 16)
                for t in range(x.shape[1]):
                    h = lib.tanh(self.step(lib.cat([x[:, t] * min(t, 1), h], 1)))
                return self.out(h)

        return Cell()

    seen = look(engine, build, X)
    assert list(seen) == ["step", "out"]
    assert seen["step"].alike_in == 0 and seen["step"].alike > 0.1  # the first sees no input


def test_likeness_is_unknown_where_weights_start_at_0(engine):
    def build(lib, nn, F):
        model = nn.Sequential(nn.Linear(16, 16), nn.Linear(16, 16))
        for p in model[1].parameters():
            nn.init.zeros_(p)
        return model

    seen = look(engine, build, X)
    assert math.isnan(seen["1"].alike) and seen["0"].alike > 0.1


def test_likeness_of_one_example_is_unknown():
    assert math.isnan(unlike(np.ones((1, 3))))
    assert unlike(np.ones((5, 3))) == 0
