"""Hooks: functions that see (and may replace) a gradient as it passes."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np

from minigrad.core.mode import set_grad_enabled
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import DtypeError, GraphError, ShapeError

_keys = count()
_LAST = "retain_grad"  # the key of its hook, which is kept at the end of the dict


class RemovableHandle:
    """What registering a hook returns: remove() takes the hook away. Also a context manager."""

    def __init__(self, hooks: dict[Any, Callable]) -> None:
        self._hooks = hooks
        self._key = next(_keys)

    def remove(self) -> None:
        self._hooks.pop(self._key, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: Any) -> None:
        self.remove()


def add_hook(hooks: dict[Any, Callable], hook: Callable) -> RemovableHandle:
    """Put `hook` into `hooks`, to run after those already there but before retain_grad's."""
    handle = RemovableHandle(hooks)
    hooks[handle._key] = hook
    if _LAST in hooks:
        hooks[_LAST] = hooks.pop(_LAST)
    return handle


def run_hooks(hooks: dict[Any, Callable], g: Any) -> Any:
    """`g` after every hook: each sees it as a Tensor and may return another. What they compute is
    recorded where g is a Tensor, under create_graph, and nowhere else."""
    recorded = isinstance(g, Tensor)
    for hook in list(hooks.values()):
        with set_grad_enabled(recorded):
            changed = hook(g if recorded else wrap(np.asarray(g)))
        if changed is None:
            continue
        if not isinstance(changed, Tensor):
            raise DtypeError(
                "a hook must return a Tensor or None (to leave the gradient as it is), got "
                f"{type(changed).__name__}"
            )
        if changed.shape != g.shape:
            raise ShapeError(
                f"a hook must keep the gradient's shape {g.shape}, returned {changed.shape}"
            )
        g = changed.to(g.dtype) if recorded else changed.array.astype(g.dtype, copy=False)
    return g


def register_hook(self: Tensor, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
    """Call `hook(gradient)` when self's gradient is known; what it returns replaces it."""
    if not self.requires_grad:
        raise GraphError("a hook needs a tensor with requires_grad=True")
    holder = self.node or self
    if holder.hooks is None:
        holder.hooks = {}
    return add_hook(holder.hooks, hook)


def retain_grad(self: Tensor) -> None:
    """Keep the gradient of a result (not only of a leaf) in its `grad`, as all hooks leave it."""
    if not self.requires_grad:
        raise GraphError("retain_grad() needs a tensor with requires_grad=True")
    if self.node is None:
        return
    target = weakref.ref(self)  # the hook hangs on the node that self holds: no cycle

    def keep(g: Tensor) -> None:
        tensor = target()
        if tensor is not None:
            kept = g if g.requires_grad else wrap(np.array(g.array))
            tensor.grad = kept if tensor.grad is None else tensor.grad + kept

    self.node.hooks = self.node.hooks or {}
    self.node.hooks[_LAST] = keep


def move_retained(before: Any, after: Any) -> None:
    """Have a tensor that is changed in place, and moves from one node to another, keep the gradient
    of its new value."""
    if before is not None and before.hooks and _LAST in before.hooks:
        keep = before.hooks.pop(_LAST)
        if after is not None:
            after.hooks = {**(after.hooks or {}), _LAST: keep}
