"""Tensors made and drawn as scripts do it, and what Tensor answers beside the engine's methods."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import minigrad as mg
from minigrad.core.random import rng
from minigrad.core.tensor import Tensor, wrap
from minigrad.torch.ops import METHODS, floor_divide, method, remainder


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """minigrad.from_numpy; integers of other sizes become int64, in memory of their own."""
    array = np.asarray(ndarray)
    return mg.from_numpy(
        array.astype(np.int64) if array.dtype.kind in "iu" and array.dtype != np.int64 else array
    )


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    if isinstance(data, np.ndarray) and dtype is None:
        return from_numpy(data)
    return mg.tensor(data, dtype=dtype)


asarray = as_tensor


@method
def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Any = None
) -> Tensor:
    """Indices drawn in proportion to each row's weights: (C,) or (N, C) -> (…, num_samples)."""
    weights = input.detach().array.astype(np.float64)
    rows = np.atleast_2d(weights)
    draw = rng(generator)
    drawn = [
        draw.choice(rows.shape[1], num_samples, replacement, p=row / row.sum()) for row in rows
    ]
    return wrap(np.stack(drawn).reshape(*weights.shape[:-1], num_samples))


def normal(
    mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Any = None, **kwargs: Any
) -> Tensor:
    """Draws of N(mean, std²), whose sizes are the tensors' or ``size``."""
    if size is None:
        size = np.broadcast_shapes(*(x.shape for x in (mean, std) if isinstance(x, Tensor)))
    return mean + std * mg.randn(*size, generator=generator)


@method
def bernoulli_(input: Tensor, p: float = 0.5, *, generator: Any = None) -> Tensor:
    return input.copy_(wrap((rng(generator).random(input.shape) < p).astype(input.dtype)))


@method
def exponential_(input: Tensor, lambd: float = 1.0, *, generator: Any = None) -> Tensor:
    drawn = rng(generator).exponential(1 / lambd, input.shape)
    return input.copy_(wrap(np.asarray(drawn).astype(input.dtype)))


@method
def random_(input: Tensor, low: int = 0, high: int = 1 << 24, *, generator: Any = None) -> Tensor:
    drawn = rng(generator).integers(low, high, input.shape)
    return input.copy_(wrap(np.asarray(drawn).astype(input.dtype)))


def _new(name: str) -> Any:
    def make(self: Tensor, *size: Any, **options: Any) -> Tensor:
        options.pop("device", None)
        return getattr(mg, name)(*size, **{"dtype": self.dtype, **options})

    return make


METHODS |= {f"new_{name}": _new(name) for name in ("zeros", "ones", "empty")}


@method
def new_full(input: Tensor, size: Any, fill_value: Any, **options: Any) -> Tensor:
    options.pop("device", None)
    return mg.full(size, fill_value, **{"dtype": input.dtype, **options})


@method
def new_tensor(input: Tensor, data: Any, **options: Any) -> Tensor:
    options.pop("device", None)
    return mg.tensor(data, **{"dtype": input.dtype, **options})


@method
def type_as(input: Tensor, other: Tensor) -> Tensor:
    return input.to(other.dtype)


@method
def view_as(input: Tensor, other: Tensor) -> Tensor:
    return input.view(*other.shape)


reshape_as = method(lambda input, other: input.reshape(*other.shape))
METHODS["reshape_as"] = reshape_as


@method
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    return input.expand(*other.shape)


NAMES = {
    "FloatTensor": mg.float32, "DoubleTensor": mg.float64, "HalfTensor": mg.float16,
    "LongTensor": mg.int64, "IntTensor": mg.int64, "ByteTensor": mg.int64, "BoolTensor": mg.bool,
}  # fmt: skip


@method
def type(input: Tensor, dtype: Any = None, **kwargs: Any) -> Any:
    """The name of its type, as "torch.FloatTensor"; or the tensor as another."""
    if dtype is None:
        names = {v: k for k, v in reversed(NAMES.items())}
        return f"torch.{names[input.dtype]}"
    name = dtype.rpartition(".")[2] if isinstance(dtype, str) else getattr(dtype, "__name__", "")
    return input.to(NAMES.get(name, dtype))


def _same(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The tensor itself: it lies in the one memory that there is."""
    return input


METHODS |= dict.fromkeys(("pin_memory", "share_memory_"), _same)
METHODS |= {
    "int": lambda self: self.long(),
    "short": lambda self: self.long(),
    "byte": lambda self: self.long(),
    "char": lambda self: self.long(),
    "nelement": lambda self: self.numel(),
    "element_size": lambda self: self.dtype.itemsize,
    "is_contiguous": lambda self, **kwargs: self.array.flags.c_contiguous,
    "stride": lambda self, *dim: _strides(self, *dim),
    "get_device": lambda self: -1,
    "is_complex": lambda self: False,
    "data_ptr": lambda self: self.array.ctypes.data,
    "__floordiv__": floor_divide,
    "__rfloordiv__": lambda self, other: floor_divide(other, self),
    "__mod__": remainder,
    "__rmod__": lambda self, other: remainder(other, self),
    "apply_": lambda self, function: self.copy_(
        wrap(np.vectorize(function, otypes=[self.dtype])(self.array))
    ),
}


def _strides(input: Tensor, dim: Any = None) -> Any:
    steps = tuple(s // input.array.itemsize for s in input.array.strides)
    return steps if dim is None else steps[dim]


def numel(input: Tensor) -> int:
    return input.numel()


def is_floating_point(input: Tensor) -> bool:
    return input.is_floating_point()


def _in_place(name: str) -> None:
    """``x.name_(…)``: what ``name`` gives, written into x."""

    def op(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        run = METHODS.get(name) or getattr(Tensor, name)
        return self.copy_(run(self, *args, **kwargs))

    METHODS[f"{name}_"] = op


for _name in (
    *("exp", "sqrt", "rsqrt", "log", "abs", "neg", "sin", "cos", "tanh", "sigmoid", "relu", "pow"),
    *("floor", "ceil", "round", "lerp", "addcmul", "addcdiv", "square", "tril", "triu", "erf"),
    *("clamp", "remainder", "addmm", "reciprocal"),
):
    if not hasattr(Tensor, f"{_name}_") and (_name in METHODS or hasattr(Tensor, _name)):
        _in_place(_name)


# -- complex numbers, for rotary embeddings -----------------------------------------------------


class ComplexTensor:
    """Real and imaginary parts, for what Llama's rotary embedding does with them: a product, and
    views. (…) of each."""

    def __init__(self, real: Tensor, imag: Tensor) -> None:
        shape = np.broadcast_shapes(real.shape, imag.shape)
        self.real, self.imag = (mg.broadcast_to(x, shape) for x in (real, imag))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.real.shape

    @property
    def ndim(self) -> int:
        return self.real.ndim

    def __len__(self) -> int:
        return self.shape[0]

    def __mul__(self, other: Any) -> ComplexTensor:
        if not isinstance(other, ComplexTensor):
            return ComplexTensor(self.real * other, self.imag * other)
        a, b, c, d = self.real, self.imag, other.real, other.imag
        return ComplexTensor(a * c - b * d, a * d + b * c)

    __rmul__ = __mul__

    def conj(self) -> ComplexTensor:
        return ComplexTensor(self.real, -self.imag)

    def abs(self) -> Tensor:
        return (self.real * self.real + self.imag * self.imag).sqrt()

    def angle(self) -> Tensor:
        return METHODS["atan2"](self.imag, self.real)

    def __getitem__(self, index: Any) -> ComplexTensor:
        return ComplexTensor(self.real[index], self.imag[index])

    def __getattr__(self, name: str) -> Any:
        if name not in _PARTS:
            raise AttributeError(f"a complex tensor has no {name!r}")
        return lambda *args, **kwargs: ComplexTensor(
            getattr(self.real, name)(*args, **kwargs), getattr(self.imag, name)(*args, **kwargs)
        )


_PARTS = frozenset(
    (
        *("view", "reshape", "unsqueeze", "squeeze", "expand", "transpose", "permute", "flatten"),
        *("to", "repeat", "index_select", "contiguous", "detach", "clone", "float"),
    )
)


def complex(real: Tensor, imag: Tensor) -> ComplexTensor:
    return ComplexTensor(real, imag)


def polar(abs: Tensor, angle: Tensor) -> ComplexTensor:
    return ComplexTensor(abs * angle.cos(), abs * angle.sin())


def view_as_complex(input: Tensor) -> ComplexTensor:
    return ComplexTensor(input[..., 0], input[..., 1])


def view_as_real(input: ComplexTensor) -> Tensor:
    return mg.stack([input.real, input.imag], -1)


pi, inf, nan, e = math.pi, math.inf, math.nan, math.e
