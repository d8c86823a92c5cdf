"""Function: an op of your own as PyTorch writes it, a class with forward and backward."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np

from minigrad.core.graph import record
from minigrad.core.mode import no_grad
from minigrad.core.saved import OUT
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import ArgumentError


class Context:
    """What forward keeps for backward: `save_for_backward(*tensors)` and any attribute."""

    saved_tensors: tuple[Any, ...] = ()
    needs_input_grad: tuple[bool, ...] = ()
    _saved: tuple[Any, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep inputs or the output; a change of one in place is noticed."""
        self._saved = tensors


class Function:
    """A subclass defines static methods forward(ctx, *args), which computes with Tensors and is not
    recorded, and backward(ctx, grad_output), which returns one gradient per argument (None for
    what has none); `apply(*args)` runs it. One Tensor comes out. record() is the shorter form.
    """

    @staticmethod
    def forward(ctx: Context, *args: Any) -> Tensor:
        raise ArgumentError("a Function must define forward(ctx, *args)")

    @staticmethod
    def backward(ctx: Context, grad_output: Tensor) -> Any:
        raise ArgumentError("a Function must define backward(ctx, grad_output)")

    @classmethod
    def apply(cls, *args: Any) -> Tensor:
        """The result of forward, recorded with backward as its gradient."""
        ctx = Context()
        ctx.needs_input_grad = tuple(isinstance(a, Tensor) and a.requires_grad for a in args)
        with no_grad():
            out = cls.forward(ctx, *args)
        if not isinstance(out, Tensor):
            raise ArgumentError(f"{cls.__name__}.forward must return a Tensor, got {out!r:.60}")
        saved = [_place(t, args, out) for t in ctx._saved]
        ctx._saved = ()  # the graph keeps them: the output in ctx would be a cycle
        last: list[Any] = [None, None]  # backward gives all gradients at once, the walk asks singly

        def vjp_of(i: int) -> Any:
            def vjp(g: Any, *saved: Any) -> Any:
                if last[0] is not g:
                    last[:] = g, _gradients(cls, ctx, g, saved, args_like)
                return last[1][i]

            return vjp

        args_like = [(a.shape, a.dtype) if isinstance(a, Tensor) else None for a in args]
        edges = [(a, vjp_of(i), *saved) for i, a in enumerate(args) if isinstance(a, Tensor)]
        return record(cls.__name__, out.array, *edges, dtype=out.dtype)


def _place(tensor: Any, args: Any, out: Tensor) -> Any:
    """A saved tensor as record() takes it. What forward computed itself has no place in the graph:
    as a bare array, so that a second derivative is refused."""
    if tensor is out:
        return OUT
    known = not isinstance(tensor, Tensor) or any(tensor is a for a in args)
    return tensor if known else tensor.array


def _gradients(cls: Any, ctx: Context, g: Any, saved: Any, args_like: Any) -> list[Any]:
    """What backward returns, per argument: arrays for an array g, Tensors for a Tensor."""
    recorded = isinstance(g, Tensor)
    ctx.saved_tensors = tuple(wrap(s) if isinstance(s, np.ndarray) else s for s in saved)
    with nullcontext() if recorded else no_grad():
        found = cls.backward(ctx, g if recorded else wrap(np.asarray(g)))
    ctx.saved_tensors = ()
    grads = list(found) if isinstance(found, tuple) else [found]
    if len(grads) != len(args_like):
        raise ArgumentError(
            f"{cls.__name__}.backward must return one gradient per argument of forward (None for "
            f"what has none): {len(args_like)}, got {len(grads)}"
        )
    for i, like in enumerate(args_like):
        if like is not None and grads[i] is None:
            grads[i] = wrap(np.zeros(*like))
    return [g.array if isinstance(g, Tensor) and not recorded else g for g in grads]
