"""Wrong implementations of lab 00, by the name the check must give, and right ones."""

import math

import numpy as np


def _grid(std, points=4001, reach=10):
    return np.linspace(-reach * std, reach * std, points)


def _mean(values, z, v):
    density = np.exp(-(z**2) / (2 * v)) / math.sqrt(2 * math.pi * v)
    return float(np.sum(values * density) * (z[1] - z[0]))


def _walk(x, weights, activation, note, step=None):
    h, out = x, []
    for w in weights:
        h = step(h, w) if step else activation(h @ w.T)
        out.append(note(h))
    return out


def ms(h):
    return float((h * h).mean())


def not_reassigned(x, weights, activation):
    return [ms(activation(x @ w.T)) for w in weights]


def before_activation(x, weights, activation):
    h, out = x, []
    for w in weights:
        y = h @ w.T
        out.append(ms(y))
        h = activation(y)
    return out


def walk_of(layer, depth):
    q, out = 1.0, []
    for _ in range(depth):
        q = layer(q)
        out.append(q)
    return out


MISTAKES = {
    "linear_moment": [
        ("fan_in is missing", lambda q, n, s: s * q),
        ("fan_in was squared", lambda q, n, s: n**2 * s * q),
        ("the standard deviation, not", lambda q, n, s: (n * s * q) ** 0.5),
        ("q is not in it", lambda q, n, s: n * s),
        ("the root of fan_in", lambda q, n, s: math.sqrt(n) * s * q),
    ],
    "relu_moment": [
        ("the ReLU's loss is missing", lambda v: v),
        ("squared one half", lambda v: v / 4),
        ("the variance of relu(z)", lambda v: v * (0.5 - 1 / (2 * math.pi))),
        ("the mean, in place", lambda v: math.sqrt(v / (2 * math.pi))),
        ("the standard deviation, not", lambda v: math.sqrt(v / 2)),
    ],
    "tanh_moment": [
        (
            "v was used as a standard deviation",
            lambda v: _mean(np.tanh(_grid(v)) ** 2, _grid(v), v * v),
        ),
        ("tanh of the typical value", lambda v: math.tanh(math.sqrt(v)) ** 2),
        ("0 by symmetry", lambda v: _mean(np.tanh(_grid(v**0.5)), _grid(v**0.5), v)),
        (
            "does not integrate to 1",
            lambda v: (
                _mean(np.tanh(_grid(v**0.5)) ** 2, _grid(v**0.5), v) * (2 * math.pi * v) ** 0.5
            ),
        ),
        (
            "not multiplied by the grid's spacing",
            lambda v: _mean(np.tanh(_grid(v**0.5)) ** 2, _grid(v**0.5), v) / (20 * v**0.5 / 4000),
        ),
    ],
    "predicted_walk": [
        ("does not walk", lambda d, n, s, phi: [phi(n * s)] * d),
        ("begins with the input itself", lambda d, n, s, phi: [(n * s) ** i for i in range(d)]),
        ("the activation is missing", lambda d, n, s, phi: [(n * s) ** (i + 1) for i in range(d)]),
        ("the activation came before", lambda d, n, s, phi: walk_of(lambda q: n * s * phi(q), d)),
    ],
    "measured_walk": [
        ("var(h) where the mean square", lambda x, ws, f: _walk(x, ws, f, np.var)),
        ("does not walk", not_reassigned),
        ("the activation is missing", lambda x, ws, f: _walk(x, ws, lambda h: h, ms)),
        ("h @ W in place of", lambda x, ws, f: _walk(x, ws, f, ms, lambda h, w: f(h @ w))),
        ("the standard deviation, not", lambda x, ws, f: _walk(x, ws, f, lambda h: ms(h) ** 0.5)),
        ("measured before the activation", before_activation),
        ("begins with the input itself", lambda x, ws, f: [ms(x), *_walk(x, ws, f, ms)]),
    ],
}


def _recursive_walk(depth, n, s, phi):
    return (
        []
        if depth == 0
        else (w := _recursive_walk(depth - 1, n, s, phi)) + [phi(n * s * (w[-1] if w else 1))]
    )


def _monte_carlo(v):
    z = np.random.default_rng(1).normal(size=4_000_000) * math.sqrt(v)
    return np.mean(np.tanh(z) ** 2)


RIGHT = {
    "linear_moment": [
        lambda q, fan_in, var_w: sum(var_w * q for _ in range(fan_in)),
        lambda q, n, s: np.float64(q) * n * s,
    ],
    "relu_moment": [lambda v: 0.5 * v, lambda v: v - v / 2],
    "tanh_moment": [
        lambda v: _mean(np.tanh(_grid(v**0.5, 20001)) ** 2, _grid(v**0.5, 20001), v),
        _monte_carlo,
    ],
    "predicted_walk": [
        _recursive_walk,
        lambda d, n, s, f: list(np.array(_recursive_walk(d, n, s, f))),
    ],
    "measured_walk": [
        lambda x, ws, f: _walk(x, ws, f, lambda h: (h**2).sum() / h.size),
        lambda x, ws, f: _walk(x, ws, f, lambda h: h.var() + h.mean() ** 2),
    ],
}
