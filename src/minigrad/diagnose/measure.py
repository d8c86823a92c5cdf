"""What is measured on one or two batches: what theory computes for the family it knows."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import numpy as np

from minigrad.diagnose.guessing import guessing
from minigrad.diagnose.layers import Layer, watched
from minigrad.diagnose.session import Array, Session
from minigrad.diagnose.sharpness import dot, norm, sharpness, steps_taken

TRIAL = 8  # updates taken, and taken back
FAR = 10  # first updates in one: about what momentum 0.9 makes of it
POWER = 2  # iterations for the sharpness


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
    far_loss: float = math.nan  # the loss after FAR updates like the first, in one
    farther_loss: float = math.nan  # and after FAR² of them
    far_gradient: float = math.nan  # ‖g‖ there, after FAR of them
    far_descent: float = math.nan  # −g·u there
    far: list[Layer] = field(default_factory=list)  # the layers there
    losses: list[float] = field(default_factory=list)  # of the trial's updates, and after them
    slopes: list[float] = field(default_factory=list)  # ‖g‖ at each
    along: float = 0.0  # cos of the last update and −g after it
    late_descent: float = 0.0  # gᵀRg there, R the last step per unit of gradient
    late_curvature: float = 0.0  # |R½ H R½| there, along R½ g
    after: list[Layer] = field(default_factory=list)  # the layers when the trial ends
    nothing: list[str] = field(default_factory=list)  # parameters no update gives a gradient
    cost: float = 0.0  # in training steps


def measure(session: Session) -> Measured:
    """All of it, in less than 15 training steps. The session is borrowed by then."""
    with watched(session, keep=True, functions=True) as seen:
        start, g = session.differentiate(session.batches[0])
    m = Measured(
        list(seen.values()), session.names, session.left_out, session.rate, session.momentum
    )
    m.limit, m.start, m.gradient = session.limit, start, norm(g)
    m.nothing = [n for n, x in zip(session.names, g, strict=True) if not x.any()]
    if math.isfinite(start) and math.isfinite(m.gradient):
        head = next((layer for layer in reversed(m.layers) if layer.weighted), None)
        if head is not None:
            m.logit = head.q
            m.guess, m.twice = guessing(session, head.name)
        _move(session, m, seen, head, g)
    for layer in m.layers:
        layer.forget()
    m.cost = session.cost
    return m


def _move(
    session: Session, m: Measured, seen: dict[str, Layer], head: Layer | None, g: list[Array]
) -> None:
    """Everything that takes an update."""
    before = session.values()
    session.update()
    u = [after - w for after, w in zip(session.values(), before, strict=True)]
    if not 0 < norm(u) < math.inf:
        return
    m.descent = -dot(g, u)
    _weights(session, m.layers, before, g, u)
    _shape(m, head, session.names, g, u)
    _trial(session, m, seen, head, g, u)
    _far(session, m, before, u)
    m.curvature = sharpness(session, before, g, steps_taken(u, g), POWER)
    session.put(before)


def _weights(
    session: Session, layers: list[Layer], before: list[Array], g: list[Array], u: list[Array]
) -> None:
    """Each layer's largest parameter: its size, its gradient's, its first update's."""
    for layer in layers:
        prefix = f"{layer.name}." if layer.name else ""
        own = [
            i
            for i, n in enumerate(session.names)
            if n.startswith(prefix) and "." not in n[len(prefix) :]
        ]
        if own:
            i = max(own, key=lambda i: before[i].size)
            layer.weight = math.sqrt(np.square(before[i]).mean())
            layer.weight_gradient = math.sqrt(np.square(g[i]).mean())
            layer.update = math.sqrt(np.square(u[i]).mean()) / max(layer.weight, 1e-30)


def _shape(
    m: Measured, head: Layer | None, names: list[str], g: list[Array], u: list[Array]
) -> None:
    """Where the first update goes: its last layer's share, and how evenly it moves the weights."""
    if head is not None and m.descent:
        own = [n.rpartition(".")[0] == head.name for n in names]
        part = [float(np.vdot(x, y)) for x, y, mine in zip(g, u, own, strict=True) if mine]
        m.descent_head = -sum(part) / m.descent
    size = sum(x.size for x in u)
    rms = math.sqrt(dot(u, u) / size)
    m.even = sum(float(np.abs(x).sum()) for x in u) / size / rms


def _far(session: Session, m: Measured, w: list[Array], u: list[Array]) -> None:
    """The network after FAR and FAR² first updates at once."""
    session.put([x + FAR * y for x, y in zip(w, u, strict=True)])
    with watched(session) as there:
        m.far_loss, g = session.differentiate(session.batches[0])
    m.far = list(there.values())
    m.far_gradient = norm(g)
    m.far_descent = -dot(g, u)
    session.put([x + FAR**2 * y for x, y in zip(w, u, strict=True)])
    m.farther_loss = session.evaluate(session.batches[0])


def _trial(
    session: Session,
    m: Measured,
    seen: dict[str, Layer],
    head: Layer | None,
    g: list[Array],
    u: list[Array],
) -> None:
    """Look at the network after one update, take the other updates, and look again."""
    first, other = session.batches[0], session.batches[-1]
    start = g
    for taken in range(1, TRIAL + 1):
        last = taken == TRIAL
        looked: AbstractContextManager[dict[str, Layer]] = nullcontext({})
        if taken == 1 or last:
            looked = watched(session, keep=taken == 1)
        with looked as then:
            loss, g = session.differentiate(other if taken % 2 and not last else first)
        m.losses.append(loss)
        m.slopes.append(norm(g))
        still = {n for n, x in zip(session.names, g, strict=True) if not x.any()}
        m.nothing = [n for n in m.nothing if n in still]  # a branch that starts at 0 moves later
        if taken == 1:
            m.carried, m.agreement = -dot(g, u), _cos(start, g)
            if other is not first:
                with watched(session, keep=True) as then:
                    session.evaluate(first)
            _changes(seen, then, head, m)
        if not (math.isfinite(loss) and math.isfinite(m.slopes[-1])):
            return
        if not last:
            w = session.values()
            session.update()
            u = [x - y for x, y in zip(session.values(), w, strict=True)]
            step = steps_taken(u, g)
    m.after = list(then.values())
    m.along = -_cos(g, u)
    m.late_descent = sum(r * float(np.vdot(x, x)) for r, x in zip(step, g, strict=True))
    m.late_curvature = sharpness(session, session.values(), g, step, 1)


def _cos(a: list[Array], b: list[Array]) -> float:
    size = norm(a) * norm(b)
    return dot(a, b) / size if 0 < size < math.inf else 0.0


def _changes(
    seen: dict[str, Layer], then: dict[str, Layer], head: Layer | None, m: Measured
) -> None:
    """How much one update changes what leaves each layer."""
    for name, layer in seen.items():
        if name not in then:
            continue
        layer.change_in = _moved(layer.kept_in, then[name].kept_in, layer.q_in)
        layer.change = _moved(layer.kept, then[name].kept, layer.q)
        if layer is head and layer.kept is not None and then[name].kept is not None:
            d = then[name].kept.astype(np.float64) - layer.kept  # type: ignore[union-attr]
            m.moved = float(np.square(d).mean())
            m.apart = float(d.reshape(len(d), -1).var(axis=0).mean())
    for layer in (*seen.values(), *then.values()):
        layer.forget()


def _moved(before: Array | None, after: Array | None, square: float) -> float:
    """The root mean square of a change over that of the value; NaN where one is not known."""
    if before is None or after is None:
        return math.nan
    return math.sqrt(np.square(after - before, dtype=np.float64).mean() / max(square, 1e-300))
