"""The one table that gives Tensor its operators and methods.

core/signatures.py declares the same names for editors and type checkers; a test holds the two
together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.core import dtype as dtypes
from minigrad.core.graph import backward
from minigrad.core.hooks import register_hook, retain_grad
from minigrad.core.tensor import Tensor
from minigrad.errors import DtypeError
from minigrad.functional import (
    activation,
    elementwise,
    extreme,
    index,
    inplace,
    linalg,
    reduce,
    shape,
)
from minigrad.functional.operands import to as _to


def _swapped(op: Callable) -> Callable:
    return lambda self, other: op(other, self)


def _or_not_implemented(op: Callable) -> Callable:
    """A comparison that answers False/True by identity for what is neither tensor nor number."""

    def method(self: Tensor, other: Any) -> Any:
        return NotImplemented if other is None or isinstance(other, str) else op(self, other)

    return method


def _of_booleans(op: Callable) -> Callable:
    """~, & and | of booleans: what they do to the bits of integers is not here."""

    def method(self: Tensor, *others: Any) -> Tensor:
        for value in (self, *others):
            if not isinstance(value, bool) and getattr(value, "dtype", None) != dtypes.boolean:
                raise DtypeError(
                    f"{op.__name__}: ~, & and | take booleans, got {value!r:.60}: compare first "
                    "(x > 0)"
                )
        return op(self, *others)

    return method


def _spread(op: Callable) -> Callable:
    """x.permute(0, 1) as well as x.permute((0, 1)), where the function takes one tuple."""

    def method(self: Tensor, *sizes: Any, **named: Any) -> Tensor:
        if named:
            return op(self, **named)
        return op(self, sizes[0] if len(sizes) == 1 else sizes)

    method.__name__, method.__doc__ = op.__name__, op.__doc__
    return method


def to(self: Tensor, dtype: Any) -> Tensor:
    """The tensor as `dtype`."""
    return _to(self, dtypes.as_dtype(dtype))


def _as(dtype: np.dtype) -> Callable:
    return lambda self: _to(self, dtype)


OPERATORS: dict[str, Callable] = {
    "__add__": elementwise.add,
    "__radd__": _swapped(elementwise.add),
    "__iadd__": inplace.add_,
    "__sub__": elementwise.sub,
    "__rsub__": _swapped(elementwise.sub),
    "__isub__": inplace.sub_,
    "__mul__": elementwise.mul,
    "__rmul__": _swapped(elementwise.mul),
    "__imul__": inplace.mul_,
    "__truediv__": elementwise.div,
    "__rtruediv__": _swapped(elementwise.div),
    "__itruediv__": inplace.div_,
    "__pow__": elementwise.pow,
    "__rpow__": _swapped(elementwise.pow),
    "__matmul__": linalg.matmul,
    "__rmatmul__": _swapped(linalg.matmul),
    "__neg__": elementwise.neg,
    "__abs__": elementwise.abs,
    "__eq__": _or_not_implemented(elementwise.eq),
    "__ne__": _or_not_implemented(elementwise.ne),
    "__lt__": elementwise.lt,
    "__le__": elementwise.le,
    "__gt__": elementwise.gt,
    "__ge__": elementwise.ge,
    "__invert__": _of_booleans(elementwise.logical_not),
    "__and__": _of_booleans(elementwise.logical_and),
    "__or__": _of_booleans(elementwise.logical_or),
    "__getitem__": index.getitem,
    "__setitem__": inplace.setitem,
}

METHODS: dict[str, Callable] = {
    "backward": backward,
    "register_hook": register_hook,
    "retain_grad": retain_grad,
    "to": to,
    "half": _as(dtypes.float16),
    "float": _as(dtypes.float32),
    "double": _as(dtypes.float64),
    "long": _as(dtypes.int64),
    "bool": _as(dtypes.boolean),
    "where": lambda self, condition, other: elementwise.where(condition, self, other),
    "reshape": _spread(shape.reshape),
    "permute": _spread(shape.permute),
    "flip": _spread(shape.flip),
    **{
        op.__name__: op
        for module, names in (
            (
                elementwise,
                "add sub mul div pow neg exp log log1p sqrt rsqrt reciprocal abs sign sin cos "
                "clamp maximum minimum eq ne lt le gt ge isnan isfinite logical_not logical_and "
                "logical_or",
            ),
            (activation, "relu tanh sigmoid"),
            (reduce, "sum mean var std prod logsumexp softmax log_softmax cumsum norm all any"),
            (extreme, "max min amax amin argmax argmin"),
            (linalg, "matmul outer"),
            (
                shape,
                "view flatten transpose t squeeze unsqueeze expand broadcast_to split chunk repeat "
                "tril triu clone contiguous",
            ),
            (index, "gather index_select masked_fill"),
            (inplace, "add_ sub_ mul_ div_ clamp_ fill_ zero_ copy_"),
        )
        for op in (getattr(module, name) for name in names.split())
    },
}

PROPERTIES: dict[str, Callable] = {"T": shape.t, "mT": shape.mT}

for _name, _function in (OPERATORS | METHODS).items():
    setattr(Tensor, _name, _function)
for _name, _function in PROPERTIES.items():
    setattr(Tensor, _name, property(_function))
