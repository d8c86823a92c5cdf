"""Gaussian moments of the activations: all that a wide random layer does to a signal.

For z₁, z₂ jointly Gaussian with mean 0, variance v and δ = ½E(z₁ − z₂)²/v = 1 − correlation:

    m = E φ(z)    κ = E φ(z)²    χ = E φ′(z)²    e = E z·φ′(z)
    D = ½E(φ(z₁) − φ(z₂))²       X = E φ′(z₁)·φ′(z₂)
    r = d ln κ/d ln v            κ₄ = E φ⁴/κ²      χ₄ = E φ′⁴/χ²

The last three say how finite width scatters a layer around these means.

(Poole et al. 2016; Schoenholz et al. 2017). D is kept in place of the correlation so that nearly
equal inputs keep their difference, down to 1e-300. ReLU, leaky ReLU and the identity have closed
forms (Cho & Saul 2009); tanh, sigmoid, GELU and SiLU are tabulated once per process (tables.py).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from minigrad.signal import arithmetic
from minigrad.signal.arithmetic import Number
from minigrad.signal.quadrature import Array
from minigrad.signal.tables import (
    DELTA_STEPS,
    FIRST_DELTA,
    FIRST_V,
    LARGEST_V,
    PER_DECADE,
    SMALLEST_V,
    SMOOTH,
    V_STEPS,
    table,
)


class Moments(NamedTuple):
    """The moments at one (v, δ), or at arrays of them; see the module."""

    m: Number
    kappa: Number
    chi: Number
    e: Number
    D: Number
    X: Number
    r: Number
    kappa4: Number
    chi4: Number


def moments(activation: str, v: Number, delta: Number) -> Moments:
    """Moments of ``activation`` for Gaussians of variance v and 1 − correlation delta."""
    if activation in SLOPES:
        return _piecewise_linear(SLOPES[activation], v, delta)
    if isinstance(v, np.ndarray):
        kinds = np.full(v.shape, KINDS[activation])
        return smooth_moments(kinds, v, np.broadcast_to(delta, v.shape))
    return _tabulated(activation, v, delta)


SLOPES = {"linear": 1.0, "relu": 0.0, "leaky_relu": 0.01}  # slope for negative inputs


def _piecewise_linear(a: float, v: Number, delta: Number) -> Moments:
    """φ(z) = z for z > 0, a·z below. Arc-cosine kernels (Cho & Saul 2009), θ the inputs' angle."""
    xp = arithmetic.of(v)
    delta = xp.minimum(delta, 1.0)
    theta = 2 * xp.asin(xp.sqrt(delta / 2))
    # 1 − cos θ = δ; θ − sin θ loses its digits for small θ
    arc = xp.where(theta < 1e-3, theta * theta * theta / 6, theta - xp.sin(theta))
    d_relu = v / (2 * math.pi) * ((math.pi - theta) * delta + arc)
    x_relu = (math.pi - theta) / (2 * math.pi)
    m_relu = xp.sqrt(v / (2 * math.pi))
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

ACTIVATIONS = (*SLOPES, *SMOOTH)
KINDS = {name: kind for kind, name in enumerate(SMOOTH)}
RECTIFIED = np.array([name in ("gelu", "silu") for name in KINDS])  # ReLU, seen from afar


@lru_cache
def _rows(activation: str) -> tuple[list[list[float]], list[list[list[float]]]]:
    """table() as lists, quicker to read a few numbers from: what v alone decides, and D and X."""
    values = table(activation)
    alone = values[[0, 1, 2, 3, 6, 7, 8], :, 0].T.tolist()  # (V, 7)
    return alone, values[4:6].transpose(1, 2, 0).tolist()  # (V, K, 2)


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
    if v > LARGEST_V and RECTIFIED[KINDS[activation]]:
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


@lru_cache
def _lattices() -> tuple[Array, Array, Array]:
    """table() of each SMOOTH, stacked with what belongs to a number last: what v alone decides
    (A, V, 7), D and X (A, V, K, 2); and φ(0), φ′(0), φ″(0) (3, A)."""
    values = np.stack([table(name) for name in SMOOTH])  # (A, 9, V, K)
    alone = np.moveaxis(values[..., 0][:, [0, 1, 2, 3, 6, 7, 8]], 1, -1)
    pairs = np.moveaxis(values[:, 4:6], 1, -1)
    at_zero = np.array([start for _, *start in SMOOTH.values()]).T
    return np.ascontiguousarray(alone), np.ascontiguousarray(pairs), at_zero


def smooth_moments(kinds: NDArray[np.int64], v: Array, delta: Array) -> Moments:
    """As _tabulated, of arrays (R,), each with the activation of that place in SMOOTH."""
    alone, pairs, starts = _lattices()
    at_zero, slope, curvature = starts[:, kinds]
    v_in = np.clip(v, SMALLEST_V, LARGEST_V)
    i, wi = _cubics(np.log10(v_in) * PER_DECADE - FIRST_V, len(V_STEPS))
    low = 10 ** (FIRST_DELTA / PER_DECADE)
    k, wk = _cubics(np.log10(np.maximum(delta, low)) * PER_DECADE - FIRST_DELTA, len(DELTA_STEPS))
    m, kappa, chi, e, r, kappa4, chi4 = np.einsum("jrc,jr->cr", alone[kinds, i], wi)
    both = wi[:, None] * wk  # (4, 4, R)
    log_d, log_x = np.einsum("jkrc,jkr->cr", pairs[kinds, i[:, None], k], both)
    root = np.sqrt(v_in)
    out = Moments(
        m=at_zero + root * m,
        kappa=v_in * np.exp(kappa),
        chi=np.exp(chi),
        e=root * e,
        D=v_in * delta * np.exp(log_d),
        X=np.exp(log_x),
        r=r,
        kappa4=kappa4,
        chi4=chi4,
    )
    small = v < SMALLEST_V
    if small.any():
        c = slope * slope
        line = at_zero**2 + c * v
        straight = Moments(
            m=at_zero + curvature * v / 2,
            kappa=line,
            chi=c,
            e=curvature * v,
            D=c * v * delta,
            X=c,
            r=np.where(line > 0, c * v / np.maximum(line, 1e-300), 1.0),
            kappa4=np.where(at_zero > 0, 1.0, 3.0),
            chi4=1.0,
        )
        out = Moments(*[np.where(small, a, b) for a, b in zip(straight, out, strict=True)])
    large = (v > LARGEST_V) & RECTIFIED[kinds]
    if large.any():
        half = _piecewise_linear(0.0, v, delta)
        out = Moments(*[np.where(large, a, b) for a, b in zip(half, out, strict=True)])
    return out


def _cubics(x: Array, size: int) -> tuple[NDArray[np.int64], Array]:
    """_cubic of an array (R,): the four lattice points around each (4, R), and their weights."""
    first = np.clip(x.astype(np.int64) - 1, 0, size - 4)
    t = x - first
    weights = [
        -(t - 1) * (t - 2) * (t - 3) / 6,
        t * (t - 2) * (t - 3) / 2,
        -t * (t - 1) * (t - 3) / 2,
        t * (t - 1) * (t - 2) / 6,
    ]
    return first + np.arange(4)[:, None], np.array(weights)


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
