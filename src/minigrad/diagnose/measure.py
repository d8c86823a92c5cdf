"""What is measured on one or two batches: what theory computes for the family it knows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigrad.diagnose.layers import Layer, watched
from minigrad.diagnose.session import Array, Session, array

TRIAL = 6  # updates taken, and taken back
FAR = 10  # first updates in one: about what momentum 0.9 makes of it
POWER = 3  # iterations for the sharpness
KICK = 1e3  # size of the logits that ask whether the loss punishes a confident mistake


@dataclass
class Measured:
    """The evidence. u is the optimizer's first update, g₁ and g₂ the batches' gradients."""

    layers: list[Layer]
    names: list[str]  # of the parameters
    left_out: list[str]
    width: float  # median over the matrices of the smaller side
    rate: float
    momentum: float
    start: float = math.nan  # the loss of the first batch
    guess: float = math.nan  # of the best constant answer
    bounded: bool = False  # a confident mistake costs what it would after two softmaxes
    logit: float = 0.0  # mean square of what the last layer gives
    agreement: float = 0.0  # cos(g₁, g₂)
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
    after: list[Layer] = field(default_factory=list)  # the layers when the trial ends
    nothing: list[str] = field(default_factory=list)  # parameters without any gradient
    cost: float = 0.0  # in training steps


def dot(a: Sequence[Array], b: Sequence[Array]) -> float:
    """The inner product of two gradients."""
    return float(sum(float(np.vdot(x, y)) for x, y in zip(a, b, strict=True)))


def measure(session: Session) -> Measured:
    """All of it, in about 14 training steps. The session is borrowed by then."""
    first, other = session.batches[0], session.batches[-1]
    with watched(session, keep=True) as seen:
        start, g = session.differentiate(first)
    layers = list(seen.values())
    sides = [min(x.shape[0], x[0].size) for x in g if x.ndim > 1]
    m = Measured(
        layers,
        session.names,
        session.left_out,
        float(np.median(sides)) if sides else 1.0,
        session.rate,
        session.momentum,
    )
    m.start = start
    m.gradient = math.sqrt(min(dot(g, g), 1e300))
    m.nothing = [n for n, x in zip(session.names, g, strict=True) if not x.any()]
    head = next((layer for layer in reversed(layers) if layer.weighted), None)
    if not (math.isfinite(start) and math.isfinite(m.gradient)):
        m.cost = session.cost
        return m
    if head is not None:
        m.logit = head.q
        _guessing(session, head.name, m)
    before = session.values()
    session.differentiate(first)
    session.update()
    u = [after - w for after, w in zip(session.values(), before, strict=True)]
    if not any(x.any() for x in u) or not all(np.isfinite(x).all() for x in u):
        m.cost = session.cost
        return m
    m.descent = -dot(g, u)
    _weights(session, layers, before, g, u)
    _shape(m, head, session.names, g, u)
    _trial(session, m, seen, u, other)
    session.put(before)
    _, g2 = session.differentiate(other)
    size = math.sqrt(dot(g2, g2)) * m.gradient
    m.carried, m.agreement = -dot(g2, u), dot(g, g2) / size if size else 0.0
    _far(session, m, before, u)
    _sharpness(session, m, before, g, u)
    session.put(before)
    m.cost = session.cost
    return m


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
    m.far_gradient = math.sqrt(min(dot(g, g), 1e300))
    m.far_descent = -dot(g, u)
    session.put([x + FAR**2 * y for x, y in zip(w, u, strict=True)])
    m.farther_loss = session.evaluate(session.batches[0])


def _trial(
    session: Session, m: Measured, seen: dict[str, Layer], u: list[Array], other: Any
) -> None:
    """Look at the network after one update, take five more, and look again."""
    first = session.batches[0]
    head = next((layer for layer in reversed(m.layers) if layer.weighted), None)
    for taken in range(1, TRIAL):
        with watched(session, keep=taken == 1) as then:
            loss, g = session.differentiate(other if taken % 2 else first)
        if taken == 1 and other is first:
            _changes(seen, then, head, m)
        elif taken == 1:
            with watched(session, keep=True) as same:
                session.evaluate(first)
            _changes(seen, same, head, m)
        m.losses.append(loss)
        m.slopes.append(math.sqrt(min(dot(g, g), 1e300)))
        if not (math.isfinite(loss) and math.isfinite(m.slopes[-1])):
            return
        session.update()
    with watched(session) as then:
        loss, g = session.differentiate(first)
    m.losses.append(loss)
    m.slopes.append(math.sqrt(min(dot(g, g), 1e300)))
    m.after = list(then.values())


def _changes(
    seen: dict[str, Layer], then: dict[str, Layer], head: Layer | None, m: Measured
) -> None:
    """How much one update changes what leaves each layer."""
    for name, layer in seen.items():
        if layer.kept is None or name not in then or then[name].kept is None:
            continue
        d = then[name].kept.astype(np.float64) - layer.kept  # type: ignore[union-attr]
        layer.change = math.sqrt(np.square(d).mean() / max(layer.q, 1e-300))
        if layer is head:
            m.moved = float(np.square(d).mean())
            m.apart = float(d.reshape(len(d), -1).var(axis=0).mean())
    for layer in (*seen.values(), *then.values()):
        layer.kept = None


def _sharpness(
    session: Session, m: Measured, w: list[Array], g: list[Array], u: list[Array]
) -> None:
    """Power iteration on R½ H R½, H's products by differences of the gradient of batch one."""
    root = [
        math.sqrt(math.sqrt(np.square(x).mean() / max(np.square(y).mean(), 1e-60)))
        for x, y in zip(u, g, strict=True)
    ]
    v = [r * x for r, x in zip(root, g, strict=True)]
    scale = math.sqrt(dot(w, w))
    for _ in range(POWER):
        size = math.sqrt(dot(v, v))
        if not 0 < size < math.inf:
            return
        v = [x / size for x in v]
        d = [r * x for r, x in zip(root, v, strict=True)]
        h = 2e-3 * scale / math.sqrt(dot(d, d))
        session.put([x + h * y for x, y in zip(w, d, strict=True)])
        _, there = session.differentiate(session.batches[0])
        if not all(np.isfinite(x).all() for x in there):
            m.curvature = math.inf
            return
        product = [r * (x - y) / h for r, x, y in zip(root, there, g, strict=True)]
        m.curvature = math.sqrt(dot(product, product))
        v = product


def _guessing(session: Session, head: str, m: Measured) -> None:
    """What the best constant answer costs, by answering it in the last layer's place."""
    engine, module = session.engine, dict(session.model.named_modules())[head]
    held: dict[str, Any] = {}

    def answer(constant: Any) -> Any:
        def replace(module: Any, inputs: Any, output: Any) -> Any:
            values = constant(tuple(output.shape))
            return engine.tensor(values, dtype=output.dtype)

        return replace

    def loss(constant: Any) -> float:
        handle = module.register_forward_hook(answer(constant))
        try:
            return session.evaluate(session.batches[0])
        finally:
            handle.remove()

    def wave(shape: tuple[int, ...]) -> Array:
        return KICK * np.cos(1.7 * np.arange(math.prod(shape), dtype=np.float32)).reshape(shape)

    def with_gradient(module: Any, inputs: Any, output: Any) -> Any:
        shape = tuple(output.shape)
        held["classes"], held["rows"] = shape[-1], math.prod(shape[:-1])
        held["constant"] = engine.zeros(*shape, dtype=output.dtype).requires_grad_()
        return held["constant"]

    handle = module.register_forward_hook(with_gradient)
    session._random()
    session.forwards += 1
    try:
        value = session.loss(session.model, session.batches[0])
        blank = float(value.item())
        if value.requires_grad:
            value.backward()
    finally:
        handle.remove()
        for p in session.parameters:
            p.grad = None
    m.guess = blank
    grad = held["constant"].grad
    if grad is None or not math.isfinite(blank):
        return
    slope = array(grad).astype(np.float64).reshape(-1, held["classes"]).sum(axis=0)
    share = 1 / held["classes"] - slope  # of each label, if this is cross-entropy
    if share.min() > -1e-4 and abs(share.sum() - 1) < 1e-3:
        seen = share[share > 0.1 / held["rows"]]
        m.guess = float(-(seen * np.log(seen)).sum() + (len(seen) - 1) / (2 * held["rows"]))
    elif slope @ slope > 0:  # the minimum of a parabola along the slope
        s = 0.5
        tried = loss(lambda shape: np.broadcast_to(-s * slope, shape).astype(np.float32))
        bend = tried - blank + s * float(slope @ slope)
        if bend > 0:
            m.guess = max(blank - float(slope @ slope) ** 2 * s * s / (4 * bend), 0.0)
    m.guess = max(m.guess, 1e-12)
    classes = held["classes"]
    top = math.log(classes - 1 + math.e)  # a softmax of a softmax: all of it on a wrong label
    if abs(blank - math.log(classes)) < 1e-2:
        m.bounded = top - 1.01 < loss(wave) < top + 0.01
