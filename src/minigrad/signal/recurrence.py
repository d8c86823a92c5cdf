"""The signal by depth at init: its mean square, what tells two inputs apart, and the gradient.

For the family that configuration.py defines. Per layer, averaged over neurons and inputs:
q = E h², μ = E h, Δ = ½E(h − h̃)² for a second input, and G = E g² with g = dL/dh for one example.
Derivations and sources are in theory/prediction.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad.signal.arithmetic import ARRAYS, FLOATS, Number
from minigrad.signal.backward import Gradient, backward, error
from minigrad.signal.configuration import CLASSES, INPUTS, Configuration
from minigrad.signal.forward import Head, Layer, by_activation, forward, head, networks
from minigrad.signal.quadrature import Array

FEW = 16  # networks; one after the other, fewer are quicker than as arrays


@dataclass(frozen=True)
class Curves:
    """Curves by depth, each (L,): index l − 1 is block l. Of several networks (L, R).

    There L is the deepest's, and what a shallower network has beyond its depth means nothing.
    """

    def of(self, network: int | slice | list[int], depth: int | None = None) -> Any:
        """One network's, to its depth; or those of several."""
        each = vars(self).values()
        return type(self)(*[x[:depth, network] if x.ndim == 2 else x[network] for x in each])


@dataclass(frozen=True)
class Forward(Curves):
    """Of the signal. h is a block's output, W its Linear."""

    q: Array  # E h²
    mu: Array  # E h
    diff: Array  # Δ = ½E(h − h̃)²
    spread: Array  # standard deviation of ln q over seeds: the luck of the draw, in nats
    q_in: Array  # mean square of what enters W
    diff_in: Array  # its Δ
    jac: Array  # squared Jacobian of the block's norm; 1 without
    head_q: Number  # what enters the head
    head_diff: Number
    head_jac: Number
    logit_variance: Number  # of one logit


@dataclass(frozen=True)
class Backward(Curves):
    """Of the gradient of one example's loss."""

    G: Array  # E (dL/dh)²
    G_pair: Array  # E (dL/dh)(dL̃/dh̃): what two inputs with the same error share
    spread: Array  # standard deviation of ln G over seeds, in nats
    Gz: Array  # E (dL/dz)², z = W·(…) the block's Linear
    Gz_pair: Array
    error: Number  # E (softmax − label)² of one logit


@dataclass(frozen=True)
class Signal:
    """Both, and the σ_w² of the blocks and the head: (L + 1,) of one, (L + 1, R) of several, where
    the head's is at each network's own depth and 0 comes after it."""

    forward: Forward
    backward: Backward
    sigma2: Array

    def of(self, network: int | slice | list[int], depth: int | None = None) -> Signal:
        """One network's, to its depth; or those of several."""
        sigma2 = self.sigma2[: None if depth is None else depth + 1, network]
        return Signal(self.forward.of(network, depth), self.backward.of(network, depth), sigma2)


def propagate(
    config: Configuration, extra: Array | None = None, shift2: Array | None = None
) -> Signal:
    """Forward and backward second moments of ``config`` at init.

    ``extra`` (depth + 1,) is added to the σ_w² of the blocks and the head: what training has put
    on top of the init. ``shift2`` (depth,) is the mean square of what is added to z for all inputs
    alike.
    """
    columns = [None if x is None else np.asarray(x, float)[:, None] for x in (extra, shift2)]
    return propagate_many([config], *columns).of(0, config.depth)


def propagate_many(
    configs: Sequence[Configuration], extra: Array | None = None, shift2: Array | None = None
) -> Signal:
    """The same of many networks at once; ``extra`` is (L + 1, R), its head's at their own depth."""
    depth = np.array([c.depth for c in configs])
    sigma2 = np.zeros((int(depth.max()) + 1, len(configs)))
    for j, c in enumerate(configs):
        sigma2[: c.depth, j] = c.sigma2(c.width, c.width)
        sigma2[0, j], sigma2[c.depth, j] = c.sigma2(INPUTS, c.width), c.sigma2(c.width, CLASSES)
    return propagate_with(configs, sigma2 if extra is None else sigma2 + extra, shift2)


def propagate_with(
    configs: Sequence[Configuration], sigma2: Array, shift2: Array | None = None
) -> Signal:
    """The same with these σ_w² (L + 1, R) in place of the init's, each head's at its own depth."""
    depth, (L, R) = np.array([c.depth for c in configs]), (len(sigma2) - 1, len(configs))
    shift2 = np.zeros((L, R)) if shift2 is None else shift2
    layers = np.zeros((L, len(Layer._fields), R))
    heads = np.zeros((len(Head._fields), R))
    gradients = np.zeros((L, len(Gradient._fields), R))
    if R < FEW:
        for j, c in enumerate(configs):
            net, top, on_top = networks([c]), c.depth, float(sigma2[c.depth, j])
            blocks = forward(net, sigma2[:top, j].tolist(), shift2[:top, j].tolist(), FLOATS)
            end = head(net, blocks[-1], on_top, FLOATS)
            back = backward(net, blocks[::-1], end, on_top, FLOATS)
            layers[:top, :, j], heads[:, j], gradients[:top, :, j] = blocks, end, back[::-1]
    else:
        order = sorted(range(R), key=lambda j: by_activation(configs[j]))
        nets, own = networks([configs[j] for j in order]), depth[order]
        head_sigma2 = sigma2[own, order]
        with np.errstate(all="ignore"):  # a network may go on, past its last block, to anything
            table = _stack(forward(nets, [*sigma2[:L, order]], [*shift2[:, order]], ARRAYS), R)
            down = [Layer(*layer) for layer in _turned(table, own)]
            ends = head(nets, down[0], head_sigma2, ARRAYS)
            backs = backward(nets, down, ends, head_sigma2, ARRAYS)
        layers[:, :, order], heads[:, order] = table, _stack([ends], R)[0]
        gradients[:, :, order] = _turned(_stack(backs, R), own)
    fwd = Forward(*layers[:, :7].swapaxes(0, 1), *heads)
    G, pair, luck, Gz, Gz_pair = gradients.swapaxes(0, 1)
    # block 1 has no norm and no skip
    first = Layer(*layers[0])
    Gz[0], Gz_pair[0] = first.chi * G[0], first.X * pair[0]
    return Signal(fwd, Backward(G, pair, luck, Gz, Gz_pair, error(Head(*heads))), sigma2)


def _stack(rows: Sequence[tuple[Number, ...]], count: int) -> Array:
    """(L, K, R) of L tuples of K Numbers."""
    out = np.empty((len(rows), len(rows[0]), count))
    for layer, row in zip(out, rows, strict=True):
        for k, value in enumerate(row):
            layer[k] = value
    return out


def _turned(table: Array, depth: Array) -> Array:
    """The blocks (L, K, R) from each network's last to its first, and back again; 0 past it."""
    out = np.zeros_like(table)
    for own in set(depth.tolist()):
        columns = np.flatnonzero(depth == own)
        out[:own, :, columns] = table[own - 1 :: -1, :, columns]
    return out
