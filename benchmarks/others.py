"""Two more engines, in their own idiom: HIPS autograd, and JAX with the whole step compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Step = Callable[[], Any]


def _start() -> tuple[list[Any], np.ndarray, np.ndarray]:
    """Parameters [W, b, ...] of lab 01's network, and a batch."""
    rng = np.random.default_rng(0)
    f = np.float32
    params: list[Any] = []
    for n_out in [256] * 12 + [2]:
        params += [rng.standard_normal((n_out, 256), dtype=f) * f((2 / 256) ** 0.5)]
        params += [np.zeros(n_out, f)]
    x = rng.standard_normal((64, 256), dtype=f)
    return params, x, (x[:, :10].sum(axis=1) > 0).astype(np.int64)


def _loss(xp: Any, params: Any, x: Any, y: Any) -> Any:
    h = x
    for i in range(0, len(params), 2):
        h = xp.dot(h, params[i].T) + params[i + 1]
        h = xp.maximum(h, 0) if i < len(params) - 2 else h
    top = xp.max(h, axis=1, keepdims=True)
    logp = h - top - xp.log(xp.sum(xp.exp(h - top), axis=1, keepdims=True))
    return -xp.mean(logp[xp.arange(len(y)), y])


def _small(xp: Any, a: Any, b: Any) -> Any:
    x = a
    for _ in range(250):
        x = xp.tanh(x * b + a) - b
    return xp.sum(x)


def _pair() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    f = np.float32
    return rng.standard_normal((4, 4), dtype=f), rng.standard_normal((4, 4), dtype=f) * f(0.1)


def autograd_lab01() -> Step:
    import autograd.numpy as xp
    from autograd import grad

    params, x, y = _start()
    velocity = [np.zeros_like(p) for p in params]
    gradient = grad(lambda p: _loss(xp, p, x, y))

    def step() -> None:
        for p, v, g in zip(params, velocity, gradient(params), strict=True):
            v *= np.float32(0.9)
            v += g
            p -= np.float32(1e-3) * v

    return step


def autograd_small_ops() -> Step:
    import autograd.numpy as xp
    from autograd import grad

    a, b = _pair()
    gradient = grad(lambda ab: _small(xp, ab[0], ab[1]))
    return lambda: gradient((a, b))


def jax_lab01() -> Step:
    import jax
    import jax.numpy as xp

    params, x, y = _start()
    state = [[xp.asarray(p) for p in params], [xp.zeros_like(p) for p in params]]

    @jax.jit
    def update(params: Any, velocity: Any) -> Any:
        gradient = jax.grad(lambda p: _loss(xp, p, x, y))(params)
        velocity = [0.9 * v + g for v, g in zip(velocity, gradient, strict=True)]
        return [p - 1e-3 * v for p, v in zip(params, velocity, strict=True)], velocity

    def step() -> None:
        state[:] = update(*state)
        jax.block_until_ready(state)

    return step


def jax_small_ops() -> Step:
    import jax
    import jax.numpy as xp

    a, b = _pair()
    gradient = jax.jit(jax.grad(lambda ab: _small(xp, ab[0], ab[1])))
    return lambda: jax.block_until_ready(gradient((a, b)))


WORKLOADS = {
    "autograd": {"lab01": autograd_lab01, "small_ops": autograd_small_ops},
    "jax": {"lab01": jax_lab01, "small_ops": jax_small_ops},
}
