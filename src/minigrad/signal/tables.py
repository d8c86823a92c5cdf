"""tanh, sigmoid, GELU and SiLU: their Gaussian moments by quadrature, on a lattice of v and δ."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from minigrad.signal.quadrature import Array, gaussian_weights, sinh_nodes

PER_DECADE = 3  # lattice points of the tables, in v and in δ
V_STEPS = np.arange(-4 * PER_DECADE, 10 * PER_DECADE + 1)  # v from 1e-4 to 1e10
DELTA_STEPS = np.arange(-10 * PER_DECADE, 1)  # δ from 1e-10 to 1
FIRST_V, FIRST_DELTA = int(V_STEPS[0]), int(DELTA_STEPS[0])


def _sigmoid(z: Array) -> Array:
    return 0.5 * (1 + np.tanh(z / 2))


_erf = np.vectorize(math.erf, otypes=[float])


def _normal_cdf(z: Array) -> Array:
    near = np.abs(z) < 9
    out = np.where(z > 0, 1.0, 0.0)
    out[near] = 0.5 * (1 + _erf(z[near] / math.sqrt(2)))
    return out


def _tanh(z: Array) -> tuple[Array, Array]:
    t = np.tanh(z)
    return t, 1 - t * t


def _logistic(z: Array) -> tuple[Array, Array]:
    s = _sigmoid(z)
    return s, s * (1 - s)


def _gelu(z: Array) -> tuple[Array, Array]:
    cdf = _normal_cdf(z)
    return z * cdf, cdf + z * np.exp(-0.5 * np.minimum(z * z, 700)) / math.sqrt(2 * math.pi)


def _silu(z: Array) -> tuple[Array, Array]:
    s = _sigmoid(z)
    return z * s, s + z * s * (1 - s)


# φ and φ′ together; φ(0), φ′(0), φ″(0), which are all that a small v sees
Smooth = tuple[Callable[[Array], tuple[Array, Array]], float, float, float]
SMOOTH: dict[str, Smooth] = {
    "tanh": (_tanh, 0.0, 1.0, 0.0),
    "gelu": (_gelu, 0.0, 0.5, 2 / math.sqrt(2 * math.pi)),
    "sigmoid": (_logistic, 0.5, 0.25, 0.0),
    "silu": (_silu, 0.0, 0.5, 0.5),
}
SMALLEST_V, LARGEST_V = 1e-4, 1e10  # of the tables; below, φ is a straight line


@lru_cache
def table(activation: str) -> Array:
    """The moments on the lattice (log v, log δ), as (9, V, K) smooth functions of both.

    Channels: (m − φ(0))/√v, log κ/v, log χ, e/√v, log D/vδ, log X, r, κ₄, χ₄.
    With z = a + √d·ε, d = vδ,
    a ~ N(0, v − d): D = E_a Var_ε φ and X = E_a (E_ε φ′)², and the inner two depend on d alone.
    """
    phi, at_zero, _, _ = SMOOTH[activation]
    a = sinh_nodes(8e5, alpha=0.02, spacing=0.14)
    steps_d = np.arange(V_STEPS[0] + DELTA_STEPS[0], V_STEPS[-1] + 1)
    inner = np.array([_inner(phi, a, 10 ** (k / PER_DECADE)) for k in steps_d])  # (d, 2, a)
    value, slope = phi(a)
    out = np.empty((9, len(V_STEPS), len(DELTA_STEPS)))
    for j, step in enumerate(V_STEPS):
        v = 10 ** (step / PER_DECADE)
        w = gaussian_weights(a, 0.0, math.sqrt(v))
        out[0, j] = (w @ value - at_zero) / math.sqrt(v)
        out[1, j] = np.log(w @ value**2 / v)
        out[2, j] = np.log(w @ slope**2)
        out[3, j] = w @ (a * slope) / math.sqrt(v)
        out[6, j] = w @ (a * value * slope) / (w @ value**2)  # Price: dκ/dv = E zφφ′/v
        out[7, j] = w @ value**4 / (w @ value**2) ** 2
        out[8, j] = w @ slope**4 / (w @ slope**2) ** 2
        delta = 10 ** (DELTA_STEPS / PER_DECADE)
        std = np.sqrt(v * (1 - delta))[:, None]
        w = gaussian_weights(np.tile(a, (len(delta), 1)), 0.0, np.maximum(std, 1e-4))
        pair = np.einsum("ka,kca->ck", w, inner[j : j + len(delta)])
        out[4, j] = np.log(pair[0] / (v * delta))
        out[5, j] = np.log(pair[1])
    return out


def _inner(phi: Callable[[Array], tuple[Array, Array]], a: Array, d: float) -> Array:
    """(2, a): Var_ε φ(a + √d·ε) and (E_ε φ′(a + √d·ε))²."""
    std = math.sqrt(d)
    z = a[:, None] + std * np.linspace(-5, 5, 41)
    if std > 1:  # these alone would step over what happens near zero
        near = np.tile(sinh_nodes(12.0, spacing=0.25), (len(a), 1))
        z = np.sort(np.concatenate([z, near], axis=1), axis=1)
    w = gaussian_weights(z, a[:, None], std)
    value, slope = phi(z)
    deviation = value - (w * value).sum(1, keepdims=True)
    return np.array([(w * deviation**2).sum(1), (w * slope).sum(1) ** 2])
