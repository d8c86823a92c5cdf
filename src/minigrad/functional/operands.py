"""How ops receive their operands: tensors and Python numbers, one dtype, shapes that fit."""

from __future__ import annotations

import typing
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from minigrad.core.broadcast import check_broadcast
from minigrad.core.dtype import get_default_dtype, is_floating, promote, scalar_dtype
from minigrad.core.graph import cast, record
from minigrad.core.mode import mode
from minigrad.core.tensor import Tensor, wrap
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
        return wrap(value)
    return record("to", value, (input, lambda g: cast(g, before)), dtype=value.dtype)


def wide(tensor: Tensor) -> np.ndarray:
    """The values an op computes with: half precision in float32, as PyTorch's kernels take it.
    record() rounds the result back."""
    x = tensor.array
    return x.astype(np.float32) if x.dtype.itemsize == 2 else x


def autocast(*tensors: Any) -> tuple[Any, ...]:
    """The floating-point tensors of a product in autocast's dtype, inside it; None stays None."""
    dtype = mode.autocast
    if dtype is None:
        return tensors
    return tuple(
        to(t, dtype) if isinstance(t, Tensor) and is_floating(t.dtype) else t for t in tensors
    )


def in_float32(tensor: Any) -> Any:
    """A loss's input: in float32, inside autocast, if it is in half precision."""
    half = mode.autocast and isinstance(tensor, Tensor) and tensor.dtype.itemsize == 2
    return to(tensor, np.float32) if half else tensor


def floating(name: str, input: Any) -> Tensor:
    """`input`, with integers and booleans converted to the default dtype, as sqrt(2) needs."""
    if isinstance(input, Tensor) and input.array.dtype.kind == "f":
        return input  # nearly always, and 0.3 µs quicker than what follows
    tensor = require_tensor(name, input)
    return tensor if is_floating(tensor.array.dtype) else to(tensor, get_default_dtype())


def operands(name: str, a: Any, b: Any) -> tuple[Any, Any, Any, Any]:
    """The two operands of an elementwise op, and their values: (a, b, x, y).

    Tensors come in one dtype; a Python number stays one (beside half precision it is float32).
    Raises DtypeError.
    """
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        x, y = a.array, b.array
        if x.dtype is not y.dtype:
            a, b = _one_dtype(a, b)
            x, y = a.array, b.array
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


def binary(name: str, ufunc: Callable[..., Any], a: Any, b: Any) -> tuple[Any, Any, Any]:
    """The operands of an elementwise op, and ufunc of their values: (a, b, value). Raises
    ShapeError where their shapes do not broadcast, and DtypeError."""
    if isinstance(a, Tensor) and isinstance(b, Tensor) and a.array.dtype is b.array.dtype:
        x, y = a.array, b.array  # nearly always
    else:
        a, b, x, y = operands(name, a, b)
    try:
        return a, b, ufunc(x, y)
    except ValueError:
        check_broadcast(name, np.shape(x), np.shape(y))  # says what does not fit
        raise


def _one_dtype(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Both in the dtype of their result; a 0-d tensor does not widen one with dimensions."""
    dtype = promote(a.dtype, b.dtype)
    if (a.ndim == 0) != (b.ndim == 0):
        small, large = (a, b) if a.ndim == 0 else (b, a)
        if is_floating(large.dtype) or not is_floating(small.dtype):
            dtype = large.dtype if large.dtype != bool or small.dtype == bool else small.dtype
    return to(a, dtype), to(b, dtype)


def _beside_number(name: str, tensor: Tensor, number: Any) -> tuple[Tensor, Any]:
    """The tensor in the dtype of its result with a Python number, and that number: NumPy takes it
    in the tensor's dtype. Half precision meets it in float32."""
    dtype = tensor.array.dtype
    if type(number) in (float, int) and dtype.kind == "f" and dtype.itemsize > 2:
        return tensor, number  # nearly always; what follows takes 0.5 µs
    if isinstance(number, np.generic):
        number = number.item()
    if not isinstance(number, int | float):
        raise DtypeError(
            f"{name}: an operand must be a Tensor or a number, got {type(number).__name__}: "
            "wrap it with minigrad.tensor(...)"
        )
    tensor = to(tensor, scalar_dtype(dtype, number))
    return tensor, np.float32(number) if tensor.array.dtype.itemsize == 2 else number


Op = TypeVar("Op", bound=Callable[..., Any])
_NUMPYS = {"axis": "dim", "keepdims": "keepdim"}


def numpy_names(op: Op) -> Op:
    """`op`, which takes `axis` and `keepdims` for dim and keepdim as well, as PyTorch's do."""

    @wraps(op)
    def renamed(*args: Any, **named: Any) -> Any:
        for theirs, ours in _NUMPYS.items():
            if theirs in named and ours in named:
                raise TypeError(f"{op.__name__}: {theirs} and {ours} are one: give either")
        return op(*args, **{_NUMPYS.get(name, name): value for name, value in named.items()})

    return typing.cast(Op, renamed)


def shared(function: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """`function` of G (and of what was saved), computed once for the several gradients of one op
    that start from it. What it returns must not be written to."""
    last: list[Any] = [None, None]

    def once(g: np.ndarray, *saved: Any) -> np.ndarray:
        if last[0] is not g:
            last[:] = g, function(g, *saved)
        return last[1]

    return once
