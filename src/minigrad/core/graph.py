"""The graph: record() adds an op to it, walk() sends gradients down it, the newest op first.

An op is recorded with one edge per input that has a gradient, (input, vjp, *saved): the function
that turns the gradient of the result into that of the input (the vector-Jacobian product), and the
values it needs beside it. It is called as vjp(g, *saved): with arrays in an ordinary backward, with
Tensors under create_graph, when what it computes is recorded in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

import numpy as np

from minigrad.core.broadcast import unbroadcast
from minigrad.core.hooks import run_hooks
from minigrad.core.mode import mode, settings
from minigrad.core.saved import OUT, keep, now
from minigrad.core.tensor import Tensor
from minigrad.core.wasm import WASM, free_in_turn

Vjp = Callable[..., Any]
# record() runs for every op: what it uses has a global name of its own, and it fills in the new
# Tensor and Node itself, without a call of their __init__ (0.5 µs of 2.8 per op)
ndarray, new_tensor = np.ndarray, Tensor.__new__


class Node:
    """A recorded op. `edges` are (input's node or leaf, input's shape, VJP, kept, saved), None once
    walked and freed: `kept` is the array of the one Tensor or OUT that was `saved`, or a list for
    the tuple `saved` of several or other values; both are None for an edge that saves nothing.
    `saves` says that there is something to free; `time` is smaller the newer the op."""

    __slots__ = ("edges", "hooks", "name", "origin", "parts", "saves", "time")

    name: str
    edges: list[tuple[Any, Any, Vjp, Any, Any]] | None
    hooks: dict[Any, Callable] | None
    origin: Any  # what an observer made of the op; detect_anomaly() keeps where it was called
    parts: Any  # the composition that equals the op, the arrays it takes, their places; or None
    saves: bool
    time: int

    def __repr__(self) -> str:
        return f"<{self.name}>"


if WASM:
    free_in_turn(Node, "edges", "parts")


def record(
    name: str, value: Any, *inputs: tuple[Any, ...], dtype: Any = None, parts: Any = None
) -> Tensor:
    """A Tensor of `value`, with an edge for each (input, vjp, *saved) whose input needs a gradient.

    `saved` are Tensors (OUT for the result; stand_in(tensor, array) for an array in a tensor's
    place), numbers, masks and indices; of a bare floating-point array no second derivative is
    known. The gradient a VJP returns has the input's shape or broadcasts from it: the walk sums it
    back. It is a fresh array, the VJP's argument, or a view of that. `parts`, (function, *saved),
    is the composition of a fused op: create_graph differentiates it instead. An op on half
    precision computes in float32 and is rounded here, unless its `dtype` is given.
    """
    if type(value) is not ndarray:
        value = np.asarray(value)
    edges: list[Any] = []
    saves = False
    kept: Any
    for edge in inputs:
        tensor = edge[0]
        if isinstance(tensor, Tensor):
            array = tensor.array
            if array.itemsize == 2 and dtype is None:
                return _record_half(name, value, inputs, parts)
            if tensor.requires_grad:
                size = len(edge)
                if size == 2:
                    kept = saved = None
                else:
                    saves, saved = True, edge[2]
                    if size == 3 and isinstance(saved, Tensor):
                        kept = saved.array
                    elif size == 3 and saved is OUT:
                        kept = value
                    else:
                        saved = edge[2:]
                        kept = keep(saved, value)
                edges.append((tensor.node or tensor, array.shape, edge[1], kept, saved))
    out = new_tensor(Tensor)
    out.array = value
    out._grad = out.hooks = None
    if edges and (not settings.changed or mode.grad):
        out.requires_grad = True
        out.node = node = Node()
        node.name, node.edges, node.saves, node.time = name, edges, saves, now()
        node.hooks = None
        node.parts = parts and (parts[0], keep(parts[1:], value), parts[1:])
    else:
        out.requires_grad = False
        out.node = None
    if settings.changed and mode.observer:
        origin = mode.observer.forward(name, value, [e[0] for e in inputs if e[0] is not None])
        if out.node is not None:
            out.node.origin = origin
    return out


def _record_half(name: str, value: np.ndarray, inputs: Any, parts: Any) -> Tensor:
    """record() of an op on float16 or bfloat16: its value, and each gradient, rounded once."""
    first = next(edge[0] for edge in inputs if isinstance(edge[0], Tensor))
    if first.dtype.itemsize == 2 and value.dtype == np.float32:
        value = value.astype(first.dtype)
    rounded = [
        (t, _round(vjp, t.dtype) if isinstance(t, Tensor) else vjp, *saved)
        for t, vjp, *saved in inputs
    ]
    return record(name, value, *rounded, dtype=value.dtype, parts=parts)


def _round(vjp: Vjp, dtype: np.dtype) -> Vjp:
    return lambda g, *saved: cast(vjp(_wide(g), *map(_wide, saved)), dtype)


def _wide(value: Any) -> Any:
    """What is in half precision, in float32."""
    half = getattr(value, "dtype", None) is not None and value.dtype.itemsize == 2
    return cast(value, np.dtype(np.float32)) if half else value


def cast(value: Any, dtype: np.dtype) -> Any:
    """An array or a Tensor in `dtype`."""
    return value.to(dtype) if isinstance(value, Tensor) else value.astype(dtype, copy=False)


def walk(grads: dict[Any, Any], step: Callable[[Node, Any], Any]) -> set:
    """Send `grads`, {node or leaf: gradient}, along the edges that step() gives to the leaves."""
    owned = set()  # those whose array nobody else holds: it may be added to in place
    todo = sorted((node.time, node) for node in grads if type(node) is Node)  # a heap
    while todo:
        node = heappop(todo)[1]  # the newest
        g = run_hooks(node.hooks, grads.pop(node)) if node.hooks else grads.pop(node)
        for target, shape, vjp, kept, _ in step(node, g):
            new = vjp(g) if kept is None else vjp(g, *kept) if type(kept) is list else vjp(g, kept)
            if new.shape != shape:
                new = unbroadcast(new, shape, node.name)
            if target not in grads:
                grads[target] = new
                if type(target) is Node:
                    heappush(todo, (target.time, target))
                elif _is_fresh(new, g):
                    owned.add(target)
            elif target in owned:
                grads[target] += new
            else:
                grads[target] = grads[target] + new
                owned.add(target)
        vjp = kept = new = None  # what a node kept goes before the next one's gradients
    return owned


def _is_fresh(array: Any, g: Any) -> bool:
    """Whether a VJP's result is an array that shares no memory with its argument, to write to."""
    if array is g or type(array) is not ndarray or not array.flags.writeable:
        return False
    return array.base is None or not np.may_share_memory(array, g)
