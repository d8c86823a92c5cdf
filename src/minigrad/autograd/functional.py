"""Derivatives of functions: jvp, vjp, jacobian, hessian, and their products with vectors.

`func` takes Tensors and returns a Tensor, or a tuple of them; `inputs` is a Tensor or a tuple of
them. Results come in the form of the inputs, detached unless `create_graph`. Names and argument
order are those of torch.autograd.functional.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.autograd.backward import grad
from minigrad.core.mode import enable_grad
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import ArgumentError, ShapeError

Tensors = Tensor | tuple[Tensor, ...]


def vjp(
    func: Callable[..., Any], inputs: Tensors, v: Any = None, create_graph: bool = False
) -> tuple[Any, Any]:
    """(func(*inputs), vᵀ J): `v` has the outputs' form, and is 1 for a single element."""
    with enable_grad():
        ins, outs, given = _called("vjp", func, inputs, create_graph)
        v = _weights("vjp", v, outs)
        found = _grad(outs, ins, v, create_graph)
    return _form(outs, given, create_graph), _form(found, inputs, create_graph)


def jvp(
    func: Callable[..., Any], inputs: Tensors, v: Any = None, create_graph: bool = False
) -> tuple[Any, Any]:
    """(func(*inputs), J v): `v` has the inputs' form, and is 1 for a single element.

    By differentiating twice: uᵀ J is linear in u, and its derivative along v is J v.
    """
    with enable_grad():
        ins, outs, given = _called("jvp", func, inputs, create_graph)
        v = _weights("jvp", v, ins)
        u = [wrap(np.zeros_like(out.array)).requires_grad_() for out in outs]
        found = _grad(outs, ins, u, True)
        found = _grad(found, u, v, create_graph)
    return _form(outs, given, create_graph), _form(found, given, create_graph)


def jacobian(func: Callable[..., Any], inputs: Tensors, create_graph: bool = False) -> Any:
    """d out / d in, of shape (*out.shape, *in.shape): a Tensor, a tuple per input where inputs is a
    tuple, and a tuple of those per output where func gives one."""
    with enable_grad():
        ins, outs, given = _called("jacobian", func, inputs, create_graph)
        rows = [_rows(out, ins, create_graph) for out in outs]
    formed = [_form(row, inputs, create_graph) for row in rows]
    return tuple(formed) if isinstance(given, tuple) else formed[0]


def hessian(func: Callable[..., Any], inputs: Tensors, create_graph: bool = False) -> Any:
    """The second derivatives of a function with one element, of shape (*in.shape, *in.shape): with
    several inputs, a tuple of tuples."""

    def gradient(*ins: Tensor) -> Any:
        out = _scalar("hessian", func(*ins))
        found = _grad([out], ins, [None], True)
        return _form(found, inputs, True)

    return jacobian(gradient, inputs, create_graph)


def vhp(
    func: Callable[..., Any], inputs: Tensors, v: Any = None, create_graph: bool = False
) -> tuple[Any, Any]:
    """(func(*inputs), vᵀ H) of a function with one element: two backward passes."""
    with enable_grad():
        ins, outs, given = _called("vhp", func, inputs, create_graph)
        v = _weights("vhp", v, ins)
        first = _grad([_scalar("vhp", outs[0])], ins, [None], True)
        found = _grad(first, ins, v, create_graph)
    return _form(outs, given, create_graph), _form(found, inputs, create_graph)


def hvp(
    func: Callable[..., Any], inputs: Tensors, v: Any = None, create_graph: bool = False
) -> tuple[Any, Any]:
    """(func(*inputs), H v) of a function with one element: vhp's, since a Hessian is symmetric."""
    return vhp(func, inputs, v, create_graph)


def _called(name: str, func: Any, inputs: Any, create_graph: bool) -> tuple[Any, Any, Any]:
    """(the inputs as new places in the graph, the outputs, and what func gave)."""
    given = inputs if isinstance(inputs, tuple) else (inputs,)
    for x in given:
        if not isinstance(x, Tensor):
            raise ArgumentError(f"{name}: inputs are Tensors, got {type(x).__name__}")
    if create_graph:
        ins = [x.clone() if x.requires_grad else x.detach().requires_grad_() for x in given]
    else:
        ins = [x.detach().requires_grad_() for x in given]
    out = func(*ins)
    outs = list(out) if isinstance(out, tuple) else [out]
    for o in outs:
        if not isinstance(o, Tensor):
            raise ArgumentError(f"{name}: func must give Tensors, gave {type(o).__name__}")
    return ins, outs, out


def _scalar(name: str, out: Any) -> Tensor:
    if not isinstance(out, Tensor) or out.numel() != 1:
        shape = out.shape if isinstance(out, Tensor) else type(out).__name__
        raise ShapeError(f"{name}: func must give one element, gave {shape}: reduce it (.sum())")
    return out


def _weights(name: str, v: Any, like: Any) -> list[Tensor]:
    """`v` as a list beside `like`; ones where it is None and there is one element."""
    if v is None:
        if any(t.numel() != 1 for t in like):
            raise ArgumentError(f"{name}: v may be left out beside a single element only")
        return [wrap(np.ones_like(t.array)) for t in like]
    weights = list(v) if isinstance(v, tuple) else [v]
    if [getattr(w, "shape", None) for w in weights] != [t.shape for t in like]:
        raise ShapeError(
            f"{name}: v must have the shapes {[t.shape for t in like]}, got "
            f"{[getattr(w, 'shape', w) for w in weights]}"
        )
    return weights


def _grad(outs: Any, ins: Any, weights: Any, create_graph: bool) -> list[Tensor]:
    """The gradients, zeros where nothing depends on an input."""
    pairs = [(o, w) for o, w in zip(outs, weights, strict=True) if o.requires_grad]
    if not pairs:
        return [wrap(np.zeros_like(x.array)) for x in ins]
    some, given = zip(*pairs, strict=True)
    found = grad(some, ins, given, True, create_graph, allow_unused=True)
    return [
        wrap(np.zeros_like(x.array)) if g is None else g for x, g in zip(ins, found, strict=True)
    ]


def _rows(out: Tensor, ins: Any, create_graph: bool) -> list[Any]:
    """The Jacobian of one output by every input, one backward pass per element."""
    rows: list[list[Tensor]] = []
    for i in range(out.numel()):
        one = np.zeros(out.shape, out.dtype)
        one.reshape(-1)[i] = 1
        rows.append(_grad([out], ins, [wrap(one)], create_graph))
    shapes = [(*out.shape, *x.shape) for x in ins]
    if not rows:
        return [wrap(np.zeros(shape, x.dtype)) for shape, x in zip(shapes, ins, strict=True)]
    columns = zip(*rows, strict=True)
    stack: Any = np.stack  # of Tensors it gives a Tensor
    return [stack(c).reshape(shape) for c, shape in zip(columns, shapes, strict=True)]


def _form(found: Any, like: Any, create_graph: bool) -> Any:
    """A tuple where `like` is one, else its only element; outside the graph unless asked."""
    found = tuple(t if create_graph else t.detach() for t in found)
    return found if isinstance(like, tuple) else found[0]
