"""Views: tensors that lie in the memory of another, their root, and follow its changes in place.

A view knows its root and the ops that lead to it from there; the root knows its views, weakly. A
change in place that is recorded moves the root to new memory, so that no value is lost that a
gradient needs, and makes its views again from it: their values and their place in the graph.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.core.graph import record
from minigrad.core.hooks import move_retained
from minigrad.core.saved import owner
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import InplaceError

Steps = tuple[tuple[Callable[..., Tensor], tuple[Any, ...]], ...]


def share(out: Tensor, input: Tensor, op: Callable[..., Tensor], *args: Any) -> Tensor:
    """`out`, remembered as the view op(input, *args) if it lies in input's memory. Where input has
    a gradient and out has none, it is only held to input's values."""
    x, base = input.array, out.array.base  # a view's base is x or x's own base, nearly always
    if base is not x and out.array is not x and (base is None or owner(base) is not owner(x)):
        return out
    root, steps = _origin(input) or (input, ())
    steps = (*steps, (op, args))
    cut = op is detach or (input.requires_grad and not out.requires_grad)
    out.origin = weakref.ref(root) if cut else (root, steps)
    if root.node is None and root.requires_grad:
        return out  # such a leaf never moves
    views = getattr(root, "views", None)
    if views is None:
        root.views = views = []
    elif len(views) % 16 == 0:
        views[:] = [(view, steps) for view, steps in views if view() is not None]
    views.append((weakref.ref(out), steps))
    return out


def detach(input: Tensor) -> Tensor:
    """The same memory outside the graph: what changes the one in place changes the other."""
    return share(wrap(input.array), input, detach)


def _origin(tensor: Tensor) -> tuple[Tensor, Steps] | None:
    """(root, the steps from it) of a view; None for a root and for what is cut off from its own."""
    origin = getattr(tensor, "origin", None)
    return origin if type(origin) is tuple else None


def root_of(tensor: Tensor) -> Tensor:
    """The tensor that a view is a view of, or the tensor itself."""
    origin = _origin(tensor)
    return origin[0] if origin else tensor


def same_place(a: Tensor, b: Tensor) -> bool:
    """Whether two views of one root are the same part of it."""
    one, other = _origin(a), _origin(b)
    if one is None or other is None or one[0] is not other[0]:
        return False
    return a.array.__array_interface__ == b.array.__array_interface__


def replace(self: Tensor, name: str, value: Tensor) -> None:
    """Give `self` the value of `value` and its place in the graph; all that share memory follow."""
    root, steps = _origin(self) or (self, ())
    source = getattr(root, "origin", None)
    if source is not None and source() is not None:
        raise InplaceError(
            f"{name}: this tensor shares the memory of another that it is detached from, which "
            "would change without a gradient: clone() it first, or change it under "
            "minigrad.no_grad()"
        )
    _become(root, _put(root, steps, value) if steps else value)
    _follow(root)


def _put(root: Tensor, steps: Steps, value: Tensor) -> Tensor:
    """`root` with `value` in the place that the steps lead to.   Gradients: G, 0 in that place; and
    that part of G."""
    full, taken = root.array.copy("K"), np.zeros_like(root.array, bool)
    for whole, part in ((full, value.array), (taken, True)):
        place = _walk(wrap(whole), steps).array
        place[...] = part
        assert owner(place) is whole
    return record(
        "put",
        full,
        (root, lambda g, taken: np.where(taken, 0, g), taken),
        (value, lambda g: _part(g, steps)),
        dtype=full.dtype,
    )


def _walk(tensor: Tensor, steps: Steps) -> Tensor:
    for op, args in steps:
        tensor = op(tensor, *args)
    return tensor


def _part(g: Any, steps: Steps) -> Any:
    return _walk(g, steps) if isinstance(g, Tensor) else _walk(wrap(g), steps).array


def _follow(root: Tensor) -> None:
    """Make the root's views again from its new value."""
    views = [(view(), steps) for view, steps in getattr(root, "views", ())]
    root.views = []
    for view, steps in views:
        if view is not None:
            again = _walk(root, steps)
            if _origin(view):
                _become(view, again)
            else:
                view.array = again.array
                _follow(view)
    root.views = [(weakref.ref(view), steps) for view, steps in views if view is not None]


def _become(tensor: Tensor, other: Tensor) -> None:
    move_retained(tensor.node, other.node)
    tensor.array, tensor.node, tensor.requires_grad = other.array, other.node, other.requires_grad
