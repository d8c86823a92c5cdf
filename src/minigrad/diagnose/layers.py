"""What hooks see of each layer in one pass: sizes, likeness, gradient, dead and saturated units."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad.diagnose.functions import MODULE, called
from minigrad.diagnose.session import Array, Session, array, is_tensor

EDGE = 0.99  # of tanh's range: beyond it the slope is below 0.02
TINY = 1e-300


@dataclass
class Layer:
    """One module with parameters of its own, or one without submodules. A mean square is taken
    over all entries; 1 − cos over pairs of examples, or of positions of one example."""

    name: str
    kind: str  # of its class
    weighted: bool
    units: int = 0  # numbers that leave, for each example or position
    q_in: float = math.nan  # mean square of what enters
    q: float = math.nan  # mean square of what leaves
    alike_in: float = math.nan  # 1 − cos of two examples, entering
    alike: float = math.nan  # and leaving
    alike_positions: float = math.nan  # 1 − cos of two positions, leaving (sequences only)
    gradient: float = 0.0  # mean square of the loss's gradient at what leaves
    dead: float = 0.0  # share of units that are 0 for every example
    saturated: float = 0.0  # share of entries at the edge of tanh's or a sigmoid's range
    entropy: float = math.nan  # of attention's weights, as a share of the greatest possible
    weight: float = math.nan  # root mean square of the largest parameter
    weight_gradient: float = math.nan  # and of its gradient
    update: float = math.nan  # norm of one update over norm of the weight
    change: float = math.nan  # of what leaves, by one update, over its size
    change_in: float = math.nan  # and of what enters

    def add_units(self, other: Layer) -> None:
        """The worse of what both saw of dead and saturated units and of attention."""
        self.dead = max(self.dead, other.dead)
        self.saturated = max(self.saturated, other.saturated)
        self.entropy = float(np.fmin(self.entropy, other.entropy))


def unlike(x: Array, axis: int = 0, square: float | None = None) -> float:
    """1 − cos of two examples, averaged over pairs: x (B, …). Of two positions of one example with
    axis 1: x (B, T, n). `square` is x's mean square, where it is known."""
    count = x.shape[axis]
    if count < 2:
        return math.nan
    # differences to the first are exact where all are alike, and float32 is then enough
    d = x - (x[:, :1] if axis else x[:1])
    apart = _mean_square(d) - _mean_square(np.add.reduce(d, axis) / count)
    return apart * count / (count - 1) / max(_mean_square(x) if square is None else square, TINY)


def _looking() -> Callable[[Any], tuple[Array, float, float]]:
    """A function of a tensor: its values, mean square and 1 − cos of examples. It remembers the
    last one, for what leaves one module often enters the next."""
    last, square, alike = None, math.nan, math.nan

    def look(tensor: Any) -> tuple[Array, float, float]:
        nonlocal last, square, alike
        x = array(tensor)
        q = _mean_square(x)
        if tensor is not last or q != square:  # else it may have been changed in place
            last, square, alike = tensor, q, unlike(x, square=q)
        return x, square, alike

    return look


def _mean_square(x: Array) -> float:
    flat = x.ravel()
    value = float(flat @ flat) / max(flat.size, 1)
    if math.isfinite(value) and value > 1e-30:
        return value
    return float(np.square(flat, dtype=np.float64).mean()) if flat.size else math.nan


def _width(x: Array) -> int:
    """How many units: a picture's channels come second, others last."""
    return 0 if x.ndim < 2 else int(x.shape[1 if x.ndim == 4 else -1])


def _first(value: Any) -> Any:
    """The first tensor of floats in what a module takes or returns; None without any."""
    if is_tensor(value):
        return value
    if isinstance(value, list | tuple):
        return next((v for v in map(_first, value) if v is not None), None)
    return None


def _units(layer: Layer, x: Array, made: bool = False) -> None:
    """Dead and saturated units, and attention's entropy, in what enters or leaves a module;
    `made` by weights of its own, a 0 is no unit that a nonlinearity closed."""
    if x.ndim < 2 or not x.size:
        return
    high, low = float(x.max()), float(x.min())
    if not math.isfinite(high - low):
        return
    if low == 0 and not made:  # as ReLU leaves it; channels come second in a picture
        zero = (x == 0).all(axis=(0, 2, 3) if x.ndim == 4 else tuple(range(x.ndim - 1)))
        layer.dead = max(layer.dead, float(zero.mean()))
    if x.ndim == 4 and low >= 0 and high <= 1.001 and np.allclose(x.sum(axis=-1), 1, atol=1e-3):
        layer.entropy = _entropy(x)
    elif EDGE < high <= 1 and low < -EDGE and low >= -1:
        layer.saturated = max(layer.saturated, float((np.abs(x) > EDGE).mean()))
    elif EDGE < high <= 1 and 0 < low < 1 - EDGE:
        layer.saturated = max(layer.saturated, float((np.abs(2 * x - 1) > EDGE).mean()))


def _entropy(weights: Array) -> float:
    """Of attention's weights (B, H, T, S), as a share of the greatest that the mask allows."""
    T, S = weights.shape[-2:]
    causal = T == S and not np.triu(weights, 1).any()
    reach = np.arange(1, T + 1) if causal else np.full(T, S)
    nats = -(weights * np.log(np.maximum(weights, 1e-30))).sum(axis=-1)[..., reach > 1]
    return float((nats / np.log(reach[reach > 1])).mean()) if nats.size else math.nan


@contextmanager
def _hooked(
    session: Session, see: Callable[[str, str, bool, Any, Any], None], all_of: bool = True
) -> Iterator[None]:
    """`see` every call of a module inside, or of one with weights: its name and kind, whether it
    has weights, and the first tensor of floats that enters and that leaves, or None."""

    def hook(name: str, weighted: bool) -> Any:
        def called_with(module: Any, inputs: Any, output: Any) -> None:
            see(name, type(module).__name__, weighted, _first(inputs), _first(output))

        return called_with

    chosen = [one for one in session.modules if all_of or one[2]]
    handles = [m.register_forward_hook(hook(name, own)) for name, m, own in chosen]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def watched(session: Session, functions: bool = False) -> Iterator[dict[str, Layer]]:
    """The layers of the pass made inside by name, in the order in which they were first called. Of
    one called again, as a recurrent cell is, the first call counts, but for 1 − cos: the greatest.

    With `functions`, what the model calls beside its modules (F.relu, attention) is looked at too,
    and told of the layer before it.
    """
    seen: dict[str, Layer] = {}
    beside: list[Layer] = []  # seen since the last module
    latest, left = Layer("", "", False), None
    look = _looking()

    def note(name: str, values: Array) -> None:
        beside.append(Layer("", name, False))
        _units(beside[-1], values)

    def settle() -> None:
        for one in beside:
            latest.add_units(one)
        beside.clear()

    def see(name: str, kind: str, weighted: bool, entering: Any, leaving: Any) -> None:
        nonlocal latest, left
        own = [beside.pop()] if beside and beside[-1].kind == MODULE else []
        if weighted:
            settle()
        beside[:] = own  # what a module without weights called is its own, and seen below
        if leaving is None:
            return
        left = leaving
        if name in seen:
            latest = seen[name]
            latest.alike = max(latest.alike, unlike(array(leaving)))
            return
        layer = latest = seen[name] = Layer(name, kind, weighted)
        settle()
        if entering is not None:
            x, layer.q_in, layer.alike_in = look(entering)
            _units(layer, x)
        y, layer.q, layer.alike = look(leaving)
        layer.units = _width(y)
        layer.alike_positions = unlike(y, 1, layer.q) if y.ndim == 3 else math.nan
        _units(layer, y, made=weighted)
        if weighted and layer.q == 0 < layer.q_in:
            layer.alike = math.nan  # weights that start at 0: nothing is alike yet
        _await_gradient(layer, leaving)

    def whole(module: Any, inputs: Any, output: Any) -> None:
        if output is left:
            session.answer = latest.name, left.detach()

    functions_seen = called(session, note) if functions else nullcontext()
    with np.errstate(all="ignore"), _hooked(session, see), functions_seen:
        handle = session.model.register_forward_hook(whole)
        try:
            yield seen
        finally:
            handle.remove()
    settle()


@contextmanager
def outputs(session: Session) -> Iterator[dict[str, tuple[Array | None, Array]]]:
    """What enters and leaves each layer in the pass made inside, at its first call; what enters is
    None where the layer has no parameters."""
    seen: dict[str, tuple[Array | None, Array]] = {}

    def see(name: str, kind: str, weighted: bool, entering: Any, leaving: Any) -> None:
        if leaving is not None and name not in seen:
            x = array(entering).copy() if weighted and entering is not None else None
            seen[name] = x, array(leaving).copy()

    with _hooked(session, see):
        yield seen


@contextmanager
def glimpsed(session: Session) -> Iterator[list[Layer]]:
    """The layers with parameters of the pass made inside: mean square, likeness, gradient."""
    seen: dict[str, Layer] = {}
    layers: list[Layer] = []
    look = _looking()

    def see(name: str, kind: str, weighted: bool, entering: Any, leaving: Any) -> None:
        if leaving is None or name in seen:
            return
        layer = seen[name] = Layer(name, kind, weighted)
        if entering is not None:
            layer.alike_in = look(entering)[2]
        layer.q, layer.alike = look(leaving)[1:]
        _await_gradient(layer, leaving)

    with _hooked(session, see, all_of=False):
        yield layers
        layers.extend(seen.values())


def _await_gradient(layer: Layer, leaving: Any) -> None:
    """Its mean square is the layer's, when it comes."""
    if leaving.requires_grad:
        leaving.register_hook(lambda g: setattr(layer, "gradient", _mean_square(array(g))))
