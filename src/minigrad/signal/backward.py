"""The backward recurrence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from minigrad.signal.arithmetic import Arithmetic, Number
from minigrad.signal.forward import CAP, TINY, Cov, Head, Layer, Networks
from minigrad.signal.moments import moments


class Gradient(NamedTuple):
    """Of one example's loss, at one block's output h and its Linear's output z."""

    G: Number  # E (dL/dh)²
    pair: Number  # E (dL/dh)(dL̃/dh̃): what two inputs with the same error share
    spread: Number  # standard deviation of ln G over seeds, in nats
    Gz: Number  # E (dL/dz)²
    Gz_pair: Number


def error(head: Head) -> Number:
    """E (softmax − label)² of one logit."""
    return moments("sigmoid", 2 * head.logit_variance, 1.0).kappa


def backward(
    net: Networks, layers: Sequence[Layer], head: Head, head_sigma2: Number, xp: Arithmetic
) -> list[Gradient]:
    """Carry the loss's gradient back through blocks that `forward` went through, last block first.

    With a skip and no norm we follow, beside G, the covariance of γ = mean of g over neurons and
    A = ⟨g, h⟩/n. Fresh weights scatter them by 1/n of G only, but what lies along h and 1 grows
    faster than the rest, and in a deep stack it takes over. A norm projects h out and ends it.
    """
    n, skip, s, mid, post = net.width, net.skip, net.scale, net.mid, net.post
    G = head_sigma2 / n * 2 * error(head) * head.jac
    pair, noise = G, 2 / n
    cov = Cov(G / n, G / n * layers[0].mu, G / n * head.q)
    taken = xp.where(post | net.bare, 1 / n, 0.0)  # W·h = z takes 1/n of W
    out: list[Gradient] = []
    for at, t in enumerate(layers):
        after, jac = xp.where(post, t.jac, 1.0), xp.where(post, 1.0, t.jac)
        into = s * s * after * xp.where(mid, jac, 1.0)
        out.append(Gradient(G, pair, noise**0.5, into * t.chi * G, into * t.X * pair))
        if at + 1 == len(layers):
            break
        before = layers[at + 1]
        # incoherent: through W as if its entries were fresh
        passed = s * s * t.sigma2 * jac * (1 - taken) * after
        fresh = passed * t.chi * G
        new_G, new_pair = skip * after * G + fresh, skip * after * pair + passed * t.X * pair
        if net.bare is not False:
            cov, coherent = _overlap(t, s, skip, before.q, before.mu, cov, xp)
            beside = (
                fresh
                / n
                * xp.maximum(  # what is orthogonal to h, along 1
                    1 - before.mu * before.mu / xp.maximum(before.q, 1e-300), 0.0
                )
            )
            cov = Cov(cov.mean + xp.where(before.q > 0, beside, 0.0), cov.both, cov.overlap)
            new_G = xp.where(net.bare, xp.maximum(new_G + coherent, fresh), new_G)
            new_pair = xp.where(net.bare, xp.maximum(new_pair + coherent, 0.0), new_pair)
        share = fresh / xp.maximum(new_G, 1e-300)
        noise = noise + (share * share * (3 * (t.chi4 - 1) + 2) + share * skip * 4) / n
        alive = xp.where(new_G < TINY, 0.0, 1.0)
        G, pair = xp.minimum(new_G, CAP) * alive, xp.minimum(new_pair, CAP) * alive
        cov = cov if net.bare is False else cov.within(alive, xp)
    return out


def _overlap(
    t: Layer, s: Number, skip: Number, q: Number, mu: Number, cov: Cov, xp: Arithmetic
) -> tuple[Cov, Number]:
    """Step the covariance of (γ, A) back over one block; also what it adds to G.

    Write g = α·1 + β·h′ + rest. Its overlap with φ(z) is α·m + β(mμ + sκ), with z·φ′(z) it is
    α·e + β(eμ + sκr), and Wᵀ(φ′g) = (z·φ′g/|h|²) h + fresh, because W takes h to z.
    """
    mu_out, q_out = skip * mu + s * t.m, skip * (q + 2 * s * mu * t.m) + s * s * t.kappa
    det = xp.maximum(xp.maximum(q_out - mu_out * mu_out, 1e-6 * q_out), 1e-300)
    alive = xp.where(q_out > 0, 1.0, 0.0)

    def overlap(one: Number, out: Number) -> tuple[Number, Number]:  # (one·α + out·β) in (γ, A)
        return (one * q_out - out * mu_out) / det, (out - one * mu_out) / det

    f0, f1 = overlap(t.m, skip * t.m * mu + s * t.kappa)
    k0, k1 = -skip * s * f0, skip * (1 - s * f1)  # ⟨g, h⟩/n
    w0, w1 = overlap(s * t.e, s * (skip * t.e * mu + s * t.kappa * t.r))
    there, per_q = xp.where(q > 0, 1.0, 0.0), 1 / xp.maximum(q, 1e-300)
    w0, w1 = w0 * there, w1 * there
    a, b, c = cov
    square = w0 * w0 * a + 2 * w0 * w1 * b + w1 * w1 * c
    cross = w0 * k0 * a + (w0 * k1 + w1 * k0) * b + w1 * k1 * c
    new = cov.after(skip + w0 * mu * per_q, w1 * mu * per_q, k0 + w0, k1 + w1)
    return new.within(alive, xp), (square + 2 * cross) * per_q * alive
