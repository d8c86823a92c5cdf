"""How ops receive their operands: tensors and Python numbers, one dtype, shapes that fit."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeGuard

import numpy as np

from minigrad.core.broadcast import Shape, check_broadcast, unbroadcast
from minigrad.core.dtype import get_default_dtype, is_floating, promote, scalar_dtype
from minigrad.core.graph import record
from minigrad.core.tensor import Tensor
from minigrad.errors import DtypeError


def require_tensor(name: str, value: Any, argument: str = "input") -> Tensor:
    """`value`, if it is a Tensor; raises DtypeError otherwise."""
    if isinstance(value, Tensor):
        return value
    raise DtypeError(
        f"{name}: {argument} must be a Tensor, got {type(value).__name__}: "
        "wrap it with minigrad.tensor(...)"
    )


def require_floating(name: str, value: Any, argument: str = "input") -> Tensor:
    """`value`, if it is a floating-point Tensor; raises DtypeError otherwise."""
    tensor = require_tensor(name, value, argument)
    if not is_floating(tensor.array.dtype):
        raise DtypeError(
            f"{name}: {argument} must be floating point, got {tensor.array.dtype}: convert with "
            ".float()"
        )
    return tensor


def require_number(name: str, value: Any, argument: str = "input") -> Tensor:
    """`value`, if it is a Tensor and not boolean; raises DtypeError otherwise."""
    tensor = require_tensor(name, value, argument)
    if tensor.array.dtype == bool:
        raise DtypeError(
            f"{name}: {argument} must hold numbers, got booleans: convert with .float()"
        )
    return tensor


def to(input: Tensor, dtype: Any) -> Tensor:
    """`input` as `dtype`; the gradient comes back in input's own dtype."""
    before = input.array.dtype
    if before == dtype:
        return input
    value = input.array.astype(dtype)
    if not is_floating(value.dtype):
        return record("to", value)
    return record("to", value, (input, lambda g: g.astype(before)))


def floating(name: str, input: Any) -> Tensor:
    """`input`, with integers and booleans converted to the default dtype, as sqrt(2) needs."""
    if isinstance(input, Tensor) and input.array.dtype.kind == "f":
        return input  # nearly always, and 0.3 µs quicker than what follows
    tensor = require_tensor(name, input)
    return tensor if is_floating(tensor.array.dtype) else to(tensor, get_default_dtype())


def operands(name: str, a: Any, b: Any) -> tuple[Any, Any, Any, Any]:
    """The two operands of an elementwise op, and their values: (a, b, x, y).

    Both have one dtype and shapes that broadcast; a Python number stays one. Each asks for its
    gradient in the shape of the result: what sums it back to its own is in the graph below it.
    Raises ShapeError or DtypeError.
    """
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        x, y = a.array, b.array
        if x.dtype is not y.dtype:
            a, b = _one_dtype(a, b)
            x, y = a.array, b.array
        if x.shape != y.shape:
            try:
                shape = np.broadcast(x, y).shape  # 2 µs quicker than check_broadcast()
            except ValueError:
                shape = check_broadcast(name, x.shape, y.shape)  # says what does not fit
            return _stretched(a, shape), _stretched(b, shape), x, y
        return a, b, x, y
    if isinstance(a, Tensor):
        a, b = _beside_number(name, a, b)
        return a, b, a.array, b
    if isinstance(b, Tensor):
        b, a = _beside_number(name, b, a)
        return a, b, a, b.array
    raise DtypeError(
        f"{name}: one operand must be a Tensor, got {type(a).__name__} and {type(b).__name__}"
    )


def _one_dtype(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Both in the dtype of their result; a 0-d tensor does not widen one with dimensions."""
    dtype = promote(a.dtype, b.dtype)
    if (a.ndim == 0) != (b.ndim == 0):
        small, large = (a, b) if a.ndim == 0 else (b, a)
        if is_floating(large.dtype) or not is_floating(small.dtype):
            dtype = large.dtype if large.dtype != bool or small.dtype == bool else small.dtype
    return to(a, dtype), to(b, dtype)


def _stretched(tensor: Tensor, shape: Shape) -> Tensor:
    """`tensor` with the gradient of its broadcast to `shape`; NumPy does the broadcast itself."""
    own = tensor.array.shape
    if own == shape or not tensor.requires_grad:
        return tensor
    return record("expand", tensor.array, (tensor, lambda g: unbroadcast(g, own)))


def _beside_number(name: str, tensor: Tensor, number: Any) -> tuple[Tensor, Any]:
    """The tensor in the dtype of its result with a Python number, and that number."""
    if type(number) in (float, int) and tensor.array.dtype.kind == "f":
        return tensor, number  # nearly always; what follows takes 0.5 µs
    if isinstance(number, np.generic):
        number = number.item()
    if not isinstance(number, int | float):
        raise DtypeError(
            f"{name}: an operand must be a Tensor or a number, got {type(number).__name__}: "
            "wrap it with minigrad.tensor(...)"
        )
    return to(tensor, scalar_dtype(tensor.array.dtype, number)), number


def half_in_float32(op: Callable[..., Any]) -> Callable[..., Any]:
    """`op`; but if its first argument is float16 or bfloat16, computed in float32 and given back
    in that dtype: a sum of many terms loses its digits in half precision."""
    first = op.__code__.co_varnames[0]

    def widened(value: Any) -> Any:
        return to(value, np.float32) if _is_half(value) else value

    @wraps(op)
    def method(*args: Any, **kwargs: Any) -> Any:
        input = args[0] if args else kwargs.get(first)
        if not _is_half(input) or any(map(_is_wider, (*args, *kwargs.values()))):
            return op(*args, **kwargs)
        wide = {name: widened(value) for name, value in kwargs.items()}
        return to(op(*map(widened, args), **wide), input.dtype)

    return method


def _is_half(value: Any) -> TypeGuard[Tensor]:
    return isinstance(value, Tensor) and value.array.dtype.itemsize == 2


def _is_wider(value: Any) -> bool:
    return isinstance(value, Tensor) and is_floating(value.array.dtype) and not _is_half(value)


def shared(function: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """`function` of G, computed once for the several gradients of one op that start from it.

    What it returns must not be written to.
    """
    last: list[Any] = [None, None]

    def once(g: np.ndarray) -> np.ndarray:
        if last[0] is not g:
            last[:] = g, function(g)
        return last[1]

    return once
