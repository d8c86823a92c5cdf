"""Wrong implementations of lab 03, by the name the check must give, and right ones."""

import math

import numpy as np

import minigrad
from minigrad import nn


def residual(forward):
    """A Residual with this forward(x, f, scale)."""

    class Residual(nn.Module):
        def __init__(self, f, scale=1.0):
            super().__init__()
            self.f, self.scale = f, scale

        def forward(self, x):
            return forward(x, self.f, self.scale)

    return Residual


def block(forward):
    """A block with this forward(x, norm, f)."""

    class Block(nn.Module):
        def __init__(self, norm, f):
            super().__init__()
            self.norm, self.f = norm, f

        def forward(self, x):
            return forward(x, self.norm, self.f)

    return Block


def in_place(x, f, scale):
    x.array += scale * f(x).array
    return x


def in_place_block(x, norm, f):
    x.array += f(norm(x)).array + 1
    return x


def cut(x, f, scale):
    return minigrad.tensor(x.array + scale * f(x).array, dtype=x.dtype)


def each_normed(x, blocks, norm):
    for b in blocks:
        x = norm(b(x))
    return x


def each_normed_and_final(x, blocks, norm):
    for b in blocks[:-1]:
        x = norm(b(x))
    return norm(blocks[-1](x))


def run(x, blocks):
    for b in blocks:
        x = b(x)
    return x


def grads(parameters):
    return [p.grad.array for p in parameters if p.grad is not None]


def clears(parameters):
    total = math.sqrt(sum((g**2).sum() for g in grads(parameters)))
    for p in parameters:
        p.grad = None
    return total


def reads_cleared(parameters):
    for p in parameters:
        p.grad = None
    return math.sqrt(sum((g**2).sum() for g in grads(parameters)))


def symptoms(before="healthy", after="vanished", loss="stalled"):
    return lambda: {"gradient before": before, "gradient after": after, "loss": loss}


def first_only(x, blocks, norm):
    return norm([b(x) for b in blocks][-1])


MISTAKES = {
    "Residual": [
        ("the skip is missing", residual(lambda x, f, s: s * f(x))),
        ("counted twice", residual(lambda x, f, s: x + x + s * f(x))),
        ("the branch is missing", residual(lambda x, f, s: x + 0)),
        ("an activation stands after", residual(lambda x, f, s: (x + s * f(x)).relu())),
        ("wrote into the caller's x", residual(in_place)),
        ("the scale is ignored", residual(lambda x, f, s: x + f(x))),
        ("stands on the skip too", residual(lambda x, f, s: s * (x + f(x)))),
        ("inside f", residual(lambda x, f, s: x + f(s * x))),
        ("the graph was cut", residual(cut)),
        ("the skip carries no gradient", residual(lambda x, f, s: x.detach() + s * f(x))),
        ("the branch carries no gradient", residual(lambda x, f, s: x + s * f(x).detach())),
    ],
    "PreNormBlock": [
        ("the skip is normalized too", block(lambda x, n, f: n(x) + f(n(x)))),
        ("the skip is missing", block(lambda x, n, f: f(n(x)))),
        ("counted twice", block(lambda x, n, f: 2 * x + f(n(x)))),
        ("this is post-norm", block(lambda x, n, f: n(x + f(x)))),
        ("the norm is missing", block(lambda x, n, f: x + f(x))),
        ("only the branch is normalized", block(lambda x, n, f: x + n(f(x)))),
        ("the branch is missing", block(lambda x, n, f: x + 0 * n(x))),
        ("wrote into the caller's x", block(in_place_block)),
        ("an activation stands after", block(lambda x, n, f: (x + f(n(x))).relu())),
        ("the skip carries no gradient", block(lambda x, n, f: x.detach() + f(n(x)))),
        ("the branch carries no gradient", block(lambda x, n, f: x + f(n(x.detach())))),
        ("the graph was cut", block(lambda x, n, f: (x + f(n(x))).detach())),
    ],
    "PostNormBlock": [
        ("this is pre-norm", block(lambda x, n, f: x + f(n(x)))),
        ("the norm is missing", block(lambda x, n, f: x + f(x))),
        ("the skip is missing", block(lambda x, n, f: n(f(x)))),
        ("counted twice", block(lambda x, n, f: n(2 * x + f(x)))),
        ("only the branch is normalized", block(lambda x, n, f: x + n(f(x)))),
        ("the branch is missing", block(lambda x, n, f: n(x))),
        ("wrote into the caller's x", block(in_place_block)),
        ("the skip carries no gradient", block(lambda x, n, f: n(x.detach() + f(x)))),
        ("the branch carries no gradient", block(lambda x, n, f: n(x + f(x.detach())))),
        ("the graph was cut", block(lambda x, n, f: n(x + f(x)).detach())),
    ],
    "pre_norm_stack": [
        ("the final norm is missing", lambda x, bs, n: run(x, bs)),
        ("the final norm came first", lambda x, bs, n: run(n(x), bs)),
        ("after every block", each_normed),
        ("after every block", each_normed_and_final),
        ("every block got the first x", first_only),
    ],
    "grad_norm": [
        ("the root is missing", lambda ps: sum((g**2).sum() for g in grads(ps))),
        ("the norms were added", lambda ps: sum(np.sqrt((g**2).sum()) for g in grads(ps))),
        ("a mean, not a sum", lambda ps: np.mean([(g**2).mean() for g in grads(ps)]) ** 0.5),
        ("not their gradients", lambda ps: math.sqrt(sum((p.data**2).sum() for p in ps))),
        ("clipped before they were measured", lambda ps: min(1.0, clears(ps))),
        ("cleared before they were read", clears),
        ("cleared before they were read", reads_cleared),
        (
            "grad is None stopped it",
            lambda ps: math.sqrt(sum((p.grad.array**2).sum() for p in ps)),
        ),
    ],
    "remove_skip": [
        ("the skip is still there", lambda b: lambda x: x + b.f(b.norm(x))),
        ("the skip is still there", lambda b: lambda x: b.norm(x) + b.f(b.norm(x))),
        ("the norm went out", lambda b: b.f),
        ("the norm went out", lambda b: lambda x: b.norm(b.f(x))),
    ],
    "symptoms_without_skip": [
        ("before the first update the gradient is healthy", symptoms(before="vanished")),
        ("far below 1 %", symptoms(after="healthy")),
        ("the run stalls", symptoms(loss="diverged")),
        ("the run stalls", symptoms(loss="trained")),
    ],
}

RIGHT = {
    "Residual": [
        nn.Residual,
        residual(lambda x, f, s: f(x) * s + x),
    ],
    "PreNormBlock": [nn.PreNorm, block(lambda x, n, f: f(n(x)) - (-x))],
    "PostNormBlock": [nn.PostNorm, block(lambda x, n, f: n(f(x) + x))],
    "pre_norm_stack": [
        lambda x, bs, n: n(nn.Sequential(*map(residual_free, bs))(x)),
        lambda x, bs, n: n(run(x, list(bs))),
    ],
    "grad_norm": [
        lambda ps: float(np.linalg.norm(np.concatenate([g.ravel() for g in grads(ps)]))),
        lambda ps: math.hypot(*(float(v) for g in grads(ps) for v in g.ravel())),
    ],
    "remove_skip": [
        lambda b: block(lambda x, n, f: f(n(x)))(b.norm, b.f),
        lambda b: lambda x: b.f(b.norm(x)) * 1,
        lambda b: lambda x: b(x) - x,
        lambda b: nn.Sequential(b.norm, b.f),
    ],
    "symptoms_without_skip": [symptoms(), symptoms(loss="".join(["stall", "ed"]))],
}


def residual_free(function):
    class Layer(nn.Module):
        def forward(self, x):
            return function(x)

    return Layer()
