"""What backward does at each node of the graph, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from minigrad.core import saved as changes
from minigrad.core.dtype import is_floating
from minigrad.core.graph import Node, Vjp, record
from minigrad.core.hooks import run_hooks
from minigrad.core.mode import mode
from minigrad.core.saved import BARE, OUT, changed_since
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import DtypeError, GraphError, InplaceError


def stepper(
    retain_graph: bool, create_graph: bool, wanted: Collection[Any] = (), found: Any = None
) -> Callable[[Node, Any], Any]:
    """What walk() asks at each node: (its gradient as its hooks leave it, the edges to follow).

    With `wanted`, nodes and leaves, the gradients of the nodes go to `found`, no other leaf gets
    one, and nothing below the last of them is touched.
    """
    observe = mode.observer and mode.observer.backward
    special = create_graph or wanted or observe

    def ready(node: Node, g: Any) -> Any:
        if wanted and len(found) == len(wanted):
            return g, ()  # all are found, and what is left is older
        if node.hooks:
            g = run_hooks(node.hooks, g)
        if node in wanted:
            found[node] = g
            if len(found) == len(wanted):
                return g, ()
        edges = node.edges
        if edges is None:
            raise GraphError(
                f"this graph was already walked and freed (at {node.name!r}): call backward once, "
                "or pass retain_graph=True to every call but the last"
            )
        if changes.newest > node.time:
            _check_unchanged(node)
        if node.saves and not retain_graph:
            node.edges = node.parts = None
        if special:
            if wanted:
                edges = [e for e in edges if type(e[0]) is Node or e[0] in wanted]
            if create_graph and edges:
                edges = _recorded(node, edges)
            if observe:
                edges = [(t, _observed(node, vjp, observe), s, p) for t, vjp, s, p in edges]
        return g, edges

    return ready


def _check_unchanged(node: Node) -> None:
    """Raise InplaceError if an array that the node's gradients need was changed after it ran."""
    for _, _, arrays, _ in node.edges or ():
        for array in arrays:
            if changed_since(array, node.time):
                raise InplaceError(
                    f"a tensor of shape {array.shape} was changed in place after {node.name!r} "
                    "used it, and the gradient needs its old value: call backward() before the "
                    "optimizer's step (or any other change in place), or change a clone()"
                )


def _recorded(node: Node, edges: Any) -> list[tuple[Any, Vjp, Any, Any]]:
    """The node's edges for create_graph: with Tensors for what was saved, or one edge to the
    composition it equals, which was recorded just now and leads to the same inputs."""

    def alias(array: np.ndarray, leaf: Tensor) -> Tensor:
        return record("alias", array, (leaf, _same))

    def again(arrays: Any, places: Any) -> list[Any]:
        return [restore(a, p, node, alias) for a, p in zip(arrays, places, strict=True)]

    if node.parts:
        compose, arrays, places = node.parts
        return [(compose(*again(arrays, places)).node, _same, (), ())]
    return [(t, _of_tensors(node, vjp), again(a, p), ()) for t, vjp, a, p in edges]


def _same(g: Any) -> Any:
    return g


def _of_tensors(node: Node, vjp: Vjp) -> Vjp:
    """The VJP, which must give a Tensor: an array would be a constant to the second derivative."""

    def checked(g: Tensor, *saved: Any) -> Tensor:
        try:
            new = vjp(g, *saved)
        except DtypeError as error:  # an array of the VJP's own meets a Tensor
            new = error
        if not isinstance(new, Tensor):
            raise GraphError(no_second_derivative(node.name)) from None
        return new

    return checked


def _observed(node: Node, vjp: Vjp, observe: Callable) -> Vjp:
    def seen(g: Any, *saved: Any) -> Any:
        new = vjp(g, *saved)
        observe(node, g, new)
        return new

    return seen


def restore(array: Any, place: Any, node: Any, alias: Any) -> Any:
    """A saved value of `node` as a Tensor at its place, so that what is computed from it is
    recorded; `alias` makes a result equal to a leaf that has moved on. Indices, masks and numbers
    stay as they are. Raises GraphError for a floating-point array of unknown origin."""
    if not isinstance(array, np.ndarray):
        return array
    if place is BARE:
        if is_floating(array.dtype):
            raise GraphError(no_second_derivative(node.name))
        return array
    if isinstance(place, Tensor):
        return place if place.array is array else alias(array, place)
    tensor = wrap(array)
    tensor.node = node if place is OUT else place
    tensor.requires_grad = place is not None
    return tensor


def no_second_derivative(name: str) -> str:
    return (
        f"no second derivative of {name!r}: its gradient is computed from arrays, not from what it "
        "saved as Tensors (see record(), and `parts` in it)"
    )
