"""The truth that every prediction is held to: its network and its updates, choice by choice."""

import math

import numpy as np
import pytest

import minigrad.nn.functional as F
from minigrad import Generator, from_numpy
from minigrad.data.toy import batches, toy
from minigrad.lab import trainability
from minigrad.lab.trainability import Net, train
from minigrad.signal.configuration import BATCH, CHOICES, Configuration
from minigrad.signal.norms import EPS

PHI = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "gelu": lambda z: z * (1 + np.vectorize(math.erf)(z / math.sqrt(2))) / 2,
    "silu": lambda z: z / (1 + np.exp(-z)),
}
NORM = {
    "none": lambda x: x,
    "layernorm": lambda x: (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + EPS),
    "rmsnorm": lambda x: x / np.sqrt((x**2).mean(1, keepdims=True) + EPS),
}


def by_hand(config, weights, x):
    """The configuration's docstring, written out: (B, 256) -> (B, 2)."""
    phi, norm, place = PHI[config.activation], NORM[config.norm], config.placement
    scale = 1 / math.sqrt(config.depth) if config.residual == "scaled" else 1.0
    h = phi(x @ weights[0].T)
    for w in weights[1:-1]:
        z = (norm(h) if place == "pre" else h) @ w.T
        branch = scale * phi(norm(z) if place == "mid" else z)
        h = branch if config.residual == "none" else h + branch
        h = norm(h) if place == "post" else h
    return (norm(h) if place == "pre" else h) @ weights[-1].T


CASES = [{"activation": name} for name in CHOICES["activation"]]
CASES += [
    {"norm": n, "placement": p, "residual": r, "activation": "tanh"}
    for n in CHOICES["norm"]
    for p in CHOICES["placement"]
    for r in CHOICES["residual"]
]


@pytest.mark.parametrize("choice", CASES, ids=lambda c: "-".join(c.values()))
def test_the_network_is_the_configurations(choice):
    config = Configuration(depth=4, width=16, init="uniform", init_scale=0.3, **choice)
    net = Net(config, Generator(0))
    x = np.random.default_rng(0).normal(size=(5, 256)).astype(np.float32)
    weights = [layer.weight.array.astype(float) for layer in net.linears]
    got = net(from_numpy(x)).array
    np.testing.assert_allclose(got, by_hand(config, weights, x.astype(float)), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("init", CHOICES["init"])
def test_its_weights_have_the_variance_of_theory(init):
    config = Configuration(depth=2, width=200, init=init)
    for layer in Net(config, Generator(0)).linears:
        out, into = layer.weight.shape
        found, theory = np.mean(layer.weight.array**2), config.variance(into, out)
        assert abs(found - theory) <= 5 * math.sqrt(2 / (out * into)) * theory
        assert not layer.bias.array.any()


def losses_by_hand(config, update, steps):
    """Losses of ``steps`` steps with ``update(gradient, state, step) -> what to take away``."""
    data, net = toy(3), Net(config, Generator(3))
    states = [{} for _ in net.parameters()]
    found = []
    for step, (x, y) in zip(range(steps), batches(data.x, data.y, BATCH, 3), strict=False):
        net.zero_grad()
        loss = F.cross_entropy(net(from_numpy(x)), from_numpy(y))
        loss.backward()
        found.append(loss.item())
        for p, state in zip(net.parameters(), states, strict=True):
            p.array[...] -= update(p.grad.array, state, step + 1)
    return found


def momentum(lr):
    def update(g, state, step):
        state["v"] = 0.9 * state.get("v", 0.0) + g
        return lr * state["v"]

    return update


def adam(lr):
    def update(g, state, step):
        state["m"] = 0.9 * state.get("m", 0.0) + 0.1 * g
        state["v"] = 0.999 * state.get("v", 0.0) + 0.001 * g * g
        m, v = state["m"] / (1 - 0.9**step), state["v"] / (1 - 0.999**step)
        return lr * m / (np.sqrt(v) + 1e-8)

    return update


UPDATES = {"sgd": momentum, "adam": adam}


@pytest.mark.parametrize("optimizer", CHOICES["optimizer"])
def test_its_updates_are_the_optimizers(optimizer):
    config = Configuration(depth=2, width=16, optimizer=optimizer, lr=0.02)
    expected = losses_by_hand(config, UPDATES[optimizer](config.lr), 6)
    np.testing.assert_allclose(train(config, seed=3, steps=6), expected, rtol=1e-4)


def test_every_choice_has_its_truth():
    assert tuple(trainability.NORMS) == CHOICES["norm"]
    assert tuple(trainability.OPTIMIZERS) == CHOICES["optimizer"]
    assert set(trainability.ACTIVATIONS) == set(CHOICES["activation"])


def test_an_unknown_choice_is_an_error_and_never_another_one():
    config = Configuration(depth=2, width=8)
    for name in ("norm", "optimizer", "activation"):
        object.__setattr__(config, name, "batchnorm")
        with pytest.raises(KeyError):
            train(config, seed=0, steps=1)
        object.__setattr__(config, name, CHOICES[name][0])
