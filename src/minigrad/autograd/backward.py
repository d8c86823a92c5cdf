"""backward() and grad(): where a walk starts, and where its gradients go."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from minigrad.autograd.steps import stepper
from minigrad.core.graph import walk
from minigrad.core.hooks import run_hooks
from minigrad.core.mode import enable_grad
from minigrad.core.tensor import Tensor, to_array, wrap
from minigrad.errors import ArgumentError, DtypeError, GraphError, ShapeError


def backward(
    self: Tensor,
    gradient: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> None:
    """Add d(self)/d(leaf) to `grad` of every leaf that self was computed from.

    `gradient` (self's shape) weights the elements of a non-scalar self. The graph is freed unless
    `retain_graph`; `create_graph`, which implies it, records the gradients' own computation, so
    that they can be differentiated. Raises GraphError for a non-scalar without a gradient, for a
    graph already freed, or for a result that needs no gradient.
    """
    backward_all([self], [gradient], retain_graph, create_graph)


def backward_all(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> None:
    """tensor.backward() of several tensors in one walk; `grad_tensors` weights them one by one."""
    outs, weights = _one_to_one("grad_tensors", tensors, grad_tensors)
    retain = create_graph if retain_graph is None else retain_graph
    with enable_grad() if create_graph else nullcontext():
        grads = _seeds(outs, weights, create_graph)
        owned = walk(grads, stepper(retain, create_graph))
        for leaf, g in grads.items():
            if leaf.hooks:
                g = run_hooks(leaf.hooks, g)
            if create_graph or (leaf.grad is not None and leaf.grad.requires_grad):
                g = g if isinstance(g, Tensor) else wrap(np.array(g))
                leaf.grad = g if leaf.grad is None else leaf.grad + g
            elif leaf.grad is not None:
                leaf.grad.array += g
            else:
                own = leaf in owned and not leaf.hooks
                leaf.grad = wrap(np.asarray(g) if own else np.array(g, dtype=leaf.dtype))


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Any, ...]:
    """The gradients of the sum of `outputs` with respect to each of `inputs`, as a tuple.

    No `grad` is touched, and nothing below the inputs is walked. `grad_outputs` weights the
    outputs, and retain_graph and create_graph are backward's. Raises GraphError for an input the
    outputs do not depend on; with `allow_unused` its gradient is None.
    """
    outs, grad_outputs = _one_to_one("grad_outputs", outputs, grad_outputs)
    ins = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    for tensor in ins:
        if not isinstance(tensor, Tensor) or not tensor.requires_grad:
            raise GraphError("every input must be a Tensor that has requires_grad=True")
    retain = create_graph if retain_graph is None else retain_graph
    wanted = {tensor.node or tensor for tensor in ins}
    found: dict[Any, Any] = {}
    with enable_grad() if create_graph else nullcontext():
        grads = _seeds(outs, grad_outputs, create_graph)
        walk(grads, stepper(retain, create_graph, wanted, found))
        result: list[Tensor | None] = []
        for i, tensor in enumerate(ins):
            g = found.get(tensor.node) if tensor.node else grads.get(tensor)
            if g is None and not allow_unused:
                raise GraphError(
                    f"the outputs do not depend on input {i}: pass allow_unused=True to get None "
                    "for it"
                )
            if g is not None and tensor.node is None and tensor.hooks:
                g = run_hooks(tensor.hooks, g)
            result.append(g if g is None or isinstance(g, Tensor) else wrap(np.array(g)))
    return tuple(result)


def _one_to_one(name: str, outputs: Any, weights: Any) -> tuple[list[Any], list[Any]]:
    """The outputs and what weights them, as lists; one Tensor or None weights them all."""
    outs = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
    if weights is None or isinstance(weights, Tensor):
        weights = [weights] * len(outs)
    if len(weights) != len(outs):
        raise ArgumentError(f"{name} must match the {len(outs)} outputs one to one")
    return outs, list(weights)


def _seeds(outputs: Sequence[Any], gradients: Sequence[Any], create_graph: bool) -> dict[Any, Any]:
    """{node or leaf: the gradient a walk starts with}: the given one, or 1 for a single element."""
    seeds: dict[Any, Any] = {}
    for out, gradient in zip(outputs, gradients, strict=True):
        if not isinstance(out, Tensor):
            raise DtypeError(f"backward starts at Tensors, got {type(out).__name__}")
        if not out.requires_grad:
            raise GraphError(
                "backward needs a result that depends on a tensor with requires_grad=True; this "
                "one does not (was it computed under no_grad, or detached?)"
            )
        g: Any = np.ones_like(out.array) if gradient is None else to_array(gradient)
        if gradient is None and out.array.size != 1:
            raise GraphError(
                "backward without a gradient needs a scalar result, got shape "
                f"{out.shape}: reduce it first (.sum() or .mean()), or pass gradient="
            )
        if g.shape != out.shape:
            raise ShapeError(f"gradient must have the result's shape {out.shape}, got {g.shape}")
        if create_graph:
            g = (gradient if isinstance(gradient, Tensor) else wrap(g)).to(out.dtype)
        else:
            g = np.broadcast_to(g.astype(out.dtype, copy=False), g.shape)  # read-only: the caller's
        target = out.node or out
        seeds[target] = seeds[target] + g if target in seeds else g
    return seeds
