"""The forward recurrence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from minigrad.signal.configuration import INPUTS, Configuration
from minigrad.signal.moments import Moments, moments
from minigrad.signal.norms import NORMS
from minigrad.signal.quadrature import Array

CAP, TINY = 1e130, 1e-130  # beyond either a mean square has long left float32


@dataclass(frozen=True)
class Forward:
    """Curves by depth, each (L,): index l − 1 is block l. h is a block's output, W its Linear."""

    q: Array  # E h²
    mu: Array  # E h
    diff: Array  # Δ = ½E(h − h̃)²
    spread: Array  # standard deviation of ln q over seeds: the luck of the draw, in nats
    q_in: Array  # mean square of what enters W
    diff_in: Array  # its Δ
    jac: Array  # squared Jacobian of the block's norm; 1 without
    head_q: float  # what enters the head
    head_diff: float
    head_jac: float
    logit_variance: float  # of one logit


def forward(
    config: Configuration, sigma2: Array, shift2: Array | None = None
) -> tuple[Forward, list[Moments]]:
    """Propagate the toy task's inputs: N(0, I), two of them independent.

    ``shift2`` (depth,) is the mean square of what is added to z for all inputs alike.
    """
    n, norm, place = config.width, config.norm, config.placement
    normalise = NORMS[norm]
    out = np.empty((7, config.depth))
    blocks: list[Moments] = []
    q, mu, diff, noise = 1.0, 0.0, 1.0, 0.0
    # second moments of (mean of h − h̃, ⟨h − h̃, h⟩/n), halved; of the inputs themselves
    cov = (0.0, 0.0, 0.5 / INPUTS)
    shifts = [0.0] * config.depth if shift2 is None else shift2.tolist()
    for layer, sigma in enumerate(sigma2[:-1].tolist()):
        s, skip = (config.branch_scale, config.skip) if layer else (1.0, 0.0)
        normed = norm != "none" and layer > 0
        q_in, diff_in, jac, noise_in = q, diff, 1.0, noise
        if normed and place == "pre":
            q_in, _, diff_in, jac = normalise(q, mu, diff)
        v, d = sigma * q_in + shifts[layer], sigma * diff_in
        if normed and place == "mid":
            v, _, d, jac = normalise(v, 0.0, d)  # W has mean 0, so W·h has
        if normed and place != "post":
            noise_in = 0.0
        t = moments(config.activation, v, d / v if v > 0 else 0.0)
        blocks.append(t)
        branch = s * s * t.kappa
        through = skip * (q + 2 * s * mu * t.m)  # what the skip hands on, with its overlap
        total = through + branch
        if total > 0:
            share = branch / total
            keep = (1 - share) * math.sqrt(noise) + share * t.r * math.sqrt(noise_in)
            fresh = share * share * (t.kappa4 - 1) + skip * 4 * q / total * share
            noise = keep * keep + fresh / n
        cov, along = _overlap(t, s, skip, q, mu, cov, normed and place != "post", n)
        q, mu, diff = total, skip * mu + s * t.m, skip * diff + s * s * t.D + along
        if normed and place == "post":
            q, mu, diff, jac = normalise(q, mu, diff)
            noise = 0.0
            cov = (cov[0] * jac if norm == "rmsnorm" else 0.0, 0.0, 0.0)
        if q < TINY:
            q, mu, diff, cov = 0.0, 0.0, 0.0, (0.0, 0.0, 0.0)
        q, mu, diff = min(q, CAP), min(mu, math.sqrt(CAP)), min(diff, CAP)
        out[:, layer] = q, mu, diff, math.sqrt(noise), q_in, diff_in, jac
    head_q, head_diff, head_jac = q, diff, 1.0
    if place == "pre":
        head_q, _, head_diff, head_jac = normalise(q, mu, diff)
    logits = min(float(sigma2[-1]) * head_q, CAP)
    q_all, mu_all, diffs, spread, q_ins, diff_ins, jacs = out
    curves = (q_all, mu_all, diffs, spread, q_ins, diff_ins, jacs)
    return Forward(*curves, head_q, head_diff, head_jac, logits), blocks


Cov = tuple[float, float, float]


def _overlap(
    t: Moments, s: float, skip: float, q: float, mu: float, cov: Cov, normed: bool, n: int
) -> tuple[Cov, float]:
    """Step the covariance of (γ, A) = (mean of h − h̃, its overlap with h) over one block.

    W carries what h − h̃ has along h to z, so it adds s·φ′z·A/q: two inputs of different length
    move apart faster than others. Returns the new covariance and what it adds to Δ.
    """
    a, b, c = cov
    m10 = skip * s * t.m
    m01, m11, along = 0.0, skip, 0.0
    if q > 0 and not normed:
        m01 = s * t.e / q
        m11 += (skip * s * t.e * mu + s * s * t.kappa * t.r) / q
        along = 2 * skip * m01 * b
    fresh = s * s * t.D / n
    mu_out, q_out = skip * mu + s * t.m, skip * (q + 2 * s * mu * t.m) + s * s * t.kappa
    new = (
        skip * a + 2 * skip * m01 * b + m01 * m01 * c + fresh,
        skip * m10 * a + (skip * m11 + m01 * m10) * b + m01 * m11 * c + fresh * mu_out,
        m10 * m10 * a + 2 * m10 * m11 * b + m11 * m11 * c + fresh * q_out,
    )
    return (min(new[0], CAP), min(new[1], CAP), min(new[2], CAP)), along
