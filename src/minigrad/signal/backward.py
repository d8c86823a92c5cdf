"""The backward recurrence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from minigrad.signal.configuration import Configuration
from minigrad.signal.forward import CAP, TINY, Cov, Forward
from minigrad.signal.moments import Moments, moments
from minigrad.signal.quadrature import Array


@dataclass(frozen=True)
class Backward:
    """Curves by depth, each (L,), of the gradient of one example's loss."""

    G: Array  # E (dL/dh)²
    G_pair: Array  # E (dL/dh)(dL̃/dh̃): what two inputs with the same error share
    spread: Array  # standard deviation of ln G over seeds, in nats
    Gz: Array  # E (dL/dz)², z = W·(…) the block's Linear
    Gz_pair: Array
    error: float  # E (softmax − label)² of one logit


def backward(config: Configuration, fwd: Forward, blocks: list[Moments], sigma2: Array) -> Backward:
    """Carry the loss's gradient back through a network that `forward` went through.

    Beside G we follow the covariance of γ = mean of g over neurons and A = ⟨g, h⟩/n. Fresh
    weights scatter them by 1/n of G only, but without a norm what lies along h and 1 grows
    faster than the rest, and in a deep stack it takes over.
    """
    n, norm, place, skip, s = (
        config.width,
        config.norm,
        config.placement,
        config.skip,
        config.branch_scale,
    )
    normed = norm != "none"
    bare = not normed or place == "post"
    error = moments("sigmoid", 2 * fwd.logit_variance, 1.0).kappa
    G = pair = float(sigma2[-1]) / n * 2 * error
    mu_head = float(fwd.mu[-1]) * math.sqrt(fwd.head_jac)
    cov: Cov = (G / n, G / n * mu_head, G / n * fwd.head_q)
    noise = 2 / n
    if normed and place == "pre":
        G, pair, cov = _through_norm(norm, mu_head, fwd.head_q, fwd.head_jac, G, pair, cov)
    out = np.empty((5, config.depth))
    q_all, mu_all, jacs, sigmas = (x.tolist() for x in (fwd.q, fwd.mu, fwd.jac, sigma2))
    for layer in range(config.depth - 1, 0, -1):
        out[:3, layer] = G, pair, noise
        t, jac, sigma = blocks[layer], jacs[layer], sigmas[layer]
        q, mu = q_all[layer - 1], mu_all[layer - 1]
        if normed and place == "post":
            G, pair, cov = _through_norm(norm, mu_all[layer], q_all[layer], jac, G, pair, cov)
            jac = 1.0
        into = s * s * (jac if place == "mid" else 1.0)
        out[3:, layer] = into * t.chi * G, into * t.X * pair
        # incoherent: through W as if its entries were fresh; W·h = z takes 1/n of them
        fresh = s * s * t.chi * sigma * jac * G * (1 - bare / n)
        new_G = skip * G + fresh
        new_pair = skip * pair + (fresh * t.X / t.chi * pair / G if G > 0 else 0.0)
        new_cov, coherent = _overlap(t, s, skip, q, mu, cov, bare)
        if bare:
            new_G, new_pair = max(new_G + coherent, fresh), max(new_pair + coherent, 0.0)
        if q > 0 and not (normed and place == "pre" and norm == "layernorm"):
            beside = fresh / n * max(1 - mu * mu / q, 0.0)  # what is orthogonal to h, along 1
            new_cov = (new_cov[0] + beside, *new_cov[1:])
        share = fresh / new_G if new_G > 0 else 0.0
        noise += (share * share * (3 * (t.chi4 - 1) + 2) + share * skip * 4) / n
        G, pair, cov = min(new_G, CAP), min(new_pair, CAP), new_cov
        if G < TINY:
            G, pair, cov = 0.0, 0.0, (0.0, 0.0, 0.0)
    out[:, 0] = G, pair, noise, blocks[0].chi * G, blocks[0].X * pair
    return Backward(out[0], out[1], np.sqrt(out[2]), out[3], out[4], error)


def _overlap(
    t: Moments, s: float, skip: float, q: float, mu: float, cov: Cov, bare: bool
) -> tuple[Cov, float]:
    """Step the covariance of (γ, A) back over one block; also what it adds to G.

    Write g = α·1 + β·h′ + rest. Its overlap with φ(z) is α·m + β(mμ + sκ), with z·φ′(z) it is
    α·e + β(eμ + sκr), and Wᵀ(φ′g) = (z·φ′g/|h|²) h + fresh, because W takes h to z.
    """
    a, b, c = cov
    mu_out, q_out = skip * mu + s * t.m, skip * (q + 2 * s * mu * t.m) + s * s * t.kappa
    det = max(q_out - mu_out * mu_out, 1e-6 * q_out)
    if det <= 0:
        return (0.0, 0.0, 0.0), 0.0

    def overlap(one: float, out: float) -> tuple[float, float]:  # (one·α + out·β) in (γ, A)
        return (one * q_out - out * mu_out) / det, (out - one * mu_out) / det

    f0, f1 = overlap(t.m, skip * t.m * mu + s * t.kappa)
    k0, k1 = -skip * s * f0, skip * (1 - s * f1)  # ⟨g, h⟩/n
    m00, m01, m10, m11, coherent = skip, 0.0, k0, k1, 0.0
    if bare and q > 0:
        w0, w1 = overlap(s * t.e, s * (skip * t.e * mu + s * t.kappa * t.r))
        m00, m01, m10, m11 = m00 + w0 * mu / q, w1 * mu / q, k0 + w0, k1 + w1
        square = w0 * w0 * a + 2 * w0 * w1 * b + w1 * w1 * c
        cross = w0 * k0 * a + (w0 * k1 + w1 * k0) * b + w1 * k1 * c
        coherent = (square + 2 * cross) / q
    new = (
        m00 * m00 * a + 2 * m00 * m01 * b + m01 * m01 * c,
        m00 * m10 * a + (m00 * m11 + m01 * m10) * b + m01 * m11 * c,
        m10 * m10 * a + 2 * m10 * m11 * b + m11 * m11 * c,
    )
    return (min(new[0], CAP), min(new[1], CAP), min(new[2], CAP)), coherent


def _through_norm(
    norm: str, mu_hat: float, q_hat: float, jac: float, G: float, pair: float, cov: Cov
) -> tuple[float, float, Cov]:
    """The gradient before a norm with output ĥ: g ← √j (I − ĥĥᵀ/n [− 11ᵀ/n]) g."""
    a, b, c = cov
    layer = norm == "layernorm"
    removed = c * (2 - q_hat) + (a if layer else 0.0)
    left = max(G - removed, 1e-3 * G)
    keep = 1 - q_hat  # ε leaves a little along ĥ
    root = math.sqrt(jac)
    if layer:
        new = (0.0, 0.0, keep * keep * c)
    else:
        new = (
            jac * (a - 2 * mu_hat * b + mu_hat * mu_hat * c),
            root * keep * (b - mu_hat * c),
            keep * keep * c,
        )
        room = left * jac * max(1 - mu_hat * mu_hat / q_hat, 0.0) if q_hat > 0 else 0.0
        if new[0] > room:  # g ⊥ ĥ now, so no more than this lies along 1
            x = room / new[0]
            new = (new[0] * x, new[1] * x, new[2] * x)
    return left * jac, pair * left / G * jac if G > 0 else 0.0, new
