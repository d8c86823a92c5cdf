"""What is measured on one or two batches: what theory computes for the family it knows."""

from __future__ import annotations

import math
from contextlib import nullcontext
from dataclasses import dataclass, field

import numpy as np

from minigrad.diagnose.guessing import guessing
from minigrad.diagnose.layers import Layer, glimpsed, outputs, watched
from minigrad.diagnose.leaps import Leap, growth, leaps
from minigrad.diagnose.session import Array, Session, dot, norm
from minigrad.diagnose.sharpness import sharpness

Outputs = dict[str, tuple[Array | None, Array]]


@dataclass
class Measured:
    """The evidence. u is the optimizer's first update, g₁ and g₂ are the batches' gradients."""

    layers: list[Layer]
    names: list[str]  # of the parameters
    left_out: list[str]
    rate: float
    momentum: float
    limit: float = math.nan  # of stability, for `curvature`
    start: float = math.nan  # the loss of the first batch
    guess: float = math.nan  # of the best constant answer
    twice: bool = False  # a softmax of a softmax stands before the loss
    logit: float = 0.0  # mean square of what the last layer gives
    agreement: float = 0.0  # cos(g₁, g₂), g₂ taken after the first update
    descent: float = 0.0  # −g₁·u: what the first update promises on its own batch
    carried: float = 0.0  # −g₂·u: and on another
    gradient: float = 0.0  # ‖g₁‖
    curvature: float = 0.0  # greatest eigenvalue of R½ H R½, R the step per unit of gradient
    moved: float = 0.0  # mean square of what u adds to the last layer's output
    apart: float = 0.0  # and of the part that differs between examples
    descent_head: float = 0.0  # the last layer's share of −g₁·u
    even: float = 0.0  # mean |u| over its root mean square: 1 where all weights move alike
    losses: list[float] = field(default_factory=list)  # before the second update, and the third
    slopes: list[float] = field(default_factory=list)  # ‖g‖ there
    turn: float = 0.0  # cos of the last two updates of the three
    stride: float = math.nan  # norm of the last over that of the first
    grown: float = math.nan  # change of a matrix by the three over its size: the greatest
    middle: float = math.nan  # and the middle one
    leaps: list[Leap] = field(default_factory=list)  # from there towards the last step
    late_slope: float = math.nan  # ‖g‖ where the last one ends
    # the layers after two updates, and where each leap ends
    later: list[list[Layer]] = field(default_factory=list)
    nothing: list[str] = field(default_factory=list)  # parameters no update gives a gradient
    cost: float = 0.0  # in training steps


def measure(session: Session, steps: int) -> Measured:
    """All of it. The session is borrowed by then."""
    with watched(session, functions=True) as seen, outputs(session) as before:
        start, g = session.differentiate(session.batches[0])
    m = Measured(
        list(seen.values()), session.names, session.left_out, session.rate, session.momentum
    )
    m.limit, m.start, m.gradient = session.limit, start, norm(g)
    m.nothing = _without(session, g)
    if math.isfinite(start) and math.isfinite(m.gradient):
        head = next((layer for layer in reversed(m.layers) if layer.weighted), None)
        if head is not None:
            m.logit = head.q
            m.guess, m.twice = guessing(session, head.name)
        _move(session, m, before, head, g, steps)
    m.cost = session.cost
    return m


def _without(session: Session, g: Array) -> list[str]:
    """The parameters that have no gradient."""
    squares = session.mean_squares(g)
    return [n for n, square in zip(session.names, squares, strict=True) if square == 0]


def _move(
    session: Session, m: Measured, before: Outputs, head: Layer | None, g: Array, steps: int
) -> None:
    """Everything that takes an update."""
    w = session.values()
    u = session.updated(w)
    if not 0 < norm(u) < math.inf:
        return
    m.descent = -dot(g, u)
    _weights(session, m.layers, w, g, u)
    _shape(session, m, head, g, u)
    turned = _trial(session, m, before, head, w, g, u, steps)
    m.curvature = sharpness(session, w, g, u, turned)
    session.put(w)


def _weights(session: Session, layers: list[Layer], w: Array, g: Array, u: Array) -> None:
    """Each layer's largest parameter: its size, its gradient's, its first update's."""
    sizes, slopes, updates = (np.sqrt(session.mean_squares(x)).tolist() for x in (w, g, u))
    owners: dict[str, list[int]] = {}
    for i, name in enumerate(session.names):
        owners.setdefault(name.rpartition(".")[0], []).append(i)
    for layer in layers:
        if layer.name in owners:
            i = max(owners[layer.name], key=lambda i: session.sizes[i])
            layer.weight, layer.weight_gradient = sizes[i], slopes[i]
            layer.update = updates[i] / max(layer.weight, 1e-30)


def _shape(session: Session, m: Measured, head: Layer | None, g: Array, u: Array) -> None:
    """Where the first update goes: its last layer's share, and how evenly it moves the weights."""
    if head is not None and m.descent:
        own = np.array([n.rpartition(".")[0] == head.name for n in session.names])
        m.descent_head = -dot(g, u * session.spread(own)) / m.descent
    m.even = float(np.abs(u).mean(dtype=np.float64)) / (norm(u) / math.sqrt(len(u)))


def _trial(
    session: Session,
    m: Measured,
    before: Outputs,
    head: Layer | None,
    w: Array,
    g: Array,
    u: Array,
    steps: int,
) -> Array:
    """Look at the network after one update, take two more, leap, and look again. Returns what two
    updates have changed of the first batch's gradient, or g where it is not finite there."""
    first, other = session.batches[0], session.batches[-1]
    if other is not first:
        with outputs(session) as then:
            session.evaluate(first)
    with outputs(session) if other is first else nullcontext(then) as then:
        loss, there = session.differentiate(other)
    m.carried, m.agreement = -dot(there, u), _cos(g, there)
    _changes(m, before, then, head)
    if not _survives(session, m, loss, there):
        return g
    size, last = norm(u), session.updated(w + u)
    with glimpsed(session) as layers:
        loss, there = session.differentiate(first)
    m.later.append(layers)
    if not _survives(session, m, loss, there):
        return g
    at = w + u + last
    u = session.updated(at)
    m.turn, m.stride = _cos(last, u), norm(u) / size
    grown = growth(session, w)
    m.grown, m.middle = grown(at + u)
    m.leaps, m.late_slope, later = leaps(session, grown, at + u, there, last, u, steps)
    m.later += later
    return there - g


def _survives(session: Session, m: Measured, loss: float, g: Array) -> bool:
    """Note the loss and the gradient before an update; whether both are finite."""
    m.losses.append(loss)
    m.slopes.append(norm(g))
    if m.nothing:  # a branch that starts at 0 moves later
        still = _without(session, g)
        m.nothing = [n for n in m.nothing if n in still]
    return math.isfinite(loss) and math.isfinite(m.slopes[-1])


def _cos(a: Array, b: Array) -> float:
    size = norm(a) * norm(b)
    return dot(a, b) / size if 0 < size < math.inf else 0.0


def _changes(m: Measured, before: Outputs, then: Outputs, head: Layer | None) -> None:
    """How much one update changes what leaves each layer."""
    for layer in m.layers:
        if layer.name not in then:
            continue
        (x, y), (x_then, y_then) = before[layer.name], then[layer.name]
        layer.change_in = _moved(x, x_then, layer.q_in)
        layer.change = _moved(y, y_then, layer.q)
        if layer is head:
            d = y_then.astype(np.float64) - y
            m.moved = float(np.square(d).mean())
            m.apart = float(d.reshape(len(d), -1).var(axis=0).mean())


def _moved(before: Array | None, after: Array | None, square: float) -> float:
    """The root mean square of a change over that of the value; NaN where one is not known."""
    if before is None or after is None or before.shape != after.shape:
        return math.nan
    d = np.subtract(after, before, dtype=np.float64).ravel()
    return math.sqrt(float(d @ d) / max(d.size, 1) / max(square, 1e-300))
