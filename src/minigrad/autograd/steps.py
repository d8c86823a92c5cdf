"""What backward does at each node of the graph, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.core import saved as changes
from minigrad.core.dtype import is_floating
from minigrad.core.graph import Node, Vjp, record
from minigrad.core.mode import mode
from minigrad.core.saved import OUT, changed_since, listed
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import DtypeError, GraphError, InplaceError

Step = Callable[[Node, Any], tuple[Any, Any]]


def stepper(retain_graph: bool, create_graph: bool, wanted: Any = (), found: Any = None) -> Step:
    """What walk() asks at a node: (its gradient as its hooks leave it, the edges to follow).

    With `wanted`, nodes and leaves, the gradients of the nodes go to `found`, no other leaf gets
    one, and nothing below the last of them is touched.
    """
    observe = mode.observer and mode.observer.backward

    def plain(node: Node, g: Any) -> Any:
        edges = node.edges
        if edges is None:
            raise GraphError(
                f"this graph was already walked and freed (at {node.name!r}): call backward once, "
                "or pass retain_graph=True to every call but the last"
            )
        if changes.newest < node.time:
            _check_unchanged(node)
        if node.saves and not (retain_graph or (wanted and node in wanted)):
            node.edges = node.parts = None
        return edges

    def special(node: Node, g: Any) -> Any:
        if wanted and len(found) == len(wanted):
            return ()  # all are found, and what is left is older
        parts = node.parts
        edges = plain(node, g)
        if node in wanted:
            found[node] = g
            if len(found) == len(wanted):
                return ()
        if wanted:
            edges = [e for e in edges if type(e[0]) is Node or e[0] in wanted]
        if create_graph and edges:
            edges = _recorded(node, edges, parts)
        if observe:
            edges = [(*e[:2], _observed(node, e[2], observe), *e[3:]) for e in edges]
        return edges

    return special if create_graph or observe or wanted else plain


def _check_unchanged(node: Node) -> None:
    """Raise InplaceError if an array that the node's gradients need was changed after it ran."""
    for *_, kept, _ in node.edges or ():
        for array in listed(kept):
            if changed_since(array, node.time):
                raise InplaceError(_changed(node, array))


def _recorded(node: Node, edges: Any, parts: Any) -> list[tuple[Any, Any, Vjp, Any, Any]]:
    """The node's edges for create_graph: with Tensors for what was saved, or one edge to the
    composition it equals, which was recorded just now and leads to the same inputs."""

    if parts:
        compose, kept, saved = parts
        out = compose(*_again(node, kept, saved))
        return [(out.node, out.shape, _same, None, None)]
    return [(t, n, _of_tensors(node, vjp), _again(node, k, s), None) for t, n, vjp, k, s in edges]


def _again(node: Node, kept: Any, saved: Any) -> list[Any]:
    """What an edge keeps, as Tensors that are recorded."""
    several = saved if type(kept) is list else [saved] if kept is not None else []
    return [_restored(node, k, s) for k, s in zip(listed(kept), several, strict=True)]


def _restored(node: Node, array: Any, saved: Any) -> Any:
    """A saved value as a Tensor in its place in the graph, so that what is computed from it is
    recorded. Indices, masks and numbers stay as they are. Raises GraphError for a floating-point
    array of unknown origin, InplaceError for a Tensor that holds another value by now."""
    if isinstance(saved, Tensor):
        if saved.array is not array:
            raise InplaceError(_changed(node, array))
        return saved
    if saved is OUT or isinstance(saved, tuple):
        place: Any = saved[0] if isinstance(saved, tuple) else node
        tensor = wrap(array)
        if isinstance(place, Tensor):
            return record("at", array, (place, _same))
        tensor.node, tensor.requires_grad = place, place is not None
        return tensor
    if isinstance(array, np.ndarray) and is_floating(array.dtype):
        raise GraphError(_no_second_derivative(node))
    return array


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
            raise GraphError(_no_second_derivative(node)) from None
        return new

    return checked


def _observed(node: Node, vjp: Vjp, observe: Callable) -> Vjp:
    def seen(g: Any, *saved: Any) -> Any:
        new = vjp(g, *saved)
        observe(node, g, new)
        return new

    return seen


def _no_second_derivative(node: Node) -> str:
    return (
        f"no second derivative of {node.name!r}: its gradient is computed from arrays, not from "
        "what it saved as Tensors (see record(), and `parts` in it)"
    )


def _changed(node: Node, array: np.ndarray) -> str:
    return (
        f"a tensor of shape {array.shape} was changed in place after {node.name!r} used it, and "
        "the gradient needs its old value: call backward() before the optimizer's step (or any "
        "other change in place), or change a clone()"
    )
