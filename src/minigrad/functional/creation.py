"""New tensors: from data, filled, counted, or drawn at random."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.core.dtype import as_dtype, get_default_dtype, is_floating
from minigrad.core.random import Generator, rng
from minigrad.core.tensor import Tensor, to_array, wrap
from minigrad.errors import ArgumentError, DtypeError
from minigrad.functional.operands import require_floating, require_tensor
from minigrad.functional.shape import sizes


def _made(array: np.ndarray, requires_grad: bool) -> Tensor:
    tensor = wrap(array)
    return tensor if requires_grad is False else tensor.requires_grad_(requires_grad)


def _dtype(dtype: Any) -> np.dtype:
    return get_default_dtype() if dtype is None else as_dtype(dtype)


def _shape(size: tuple[Any, ...]) -> tuple[int, ...]:
    shape = sizes(size)
    if any(n < 0 for n in shape):
        raise ArgumentError(f"sizes must be ≥ 0, got {shape}")
    return shape


def tensor(data: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of a copy of `data`: numbers, nested lists, a NumPy array, or a tensor's values."""
    return _made(np.array(to_array(data, dtype)), requires_grad)


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A tensor that shares memory with `ndarray` (float16/32/64, int64 or bool)."""
    if not isinstance(ndarray, np.ndarray):
        raise DtypeError(f"from_numpy: needs a NumPy array, got {type(ndarray).__name__}: tensor()")
    as_dtype(ndarray.dtype)
    return wrap(ndarray)


def full(size: Any, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """`size` copies of fill_value, in its own dtype unless given."""
    value = to_array(fill_value, dtype)
    if value.ndim:
        raise ArgumentError(f"full: fill_value must be one number, got shape {value.shape}")
    return _made(np.full(_shape((size,)), value), requires_grad)


def zeros(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of shape `size`, in the default dtype."""
    return _made(np.zeros(_shape(size), _dtype(dtype)), requires_grad)


def ones(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of shape `size`, in the default dtype."""
    return _made(np.ones(_shape(size), _dtype(dtype)), requires_grad)


def empty(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Memory of shape `size` as it is found: to be filled."""
    return _made(np.empty(_shape(size), _dtype(dtype)), requires_grad)


def arange(
    start: float = 0,
    end: float | None = None,
    step: float = 1,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, … below end; int64 if all three are ints. arange(end) counts from 0."""
    if end is None:
        start, end = 0, start
    if not all(isinstance(n, int | float | np.number) for n in (start, end, step)):
        raise ArgumentError(f"arange: start, end and step are numbers, got {start}, {end}, {step}")
    if step == 0 or (end - start) * step < 0:
        raise ArgumentError(f"arange: step {step} never leads from {start} to {end}")
    if dtype is None and all(isinstance(n, int | np.integer) for n in (start, end, step)):
        dtype = np.int64
    return _made(np.arange(start, end, step).astype(_dtype(dtype)), requires_grad)


def linspace(
    start: float, end: float, steps: int, *, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """`steps` evenly spaced numbers from start to end, both included."""
    if not isinstance(steps, int | np.integer) or steps < 0:
        raise ArgumentError(f"linspace: steps must be an int ≥ 0, got {steps!r}")
    return _made(np.linspace(start, end, steps).astype(_dtype(dtype)), requires_grad)


def eye(n: int, m: int | None = None, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """The identity matrix (n, m), n = m unless given."""
    return _made(np.eye(*_shape((n, n if m is None else m)), dtype=_dtype(dtype)), requires_grad)


def rand(
    *size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """Draws from U(0, 1)."""
    return _made(_drawn("rand", rng(generator).random, size, dtype), requires_grad)


def randn(
    *size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """Draws from N(0, 1)."""
    return _made(_drawn("randn", rng(generator).standard_normal, size, dtype), requires_grad)


def _drawn(name: str, draw: Any, size: tuple[Any, ...], dtype: Any) -> np.ndarray:
    wanted = _dtype(dtype)
    if not is_floating(wanted):
        raise DtypeError(f"{name}: draws are floating point, got dtype {wanted}: use randint()")
    native = wanted if wanted in (np.float32, np.float64) else np.dtype(np.float32)
    return np.asarray(draw(_shape(size), dtype=native)).astype(wanted, copy=False)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
) -> Tensor:
    """Draws from the integers low … high - 1. randint(high, size) counts from 0."""
    if size is None:
        low, high, size = 0, low, high
    if not all(isinstance(n, int | np.integer) for n in (low, high)):
        raise ArgumentError(f"randint: low and high must be ints, got {low!r} and {high!r}")
    if not low < high:
        raise ArgumentError(f"randint: high must be above low, got {low} and {high}")
    drawn = np.asarray(rng(generator).integers(low, high, _shape((size,))))
    return wrap(drawn.astype(np.int64 if dtype is None else as_dtype(dtype)))


def randperm(n: int, *, generator: Generator | None = None) -> Tensor:
    """0 … n - 1 in random order."""
    return wrap(rng(generator).permutation(*_shape((n,))).astype(np.int64, copy=False))


def bernoulli(input: Tensor, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability each element of input gives, else 0."""
    p = require_floating("bernoulli", input).array
    if not np.all((p >= 0) & (p <= 1)):
        raise ArgumentError(
            f"bernoulli: probabilities must lie in [0, 1], got {p.min()} … {p.max()}"
        )
    return wrap((rng(generator).random(p.shape) < p).astype(p.dtype))


def _like(name: str, input: Any, dtype: Any) -> tuple[Any, np.dtype]:
    """The shape of input, and its dtype unless another is given."""
    tensor = require_tensor(name, input)
    return tensor.shape, tensor.dtype if dtype is None else as_dtype(dtype)


def zeros_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros in input's shape and dtype."""
    shape, dtype = _like("zeros_like", input, dtype)
    return zeros(shape, dtype=dtype, requires_grad=requires_grad)


def ones_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones in input's shape and dtype."""
    shape, dtype = _like("ones_like", input, dtype)
    return ones(shape, dtype=dtype, requires_grad=requires_grad)


def empty_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Memory to be filled, in input's shape and dtype."""
    shape, dtype = _like("empty_like", input, dtype)
    return empty(shape, dtype=dtype, requires_grad=requires_grad)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """fill_value in input's shape and dtype."""
    shape, dtype = _like("full_like", input, dtype)
    return full(shape, fill_value, dtype=dtype, requires_grad=requires_grad)


def rand_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draws from U(0, 1) in input's shape and dtype."""
    shape, dtype = _like("rand_like", input, dtype)
    return rand(shape, generator=generator, dtype=dtype, requires_grad=requires_grad)


def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draws from N(0, 1) in input's shape and dtype."""
    shape, dtype = _like("randn_like", input, dtype)
    return randn(shape, generator=generator, dtype=dtype, requires_grad=requires_grad)


def randint_like(
    input: Tensor,
    low: int,
    high: int | None = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
) -> Tensor:
    """Draws from the integers low … high - 1 in input's shape and dtype."""
    bounds = (0, low) if high is None else (low, high)
    shape, dtype = _like("randint_like", input, dtype)
    return randint(*bounds, shape, generator=generator, dtype=dtype)
