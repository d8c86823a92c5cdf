"""NumPy's functions on Tensors are minigrad's ops: `np.exp(x)` of a Tensor records exp.

A VJP is written once, with NumPy's functions and operators: it computes with arrays in an ordinary
backward, and under create_graph, given Tensors, it records itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import DtypeError
from minigrad.functional import (
    activation,
    compare,
    elementwise,
    extreme,
    join,
    linalg,
    reduce,
    shape,
)

_UFUNCS: dict[np.ufunc, Callable] = {
    np.add: elementwise.add,
    np.subtract: elementwise.sub,
    np.multiply: elementwise.mul,
    np.divide: elementwise.div,
    np.power: elementwise.pow,
    np.square: lambda x: x * x,
    np.negative: elementwise.neg,
    np.absolute: elementwise.abs,
    np.sign: elementwise.sign,
    np.exp: elementwise.exp,
    np.log: elementwise.log,
    np.log1p: elementwise.log1p,
    np.sqrt: elementwise.sqrt,
    np.reciprocal: elementwise.reciprocal,
    np.sin: elementwise.sin,
    np.cos: elementwise.cos,
    np.tanh: activation.tanh,
    np.maximum: elementwise.maximum,
    np.minimum: elementwise.minimum,
    np.matmul: linalg.matmul,
    np.equal: compare.eq,
    np.not_equal: compare.ne,
    np.less: compare.lt,
    np.less_equal: compare.le,
    np.greater: compare.gt,
    np.greater_equal: compare.ge,
    np.isnan: compare.isnan,
    np.isfinite: compare.isfinite,
    np.bitwise_and: compare.logical_and,
    np.bitwise_or: compare.logical_or,
    np.invert: compare.logical_not,
    np.logical_and: compare.logical_and,
    np.logical_or: compare.logical_or,
    np.logical_not: compare.logical_not,
}


def _sum(x: Tensor, axis: Any = 0, dtype: Any = None, keepdims: bool = False) -> Tensor:
    return reduce.sum(x, axis, keepdims, dtype=dtype)


_REDUCTIONS: dict[np.ufunc, Callable] = {
    np.add: _sum,
    np.maximum: lambda x, axis=0, keepdims=False: extreme.amax(x, axis, keepdims),
    np.minimum: lambda x, axis=0, keepdims=False: extreme.amin(x, axis, keepdims),
}


def _where(condition: Any, x: Any, y: Any) -> Tensor:
    condition = condition if isinstance(condition, Tensor) else wrap(np.asarray(condition))
    return elementwise.where(condition, x, y)


def _moveaxis(x: Tensor, source: int, destination: int) -> Tensor:
    order = [i for i in range(x.ndim) if i != source % x.ndim]
    order.insert(destination % x.ndim, source % x.ndim)
    return shape.permute(x, order)


_FUNCTIONS: dict[Callable, Callable] = {
    np.where: _where,
    np.sum: lambda x, axis=None, keepdims=False: reduce.sum(x, axis, keepdims),
    np.mean: lambda x, axis=None, keepdims=False: reduce.mean(x, axis, keepdims),
    np.reshape: shape.reshape,
    np.transpose: lambda x, axes=None: shape.permute(x, axes or range(x.ndim)[::-1]),
    np.swapaxes: shape.transpose,
    np.moveaxis: _moveaxis,
    np.broadcast_to: shape.broadcast_to,
    np.flip: shape.flip,
    np.tril: shape.tril,
    np.triu: shape.triu,
    np.concatenate: join.cat,
    np.stack: join.stack,
    np.einsum: linalg.einsum,
}


def array_ufunc(
    self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **options: Any
) -> Any:
    """The op of that name; but `array += tensor`, as in `w.array += -lr * w.grad`, writes into the
    array. Raises DtypeError where there is no such op, and for an array beside a Tensor."""
    if out is not None and not any(isinstance(array, Tensor) for array in out):
        arrays = [x.numpy() if isinstance(x, Tensor) else x for x in inputs]
        return getattr(ufunc, method)(*arrays, out=out, **options)
    op = {"__call__": _UFUNCS, "reduce": _REDUCTIONS}.get(method, {}).get(ufunc)
    if op is None or out is not None:
        raise DtypeError(
            f"NumPy's {ufunc.__name__} takes no Tensor: use minigrad's own op, or give it "
            "tensor.detach().numpy()"
        )
    numbers = (x.item() if isinstance(x, np.ndarray) and not x.ndim else x for x in inputs)
    return op(*numbers, **options)


def array_function(self: Tensor, function: Callable, types: Any, args: Any, kwargs: Any) -> Any:
    """The op of that name; any other function gets the tensors' arrays, outside the graph."""
    op = _FUNCTIONS.get(function)
    if op is not None:
        return op(*args, **kwargs)
    return function(*_arrays(args), **{key: _arrays(value) for key, value in kwargs.items()})


def _arrays(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)([_arrays(item) for item in value])
    return value.numpy() if isinstance(value, Tensor) else value
