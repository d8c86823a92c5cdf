"""Gaussian moments of the activations: all that a wide random layer does to a signal.

For z₁, z₂ jointly Gaussian with mean 0, variance v and δ = ½E(z₁ − z₂)²/v = 1 − correlation:

    m = E φ(z)    κ = E φ(z)²    χ = E φ′(z)²    e = E z·φ′(z)
    D = ½E(φ(z₁) − φ(z₂))²       X = E φ′(z₁)·φ′(z₂)
    r = d ln κ/d ln v            κ₄ = E φ⁴/κ²      χ₄ = E φ′⁴/χ²

The last three say how finite width scatters a layer around these means.

(Poole et al. 2016; Schoenholz et al. 2017). D is kept in place of the correlation so that nearly
equal inputs keep their difference, down to 1e-300. ReLU, leaky ReLU and the identity have closed
forms (Cho & Saul 2009); tanh, sigmoid, GELU and SiLU are tabulated once per process by quadrature.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from minigrad.signal.quadrature import Array, gaussian_weights, sinh_nodes

PER_DECADE = 3  # lattice points of the tables, in v and in δ
V_STEPS = np.arange(-4 * PER_DECADE, 10 * PER_DECADE + 1)  # v from 1e-4 to 1e10
DELTA_STEPS = np.arange(-10 * PER_DECADE, 1)  # δ from 1e-10 to 1
FIRST_V, FIRST_DELTA = int(V_STEPS[0]), int(DELTA_STEPS[0])


class Moments(NamedTuple):
    """The moments at one (v, δ); see the module."""

    m: float
    kappa: float
    chi: float
    e: float
    D: float
    X: float
    r: float
    kappa4: float
    chi4: float


def moments(activation: str, v: float, delta: float) -> Moments:
    """Moments of ``activation`` for Gaussians of variance v and 1 − correlation delta."""
    if activation in SLOPES:
        return _piecewise_linear(SLOPES[activation], v, delta)
    return _tabulated(activation, v, delta)


SLOPES = {"linear": 1.0, "relu": 0.0, "leaky_relu": 0.01}  # slope for negative inputs


def _piecewise_linear(a: float, v: float, delta: float) -> Moments:
    """φ(z) = z for z > 0, a·z below. Arc-cosine kernels (Cho & Saul 2009), θ the inputs' angle."""
    delta = min(delta, 1.0)
    theta = 2 * math.asin(math.sqrt(delta / 2))
    # 1 − cos θ = δ; θ − sin θ loses its digits for small θ
    arc = theta**3 / 6 if theta < 1e-3 else theta - math.sin(theta)
    d_relu = v / (2 * math.pi) * ((math.pi - theta) * delta + arc)
    x_relu = (math.pi - theta) / (2 * math.pi)
    m_relu = math.sqrt(v / (2 * math.pi))
    return Moments(
        m=(1 - a) * m_relu,
        kappa=v * (1 + a * a) / 2,
        chi=(1 + a * a) / 2,
        e=(1 - a) * m_relu,
        D=a * v * delta + (1 - a) ** 2 * d_relu,  # a² vδ + 2a(1−a)·vδ/2 + (1−a)² D_relu
        X=a + (1 - a) ** 2 * x_relu,
        r=1.0,
        kappa4=6 * (1 + a**4) / (1 + a * a) ** 2,
        chi4=2 * (1 + a**4) / (1 + a * a) ** 2,
    )


# -- tanh, sigmoid, GELU, SiLU ---------------------------------------------------------------


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
ACTIVATIONS = (*SLOPES, *SMOOTH)
SMALLEST_V, LARGEST_V = 1e-4, 1e10  # of the tables; below, φ is a straight line


@lru_cache
def _table(activation: str) -> Array:
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


@lru_cache
def _rows(activation: str) -> tuple[list[list[float]], list[list[list[float]]]]:
    """_table as lists, quicker to read a few numbers from: what v alone decides, and D and X."""
    table = _table(activation)
    alone = table[[0, 1, 2, 3, 6, 7, 8], :, 0].T.tolist()  # (V, 7)
    return alone, table[4:6].transpose(1, 2, 0).tolist()  # (V, K, 2)


def _tabulated(activation: str, v: float, delta: float) -> Moments:
    _, at_zero, slope, curvature = SMOOTH[activation]
    if v < SMALLEST_V:  # φ(z) = φ(0) + φ′(0)·z
        c = slope * slope
        kappa = at_zero**2 + c * v
        return Moments(
            m=at_zero + curvature * v / 2,
            kappa=kappa,
            chi=c,
            e=curvature * v,
            D=c * v * delta,
            X=c,
            r=c * v / kappa if kappa > 0 else 1.0,
            kappa4=1.0 if at_zero else 3.0,
            chi4=1.0,
        )
    if v > LARGEST_V and activation in ("gelu", "silu"):
        return _piecewise_linear(0.0, v, delta)
    v_in = min(v, LARGEST_V)
    i, wi = _cubic(math.log10(v_in) * PER_DECADE - FIRST_V, len(V_STEPS))
    low = FIRST_DELTA / PER_DECADE
    at = max(math.log10(delta), low) if delta > 0 else low
    k, wk = _cubic(at * PER_DECADE - FIRST_DELTA, len(DELTA_STEPS))
    alone, pairs = _rows(activation)
    w0, w1, w2, w3 = wi
    m, kappa, chi, e, r, kappa4, chi4 = [
        w0 * a + w1 * b + w2 * c + w3 * d for a, b, c, d in zip(*alone[i : i + 4], strict=True)
    ]
    log_d = log_x = 0.0
    for w, row in zip(wi, pairs[i : i + 4], strict=True):
        for u, (d, x) in zip(wk, row[k : k + 4], strict=True):
            log_d += w * u * d
            log_x += w * u * x
    root = math.sqrt(v_in)
    return Moments(
        m=at_zero + root * m,
        kappa=v_in * math.exp(kappa),
        chi=math.exp(chi),
        e=root * e,
        D=v_in * delta * math.exp(log_d),
        X=math.exp(log_x),
        r=r,
        kappa4=kappa4,
        chi4=chi4,
    )


def _cubic(x: float, size: int) -> tuple[int, tuple[float, float, float, float]]:
    """First of four lattice points around x, and their weights (Lagrange; shifted at the ends)."""
    first = min(max(int(x) - 1, 0), size - 4)
    t = x - first
    return first, (
        -(t - 1) * (t - 2) * (t - 3) / 6,
        t * (t - 2) * (t - 3) / 2,
        -t * (t - 1) * (t - 3) / 2,
        t * (t - 1) * (t - 2) / 6,
    )
