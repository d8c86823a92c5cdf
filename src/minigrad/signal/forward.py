"""The forward recurrence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from minigrad.signal.arithmetic import Arithmetic, Number
from minigrad.signal.configuration import INPUTS, Configuration
from minigrad.signal.moments import KINDS, Moments, moments, smooth_moments
from minigrad.signal.norms import NORMS, normalise

CAP, TINY = 1e130, 1e-130  # beyond either a mean square has long left float32


@dataclass(frozen=True)
class Networks:
    """One network, or several: then every field is an array with an entry for each."""

    piecewise: dict[str, slice]  # which networks have which piecewise linear activation
    smooth: NDArray[np.int64]  # which of SMOOTH the others have, who come after
    bare: Number  # a skip and no norm: what lies along h must be followed; False where none is so
    width: Number
    skip: Number  # 1 or 0
    scale: Number  # s
    pre: Number  # whether its norm stands there; False where none does
    mid: Number
    post: Number
    centred: Number  # whether it is a LayerNorm


def networks(configs: Sequence[Configuration]) -> Networks:
    """Of configurations in the order of `by_activation`; of one, as Numbers that are floats."""

    def column(values: list[float]) -> Number:
        return values[0] if len(values) == 1 else np.array(values)

    def mask(here: list[bool]) -> Number:
        return here[0] if len(set(here)) == 1 else np.array(here)

    def at(place: str) -> Number:
        return mask([c.norm != "none" and c.placement == place for c in configs])

    names = [c.activation for c in configs]
    ends = {name: j + 1 for j, name in enumerate(names) if name not in KINDS}
    return Networks(
        piecewise={name: slice(names.index(name), end) for name, end in ends.items()},
        smooth=np.array([KINDS[name] for name in names if name in KINDS], int),
        bare=mask([c.norm == "none" and c.skip > 0 for c in configs]),
        width=column([c.width for c in configs]),
        skip=column([c.skip for c in configs]),
        scale=column([c.branch_scale for c in configs]),
        pre=at("pre"),
        mid=at("mid"),
        post=at("post"),
        centred=column([NORMS[c.norm] for c in configs]),
    )


def by_activation(config: Configuration) -> tuple[bool, str]:
    """To sort by, for `networks`: piecewise linear ones first, like beside like."""
    return config.activation in KINDS, config.activation


class Layer(NamedTuple):
    """What goes through one block; q, μ, Δ of its output h."""

    q: Number  # E h²
    mu: Number  # E h
    diff: Number  # Δ = ½E(h − h̃)²
    spread: Number  # standard deviation of ln q over seeds: the luck of the draw, in nats
    q_in: Number  # mean square of what enters its Linear
    diff_in: Number  # its Δ
    jac: Number  # squared Jacobian of its norm; 1 without
    sigma2: Number  # σ_w² of its Linear
    m: Number  # the moments of its activation
    kappa: Number
    chi: Number
    e: Number
    D: Number
    X: Number
    r: Number
    kappa4: Number
    chi4: Number


class Head(NamedTuple):
    """What the last Linear meets."""

    q: Number  # mean square of what enters it
    diff: Number  # its Δ
    jac: Number  # of the norm before it
    logit_variance: Number  # of one logit


class Cov(NamedTuple):
    """Second moments of (the mean of x over neurons, its overlap ⟨x, h⟩/n)."""

    mean: Number
    both: Number
    overlap: Number

    def after(self, m00: Number, m01: Number, m10: Number, m11: Number) -> Cov:
        """Of M times the pair."""
        a, b, c = self
        return Cov(
            m00 * m00 * a + 2 * m00 * m01 * b + m01 * m01 * c,
            m00 * m10 * a + (m00 * m11 + m01 * m10) * b + m01 * m11 * c,
            m10 * m10 * a + 2 * m10 * m11 * b + m11 * m11 * c,
        )

    def within(self, scale: Number, xp: Arithmetic) -> Cov:
        """Times ``scale``, at most CAP."""
        a, b, c = self
        return Cov(
            xp.minimum(a, CAP) * scale, xp.minimum(b, CAP) * scale, xp.minimum(c, CAP) * scale
        )


def forward(
    net: Networks, sigma2: Sequence[Number], shift2: Sequence[Number], xp: Arithmetic
) -> list[Layer]:
    """Propagate the toy task's inputs, N(0, I), two of them independent, through the blocks.

    ``sigma2`` and ``shift2`` block by block: σ_w², and the mean square of what is added to z for
    all inputs alike. A network shallower than they are goes on, past its own last block.
    """
    n = net.width
    q, mu, diff, noise = 1.0, 0.0, 1.0, 0.0
    cov = Cov(0.0, 0.0, 0.5 / INPUTS)  # of h − h̃, halved; here of the inputs themselves
    first, rest = (1.0, 0.0, False, False, False), (net.scale, net.skip, net.pre, net.mid, net.post)
    layers: list[Layer] = []
    for sigma, shift in zip(sigma2, shift2, strict=True):
        s, skip, pre, mid, post = rest if layers else first
        q_in, _, diff_in, before = normalise(q, mu, diff, net.centred, pre, xp)
        z, d = sigma * q_in + shift, sigma * diff_in
        v, _, d, inside = normalise(z, 0.0, d, False, mid, xp)  # W has mean 0, so W·h has
        t = _moments(net, v, d / xp.maximum(v, 1e-300))
        branch = s * s * t.kappa
        total = skip * (q + 2 * s * mu * t.m) + branch  # the skip overlaps with the branch's mean
        share = branch / xp.maximum(total, 1e-300)
        kept = xp.where(pre | mid, 0.0, noise)  # a norm ends what was down to luck
        keep = (1 - share) * noise**0.5 + share * t.r * kept**0.5
        noise = keep * keep + (
            share * share * (t.kappa4 - 1)
            + skip * 4 * q / xp.maximum(total, 1e-300) * share
        ) / n  # fmt: skip
        along: Number = 0.0
        if net.bare is not False:
            cov, along = _overlap(t, s, skip, q, mu, cov, n, xp)
            along = xp.where(net.bare, along, 0.0)
        mu, diff = skip * mu + s * t.m, skip * diff + s * s * t.D + along
        q, mu, diff, after = normalise(total, mu, diff, net.centred, post, xp)
        noise = xp.where(post, 0.0, noise)
        alive = xp.where(q < TINY, 0.0, 1.0)
        q, diff = xp.minimum(q, CAP) * alive, xp.minimum(diff, CAP) * alive
        mu = xp.minimum(mu, CAP**0.5) * alive
        cov = cov if net.bare is False else cov.within(alive, xp)
        jac = before * inside * after
        layers.append(Layer(q, mu, diff, noise**0.5, q_in, diff_in, jac, sigma, *t))
    return layers


def _moments(net: Networks, v: Number, delta: Number) -> Moments:
    """Of each network's activation."""
    if not isinstance(v, np.ndarray):
        name = list(KINDS)[net.smooth[0]] if len(net.smooth) else next(iter(net.piecewise))
        return moments(name, v, delta)
    out = np.empty((len(Moments._fields), len(v)))
    each = [(rows, moments(name, v[rows], delta[rows])) for name, rows in net.piecewise.items()]
    if len(net.smooth):
        rows = slice(len(v) - len(net.smooth), None)
        each.append((rows, smooth_moments(net.smooth, v[rows], delta[rows])))
    for rows, found in each:
        for row, moment in zip(out, found, strict=True):
            row[rows] = moment
    return Moments(*out)


def head(net: Networks, last: Layer, sigma2: Number, xp: Arithmetic) -> Head:
    """The last norm, which pre-norm has, and the last Linear."""
    q, _, diff, jac = normalise(last.q, last.mu, last.diff, net.centred, net.pre, xp)
    return Head(q, diff, jac, xp.minimum(sigma2 * q, CAP))


def _overlap(
    t: Moments, s: Number, skip: Number, q: Number, mu: Number, cov: Cov, n: Number, xp: Arithmetic
) -> tuple[Cov, Number]:
    """Step the covariance of (γ, A) = (mean of h − h̃, its overlap with h) over one block.

    W carries what h − h̃ has along h to z, so it adds s·φ′z·A/q: two inputs of different length
    move apart faster than others. Returns the new covariance and what it adds to Δ.
    """
    per_q = 1 / xp.maximum(q, 1e-300)
    m01 = s * t.e * per_q
    m11 = skip + (skip * s * t.e * mu + s * s * t.kappa * t.r) * per_q * xp.where(q > 0, 1.0, 0.0)
    along = 2 * m01 * cov.both
    fresh = s * s * t.D / n
    mu_out, q_out = skip * mu + s * t.m, skip * (q + 2 * s * mu * t.m) + s * s * t.kappa
    a, b, c = cov.after(skip, m01, skip * s * t.m, m11)
    return Cov(a + fresh, b + fresh * mu_out, c + fresh * q_out), along
