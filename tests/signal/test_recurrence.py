"""The recurrences against networks of the family, sampled in plain NumPy."""

import itertools
import math

import numpy as np
import pytest

from minigrad.signal.configuration import Configuration
from minigrad.signal.draw import draw
from minigrad.signal.norms import EPS
from minigrad.signal.recurrence import propagate

SEEDS = 3


def _activation(name):
    erf = np.vectorize(math.erf, otypes=[float])

    def gelu(z):
        cdf = 0.5 * (1 + erf(z / math.sqrt(2)))
        return z * cdf, cdf + z * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    def sigmoid(z):
        s = 1 / (1 + np.exp(-z))
        return s, s * (1 - s)

    return {
        "linear": lambda z: (z, np.ones_like(z)),
        "relu": lambda z: (np.maximum(z, 0), (z > 0) * 1.0),
        "leaky_relu": lambda z: (np.where(z > 0, z, 0.01 * z), np.where(z > 0, 1.0, 0.01)),
        "tanh": lambda z: (np.tanh(z), 1 - np.tanh(z) ** 2),
        "sigmoid": sigmoid,
        "gelu": gelu,
        "silu": lambda z: (z * sigmoid(z)[0], sigmoid(z)[0] + z * sigmoid(z)[1]),
    }[name]


def _weight(config, shape, rng):
    std = math.sqrt(config.variance(shape[1], shape[0]))
    if config.init == "orthogonal":
        tall = rng.standard_normal((max(shape), min(shape)))
        q, r = np.linalg.qr(tall)
        q = q * np.sign(np.diag(r))
        return config.gain * (q if shape[0] >= shape[1] else q.T)
    if "uniform" in config.init:
        return rng.uniform(-math.sqrt(3) * std, math.sqrt(3) * std, shape)
    return rng.standard_normal(shape) * std


def _norm(kind, x):
    """Output, and the function that takes a gradient back through it."""
    center = x - x.mean(1, keepdims=True) if kind == "layernorm" else x
    scale = 1 / np.sqrt((center**2).mean(1, keepdims=True) + EPS)
    y = center * scale

    def back(g):
        g = g - y * (g * y).mean(1, keepdims=True)
        g = g - g.mean(1, keepdims=True) if kind == "layernorm" else g
        return g * scale

    return y, back


def measure(config, seed, batch=32):
    """Mean squares of h and of dloss/dh (one example's), and ½ that of a difference, (3, L)."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((batch, 256))
    label = (x[:, :10].sum(1) > 0).astype(int)
    phi = _activation(config.activation)
    n, skip, s = config.width, config.skip, config.branch_scale
    sizes = [256] + [n] * config.depth + [2]
    W = [_weight(config, (b, a), rng) for a, b in itertools.pairwise(sizes)]
    kind = config.norm
    at = config.placement if kind != "none" else None
    same = lambda g: g  # noqa: E731
    h, slope = phi(x @ W[0].T)
    kept, tape = [h], []
    for w in W[1:-1]:
        u, back_pre = _norm(kind, h) if at == "pre" else (h, same)
        z, back_mid = _norm(kind, u @ w.T) if at == "mid" else (u @ w.T, same)
        a, slope = phi(z)
        h = skip * h + s * a
        h, back_post = _norm(kind, h) if at == "post" else (h, same)
        kept.append(h)
        tape.append((w, slope, back_pre, back_mid, back_post))
    u, back = _norm(kind, h) if at == "pre" else (h, same)
    logits = u @ W[-1].T
    odds = np.exp(logits - logits.max(1, keepdims=True))
    g = odds / odds.sum(1, keepdims=True)
    g[np.arange(batch), label] -= 1
    g = back(g @ W[-1])
    gradients = [g]
    for w, slope, back_pre, back_mid, back_post in reversed(tape):
        g = back_post(g)
        g = skip * g + back_pre(back_mid(s * slope * g) @ w)
        gradients.append(g)
    return np.array(
        [
            [np.mean(h**2) for h in kept],
            [np.mean((h - np.roll(h, 1, 0)) ** 2) / 2 for h in kept],
            [np.mean(g**2) for g in reversed(gradients)],
        ]
    )


def errors(config):
    """|ln theory − ln measured| per layer, of the median over seeds: q, Δ, G. (3, L)."""
    signal = propagate(config)
    theory = np.array([signal.forward.q, signal.forward.diff, signal.backward.G])
    with np.errstate(all="ignore"):
        seen = np.median([np.log(measure(config, seed)) for seed in range(SEEDS)], axis=0)
        error = np.abs(np.log(theory) - seen)
    return error[:, np.isfinite(error).all(0)]


def test_wild_configurations():
    """Median error over layers: 0.02 nats forward, 0.2 backward."""
    found = [errors(config) for config, _ in draw("wild", count=70, seed=7)]
    q, diff, G = np.concatenate(found, axis=1)
    assert np.median(q) < 0.02
    assert np.median(G) < 0.2
    assert np.median(diff) < 0.1


@pytest.mark.parametrize("activation", ["relu", "silu", "gelu"])
def test_skip_without_norm_grows_with_the_mean(activation):
    """x + φ grows × 2.9 under Kaiming for ReLU, not × 2, and its gradient too."""
    config = Configuration(depth=20, width=96, activation=activation, residual="plain")
    q, diff, G = errors(config)
    assert q[-1] < 1.0 and diff[-1] < 1.5 and G[0] < 2.0  # of 20 nats
    growth = np.diff(np.log(propagate(config).forward.q))[-1]
    assert growth > 0.95  # ln 2.9 = 1.06; ln 2 = 0.69


@pytest.mark.parametrize("norm", ["layernorm", "rmsnorm"])
@pytest.mark.parametrize("placement", ["pre", "mid", "post"])
@pytest.mark.parametrize("residual", ["none", "plain", "scaled"])
def test_every_placement(norm, placement, residual):
    config = Configuration(
        depth=12,
        width=128,
        activation="tanh",
        init="xavier_normal",
        norm=norm,
        placement=placement,
        residual=residual,
    )
    q, diff, G = errors(config)
    assert q.max() < 0.1 and np.median(diff) < 0.15 and np.median(G) < 0.35


def test_luck_of_a_plain_relu_stack():
    """ln q scatters by √(5L/n) over seeds."""
    config = Configuration(depth=20, width=64)
    assert propagate(config).forward.spread[-1] == pytest.approx(np.sqrt(5 * 20 / 64), rel=0.02)
    with np.errstate(all="ignore"):
        seen = np.std([np.log(measure(config, seed, 8)[0, -1]) for seed in range(60)])
    assert 0.6 < seen / np.sqrt(5 * 20 / 64) < 1.4


def test_orthogonal_and_deep_extremes_stay_finite():
    for init in ("orthogonal", "zeros", "normal", "uniform"):
        for activation in ("relu", "tanh", "sigmoid", "gelu"):
            for residual in ("none", "plain"):
                config = Configuration(
                    depth=300, width=64, activation=activation, init=init, residual=residual
                )
                signal = propagate(config)
                for curve in (signal.forward.q, signal.forward.spread, signal.backward.G):
                    assert np.isfinite(curve).all(), config


def test_what_all_inputs_are_shifted_by_drowns_their_difference():
    """A linear stack adds the shift to q and leaves Δ; a norm then divides both."""
    config = Configuration(depth=4, activation="linear", init="lecun_normal")
    plain = propagate(config).forward
    shifted = propagate(config, shift2=np.array([0.0, 3.0, 0.0, 2.0])).forward
    np.testing.assert_allclose(shifted.q, plain.q + np.array([0, 3, 3, 5]))
    np.testing.assert_allclose(shifted.diff, plain.diff)
    normed = Configuration(depth=2, activation="linear", init="lecun_normal", norm="rmsnorm")
    pushed = propagate(normed, shift2=np.array([0.0, 3.0])).forward
    assert pushed.head_diff == pytest.approx(1 / 4, rel=0.01)  # of 1 + 3, what tells them apart
