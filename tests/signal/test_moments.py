"""The Gaussian moments against a direct two-dimensional quadrature and closed forms."""

import math

import numpy as np
import pytest

from minigrad.signal.moments import ACTIVATIONS, moments
from minigrad.signal.tables import SMOOTH

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def direct(activation, v, delta):
    """m, κ, χ, e, D, X by tensor Gauss–Hermite: right as long as φ is smooth on √v's scale."""
    phi = SMOOTH[activation][0]
    z = math.sqrt(v) * NODES
    f, df = phi(z)
    a = math.sqrt(v * (1 - delta)) * NODES
    pairs = a[:, None] + math.sqrt(v * delta) * NODES
    g, dg = phi(pairs)
    mean = g @ WEIGHTS
    inner = ((g - mean[:, None]) ** 2) @ WEIGHTS
    return [
        WEIGHTS @ f,
        WEIGHTS @ f**2,
        WEIGHTS @ df**2,
        WEIGHTS @ (z * df),
        WEIGHTS @ inner,
        WEIGHTS @ (dg @ WEIGHTS) ** 2,
    ]


@pytest.mark.parametrize("activation", SMOOTH)
@pytest.mark.parametrize("v", [1e-5, 2e-3, 0.3, 1.7])
@pytest.mark.parametrize("delta", [1.0, 0.4, 1e-3])
def test_smooth_activations(activation, v, delta):
    found = np.array(moments(activation, v, delta)[:6])
    expected = np.array(direct(activation, v, delta))
    scale = np.maximum(np.abs(expected), 1e-3 * math.sqrt(v))
    np.testing.assert_array_less(np.abs(found - expected) / scale, 0.02)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize("v", [100.0, 1e4, 1e6])
def test_narrow_slopes_in_wide_gaussians(activation, v):
    """χ → E∫φ′² · density at 0, where Gauss–Hermite nodes see nothing."""
    integral = {"tanh": 4 / 3, "sigmoid": 1 / 6}[activation]
    assert moments(activation, v, 0.5).chi == pytest.approx(
        integral / math.sqrt(2 * math.pi * v), rel=0.03
    )


def test_saturated_tanh_is_a_sign():
    """E sign·sign = (2/π) asin c (Williams 1997)."""
    for delta in (1.0, 0.3, 1e-2):
        expected = 1 - 2 / math.pi * math.asin(1 - delta)
        assert pytest.approx(expected, rel=0.02) == moments("tanh", 1e8, delta).D


@pytest.mark.parametrize("activation", ["gelu", "silu"])
def test_wide_gelu_and_silu_are_relu(activation):
    for v in (1e8, 1e12):
        np.testing.assert_allclose(
            moments(activation, v, 0.3)[:6], moments("relu", v, 0.3)[:6], rtol=0.02
        )


def test_relu_by_sampling():
    rng = np.random.default_rng(0)
    v, delta, n = 3.0, 0.2, 400_000
    common = math.sqrt(v * (1 - delta)) * rng.standard_normal(n)
    z1, z2 = common + math.sqrt(v * delta) * rng.standard_normal((2, n))
    for activation, a in (("relu", 0.0), ("leaky_relu", 0.01), ("linear", 1.0)):
        f1, f2 = (np.where(z > 0, z, a * z) for z in (z1, z2))
        d1, d2 = (np.where(z > 0, 1, a) for z in (z1, z2))
        t = moments(activation, v, delta)
        assert t.m == pytest.approx(f1.mean(), abs=0.01)
        assert t.kappa == pytest.approx((f1**2).mean(), rel=0.02)
        assert pytest.approx(0.5 * ((f1 - f2) ** 2).mean(), rel=0.02) == t.D
        assert pytest.approx((d1 * d2).mean(), rel=0.01) == t.X


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_tiny_differences_keep_their_digits(activation):
    """D = vδχ for δ → 0, exact to 1e-200: a correlation would round to 1."""
    for delta in (1e-12, 1e-50, 1e-200):
        t = moments(activation, 1.0, delta)
        # ReLU's slope jumps: its D falls short by a share of √δ
        assert pytest.approx(delta * t.chi, rel=1e-3) == t.D
