"""Changes in place. Where nothing is recorded they write into the array itself, and backward()
raises InplaceError if a gradient still needs the old value. A result whose gradient is being
recorded moves to a new array instead, and its views with it (functional/views.py): no saved value
changes. A leaf that needs a gradient cannot be changed."""

from __future__ import annotations

from functools import wraps
from typing import Any

import numpy as np

from minigrad.core.broadcast import check_broadcast
from minigrad.core.dtype import category
from minigrad.core.graph import record
from minigrad.core.mode import mode
from minigrad.core.random import Generator, rng
from minigrad.core.saved import note
from minigrad.core.tensor import Tensor, to_array, wrap
from minigrad.errors import ArgumentError, DtypeError, InplaceError, ShapeError
from minigrad.functional import elementwise
from minigrad.functional.index import pick, split_index
from minigrad.functional.operands import to
from minigrad.functional.shape import clone
from minigrad.functional.views import replace, root_of, same_place


def _update(self: Tensor, name: str, value: Tensor) -> Tensor:
    """Give `self` the value of `value`, computed from it: in its array, or by recording it."""
    if value.shape != self.shape:
        raise ShapeError(
            f"{name}: a change in place must keep shape {self.shape}, the result has {value.shape}"
        )
    if category(value.dtype) > category(self.dtype):
        raise DtypeError(f"{name}: a result of {value.dtype} cannot be kept in {self.dtype}")
    if mode.grad and (value.requires_grad or self.node is not None):
        replace(self, name, to(value, self.dtype))
    else:
        write(self, name, value.array)
    return self


def write(
    self: Tensor, name: str, values: np.ndarray, basic: tuple = (...,), arrays: tuple = ()
) -> None:
    """Write `values` into the tensor's own array, at an index split by split_index()."""
    if not self.array.flags.writeable:
        raise InplaceError(
            f"{name}: the elements of an expanded tensor share memory and cannot be changed one by "
            "one: clone() it first"
        )
    self.array[basic][arrays or ...] = values
    note(self.array)


def check_leaf(self: Tensor, name: str) -> None:
    """Raise InplaceError if `self` is a leaf whose gradient is being recorded."""
    root = root_of(self)
    if mode.grad and root.requires_grad and root.node is None:
        raise InplaceError(
            f"{name}: a leaf that requires a gradient cannot be changed in place: do it under "
            "minigrad.no_grad() (as an optimizer does), or make a new tensor (x = x + 1)"
        )


def _as_it_is(self: Tensor) -> Tensor:
    """A tensor at self's place in the graph, which stays there when self moves on."""
    tensor = wrap(self.array)
    tensor.node, tensor.requires_grad = self.node, self.requires_grad
    return tensor


def _in_place(name: str, op: Any) -> Any:
    @wraps(op)
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check_leaf(self, name)
        return _update(self, name, op(_as_it_is(self), *args, **kwargs))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"{op.__name__}, in place; returns the tensor."
    return method


add_ = _in_place("add_", elementwise.add)
sub_ = _in_place("sub_", elementwise.sub)
mul_ = _in_place("mul_", elementwise.mul)
div_ = _in_place("div_", elementwise.div)
clamp_ = _in_place("clamp_", elementwise.clamp)


def fill_(self: Tensor, value: Any) -> Tensor:
    """Every element set to `value`, a number or a 0-d tensor; returns the tensor."""
    if isinstance(value, Tensor) and value.ndim:
        raise ShapeError(f"fill_: value must be a number or 0-d, got {value.shape}: use copy_()")
    return copy_(self, value if isinstance(value, Tensor) else wrap(to_array(value, self.dtype)))


def zero_(self: Tensor) -> Tensor:
    """Every element set to 0; returns the tensor."""
    return fill_(self, 0)


def copy_(self: Tensor, src: Any) -> Tensor:
    """The values of `src` (broadcast, converted) copied in; returns the tensor."""
    check_leaf(self, "copy_")
    source = to(src if isinstance(src, Tensor) else wrap(to_array(src)), self.dtype)
    if check_broadcast("copy_", self.shape, source.shape) != self.shape:
        raise ShapeError(f"copy_: {source.shape} does not broadcast to {self.shape}")
    if mode.grad and (source.requires_grad or self.node is not None):
        return _update(self, "copy_", clone(source.expand(self.shape)))
    write(self, "copy_", source.array)
    return self


def normal_(
    self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Filled with draws from N(mean, std²); returns the tensor."""
    if not std >= 0:
        raise ArgumentError(f"normal_: std must be ≥ 0, got {std}")
    return copy_(self, wrap(rng(generator).normal(mean, std, self.shape)))


def uniform_(
    self: Tensor, a: float = 0.0, b: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Filled with draws from U(a, b); returns the tensor."""
    if not a <= b:
        raise ArgumentError(f"uniform_: a must not be above b, got {a} and {b}")
    return copy_(self, wrap(rng(generator).uniform(a, b, self.shape)))


def setitem(self: Tensor, index: Any, value: Any) -> None:
    """self[index] = value: in the array itself, or recorded where a gradient must flow."""
    check_leaf(self, "setitem")
    basic, arrays = split_index(index)
    shape = pick("setitem", self.array, basic, arrays).shape
    source = value if isinstance(value, Tensor) else wrap(to_array(value, self.dtype))
    if not arrays and same_place(source, self[index]):
        return  # h[0] += 1 has changed h by now
    while source.ndim > len(shape) and source.shape[0] == 1:
        source = source[0]
    if check_broadcast("setitem", shape, source.shape) != shape:
        raise ShapeError(f"setitem: a value of {source.shape} does not fit the place {shape}")
    if not (mode.grad and (self.requires_grad or source.requires_grad)):
        write(self, "setitem", source.array, basic, arrays)
        return
    source = to(source, self.dtype)
    key: Any = arrays or ...
    taken = np.zeros(self.shape, int)
    np.add.at(taken[basic], key, 1)
    if taken.max(initial=0) > 1:
        raise InplaceError("setitem: an element is set twice, so its gradient is undefined")
    full = self.array.copy()
    full[basic][key] = source.array
    out = record(
        "setitem",
        full,
        (self, lambda g, taken: np.where(taken, 0, g), taken > 0),
        (source, lambda g, *key: g[basic][key], *(arrays or (...,))),
        dtype=full.dtype,
    )
    _update(self, "setitem", out)
