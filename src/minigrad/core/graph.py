"""The graph: record() adds an op to it, backward() walks it from the newest op to the oldest.

A node keeps one edge per input that needs a gradient: where to, and the function that turns the
gradient of the node's output into that of the input (the vector-Jacobian product, VJP). A VJP
holds arrays, never the output tensor: no reference cycle exists, and a step's memory goes with
its last user. A VJP returns a fresh array, or its argument, or a view of its argument.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from minigrad.core import writes
from minigrad.core.hooks import run_hooks
from minigrad.core.mode import mode, unusual
from minigrad.core.tensor import Tensor, to_array, wrap
from minigrad.errors import ArgumentError, DtypeError, GraphError, InplaceError, ShapeError

Vjp = Callable[[np.ndarray], np.ndarray]
# record() runs for every op: what it uses has a global name of its own, and it fills in the new
# Tensor and Node itself, without a call of their __init__ (0.5 µs of 2.8 per op)
ndarray, new_tensor, now = np.ndarray, Tensor.__new__, writes.clock.__next__


class Node:
    """A recorded op: `edges` are (input's node or leaf, VJP), `time` is smaller the newer it is."""

    __slots__ = ("edges", "g", "hooks", "name", "origin", "owned", "time")

    name: str
    edges: list[tuple[Any, Vjp]] | None
    time: int
    hooks: dict[Any, Callable] | None
    g: Any  # during backward: the gradient so far, or None
    owned: bool  # set with g: nobody else holds it
    origin: Any  # what an observer made of the op; detect_anomaly() keeps where it was called

    def __repr__(self) -> str:
        return f"<{self.name}>"


def record(name: str, value: Any, *inputs: tuple[Any, Vjp]) -> Tensor:
    """A Tensor of `value`, with an edge for each (input, VJP) whose input needs a gradient."""
    out = new_tensor(Tensor)
    out.array = value if type(value) is ndarray else np.asarray(value)
    out.grad = out.hooks = None
    edges = []
    for tensor, vjp in inputs:
        if isinstance(tensor, Tensor) and tensor.requires_grad:
            edges.append((tensor.node or tensor, vjp))
    if edges and (unusual.count == 0 or mode.grad):
        out.requires_grad = True
        out.node = node = Node()
        node.name, node.edges, node.time = name, edges, now()
        node.hooks = node.g = None
    else:
        out.requires_grad = False
        out.node = None
    if unusual.count and mode.observer:
        given = [t for t, _ in inputs if t is not None]
        origin = mode.observer.forward(name, out.array, given)
        if out.node is not None:
            out.node.origin = origin
    return out


def _flow(
    root: Node, retain_graph: bool, inputs: Sequence[Tensor] | None = None
) -> tuple[dict[Tensor, list], dict[Node, Any]]:
    """Send gradients from `root` down the graph: ({leaf: [gradient, owned]}, {node: gradient} for
    those of `inputs` that are no leaves).

    With `inputs`, only these leaves receive anything. `owned` says that nobody else holds the
    array, so that it may be added to in place, and kept.
    """
    wanted_leaves = None if inputs is None else {t for t in inputs if t.node is None}
    found: dict[Node, Any] = {t.node: None for t in inputs or () if t.node is not None}
    leaves: dict[Tensor, list] = {}
    observe = mode.observer and mode.observer.backward
    vjp: Any
    new: Any
    pending = [(root.time, root)]  # a heap: the newest node first
    # a hook or a VJP may itself run a backward over the same nodes: the gradients that wait in them
    # are put aside until it is through
    outer, mode.pending = mode.pending, pending
    aside = [(node, node.g, node.owned) for _, node in outer]
    for node, _, _ in aside:
        node.g = None
    try:
        while pending:
            node = heappop(pending)[1]
            g, node.g = node.g, None
            edges = node.edges
            if edges is None:
                raise GraphError(
                    f"this graph was already walked and freed (at {node.name!r}): call backward "
                    "once, or pass retain_graph=True to every call but the last"
                )
            if not retain_graph:
                node.edges = None
            if node.hooks:
                g = run_hooks(node.hooks, g)
            if found and node in found:
                found[node] = g
            if writes.newest < node.time:
                _check_unchanged(node, edges)
            for target, vjp in edges:
                if type(target) is Node:
                    new = vjp(g)
                    if observe:
                        observe(node, g, new)
                    if target.g is None:
                        target.g, target.owned = new, False
                        heappush(pending, (target.time, target))
                    elif target.owned:
                        target.g += new
                    else:
                        target.g, target.owned = target.g + new, True
                elif wanted_leaves is None or target in wanted_leaves:
                    new = vjp(g)
                    if observe:
                        observe(node, g, new)
                    known = leaves.get(target)
                    if known is None:
                        leaves[target] = [new, _is_fresh(new, g)]
                    elif known[1]:
                        known[0] += new
                    else:
                        known[:] = known[0] + new, True
            vjp = new = None  # what this node kept goes before the next one's gradients are made
    finally:
        for _, node in pending:  # after an error: leave no half-summed gradient behind
            node.g = None
        for node, g, owned in aside:
            node.g, node.owned = g, owned
        mode.pending = outer
    return leaves, found


def _check_unchanged(node: Node, edges: list[tuple[Any, Vjp]]) -> None:
    """Raise InplaceError if an array that the node's gradients need was changed after it ran."""
    for _, vjp in edges:
        array = writes.stale(vjp, node.time)
        if array is not None:
            raise InplaceError(
                f"a tensor of shape {array.shape} was changed in place after {node.name!r} used "
                "it, and the gradient needs its old value: call backward() before the optimizer's "
                "step (or any other change in place), or change a clone()"
            )


def _is_fresh(array: np.ndarray, g: np.ndarray) -> bool:
    """Whether a VJP's result shares no memory with its argument and may be written to."""
    if array is g or not array.flags.writeable:
        return False
    return array.base is None or not np.may_share_memory(array, g)


def _root(outputs: Sequence[Tensor], gradients: Sequence[Any]) -> Node:
    """A node above `outputs` whose edges hand each its gradient: the given one, or 1 for a single
    element."""
    edges: list[tuple[Any, Vjp]] = []
    for out, gradient in zip(outputs, gradients, strict=True):
        if not isinstance(out, Tensor):
            raise DtypeError(
                f"backward starts at a Tensor, got {type(out).__name__}: add several results up"
            )
        if not out.requires_grad:
            raise GraphError(
                "backward needs a result that depends on a tensor with requires_grad=True; this "
                "one does not (was it computed under no_grad, or detached?)"
            )
        if gradient is None:
            if out.array.size != 1:
                raise GraphError(
                    "backward without a gradient needs a scalar result, got shape "
                    f"{out.shape}: reduce it first (.sum() or .mean()), or pass gradient="
                )
            g = np.ones_like(out.array)
        else:
            g = to_array(gradient)
            if g.shape != out.shape:
                raise ShapeError(
                    f"gradient must have the result's shape {out.shape}, got {g.shape}"
                )
            g = g.astype(out.dtype, copy=False)
        g = np.broadcast_to(g, g.shape)  # read-only: it is the caller's
        edges.append((out.node or out, _handed(g)))
    root = Node()
    root.name, root.edges, root.time = "backward", edges, now()
    root.hooks, root.g = None, np.zeros(())
    return root


def _handed(g: np.ndarray) -> Vjp:
    return lambda _: g


def backward(self: Tensor, gradient: Any = None, retain_graph: bool = False) -> None:
    """Add d(self)/d(leaf) to `grad` of every leaf that self was computed from.

    `gradient` (self's shape) weights the elements of a non-scalar self. Raises GraphError for a
    non-scalar without it, for a graph already freed, or for a result that needs no gradient.
    """
    leaves, _ = _flow(_root([self], [gradient]), retain_graph)
    for leaf, (g, owned) in leaves.items():
        if leaf.hooks:
            g, owned = run_hooks(leaf.hooks, g), False
        if leaf.grad is not None:
            leaf.grad.array += g
        else:
            leaf.grad = wrap(np.asarray(g) if owned else np.array(g, dtype=leaf.dtype))


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool = False,
    *,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradients of the sum of `outputs` with respect to each of `inputs`, as a tuple.

    No `grad` is touched. `grad_outputs` weights the outputs, as backward's `gradient` does.
    Raises GraphError for an input the outputs do not depend on, unless `allow_unused`.
    """
    outs = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    ins = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    if grad_outputs is None or isinstance(grad_outputs, Tensor):
        grad_outputs = [grad_outputs] * len(outs)
    if len(grad_outputs) != len(outs):
        raise ArgumentError(f"grad_outputs must match the {len(outs)} outputs one to one")
    for tensor in ins:
        if not isinstance(tensor, Tensor) or not tensor.requires_grad:
            raise GraphError("every input must be a Tensor that has requires_grad=True")
    leaves, found = _flow(_root(outs, grad_outputs), retain_graph, ins)
    result: list[Tensor | None] = []
    for i, tensor in enumerate(ins):
        if tensor.node is None:
            g = leaves.get(tensor, (None,))[0]
            if g is not None and tensor.hooks:
                g = run_hooks(tensor.hooks, g)
        else:
            g = found[tensor.node]
        if g is None and not allow_unused:
            raise GraphError(
                f"the outputs do not depend on input {i}: pass allow_unused=True to get None for it"
            )
        result.append(None if g is None else wrap(np.array(g)))
    return tuple(result)
