"""Ops that scripts name and the engine has no need of: mostly put together from the engine's own,
whose gradients they then have. PyTorch's names, arguments and semantics."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad as mg
from minigrad.core.graph import record
from minigrad.core.saved import OUT
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import ShapeError

METHODS: dict[str, Callable[..., Any]] = {}  # what Tensor gets beside its own


def method(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a tensor that is a method too."""
    METHODS[function.__name__] = function
    return function


def _floating(x: Any) -> Tensor:
    return x if x.is_floating_point() else x.float()


def _elementwise(name: str, value: Any, slope: Callable[[Any, Any], Any] | None) -> None:
    """An op of one tensor: ``slope(x, out)`` is its derivative, None where that is 0."""

    def op(input: Tensor) -> Tensor:
        x = _floating(input) if slope else input
        vjp = (lambda g, x, out: g * slope(x, out)) if slope else (lambda g, x, out: g * 0)
        return record(name, value(x.array), (x, vjp, x, OUT))

    op.__name__ = name
    op.__doc__ = f"{name}(input), element by element."
    globals()[name] = method(op)


_two_over_root_pi = 2 / math.sqrt(math.pi)
_erf: Any = np.frompyfunc(math.erf, 1, 1)
for _name, _value, _slope in (
    ("floor", np.floor, None),
    ("ceil", np.ceil, None),
    ("trunc", np.trunc, None),
    ("sinh", np.sinh, lambda x, out: np.cosh(x)),
    ("cosh", np.cosh, lambda x, out: np.sinh(x)),
    ("tan", np.tan, lambda x, out: 1 + out * out),
    ("asin", np.arcsin, lambda x, out: (1 - x * x) ** -0.5),
    ("acos", np.arccos, lambda x, out: -((1 - x * x) ** -0.5)),
    ("atan", np.arctan, lambda x, out: 1 / (1 + x * x)),
    ("asinh", np.arcsinh, lambda x, out: (1 + x * x) ** -0.5),
    ("acosh", np.arccosh, lambda x, out: (x * x - 1) ** -0.5),
    ("atanh", np.arctanh, lambda x, out: 1 / (1 - x * x)),
    ("expm1", np.expm1, lambda x, out: out + 1),
    ("exp2", np.exp2, lambda x, out: out * math.log(2)),
    ("log10", np.log10, lambda x, out: 1 / (x * math.log(10))),
    ("log2", np.log2, lambda x, out: 1 / (x * math.log(2))),
    (
        "erf",
        lambda x: np.asarray(_erf(x.astype(np.float64)), dtype=np.float64).astype(x.dtype),
        lambda x, out: np.exp(-x * x) * _two_over_root_pi,
    ),
):
    _elementwise(_name, _value, _slope)
arctan, arcsin, arccos = (globals()[name] for name in ("atan", "asin", "acos"))
sgn = method(mg.sign)


@method
def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    return record("round", np.round(input.array, decimals), (input, lambda g: g * 0))


@method
def square(input: Tensor) -> Tensor:
    return input * input


@method
def floor_divide(input: Any, other: Any) -> Tensor:
    """⌊input / other⌋; of integers, exactly."""
    a, b = (x.array if isinstance(x, Tensor) else x for x in (input, other))
    return wrap(np.asarray(_kept(a // b, input, other)))


def _kept(value: Any, *given: Any) -> Any:
    """In the tensors' dtype: a Python number does not widen a float32 one."""
    dtypes = [x.dtype for x in given if isinstance(x, Tensor)]
    return (
        np.asarray(value).astype(np.result_type(value, *dtypes) if len(dtypes) > 1 else dtypes[0])
        if np.asarray(value).dtype.kind == dtypes[0].kind
        else np.asarray(value)
    )


@method
def remainder(input: Any, other: Any) -> Tensor:
    """input - other ⌊input / other⌋, of other's sign."""
    return input - other * floor_divide(input, other)


@method
def fmod(input: Any, other: Any) -> Tensor:
    """The remainder of input's sign."""
    quotient = (input / other).detach()
    return input - other * wrap(np.trunc(quotient.array).astype(quotient.dtype))


@method
def rsub(input: Tensor, other: Any, *, alpha: float = 1) -> Tensor:
    return other - input * alpha


@method
def lerp(input: Tensor, end: Tensor, weight: Any) -> Tensor:
    return input + weight * (end - input)


@method
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    return input + value * (tensor1 * tensor2)


@method
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    return input + value * (tensor1 / tensor2)


@method
def hypot(input: Tensor, other: Tensor) -> Tensor:
    return (input * input + other * other).sqrt()


@method
def atan2(input: Tensor, other: Tensor) -> Tensor:
    x, y = input, other
    return record(
        "atan2",
        np.arctan2(x.array, y.array),
        (x, lambda g, x, y: g * y / (x * x + y * y), x, y),
        (y, lambda g, x, y: g * -x / (x * x + y * y), x, y),
    )


@method
def isinf(input: Tensor) -> Tensor:
    return wrap(np.isinf(input.array))


@method
def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    return wrap(np.asarray(np.isclose(input.array, other.array, rtol, atol, equal_nan)))


@method
def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    return builtins.bool(np.allclose(input.array, other.array, rtol, atol, equal_nan))


@method
def equal(input: Tensor, other: Tensor) -> bool:
    return builtins.bool(np.array_equal(input.array, other.array))


# -- products ------------------------------------------------------------------------------------


def _product(name: str, dims: tuple[int, int]) -> None:
    def op(input: Tensor, other: Tensor) -> Tensor:
        if (input.ndim, other.ndim) != dims:
            raise ShapeError(
                f"{name}: needs tensors of {dims[0]} and {dims[1]} dimensions, got shapes "
                f"{input.shape} and {other.shape}: matmul takes others"
            )
        return input @ other

    op.__name__ = name
    op.__doc__ = f"matmul of tensors of {dims[0]} and {dims[1]} dimensions."
    globals()[name] = method(op)


for _name, _dims in {"mm": (2, 2), "bmm": (3, 3), "mv": (2, 1), "dot": (1, 1)}.items():
    _product(_name, _dims)
spmm = globals()["mm"]


def _added(name: str) -> None:
    """beta · input + alpha · (a @ b)."""

    def op(input: Any, a: Tensor, b: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
        return beta * input + alpha * (a @ b)

    op.__name__ = name
    globals()[name] = method(op)


for _name in ("addmm", "addmv", "baddbmm"):
    _added(_name)


@method
def addbmm(input: Tensor, a: Tensor, b: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    return beta * input + alpha * (a @ b).sum(0)


@method
def addr(input: Tensor, a: Tensor, b: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    product = alpha * (a.reshape(-1, 1) * b)
    return product if beta == 0 else beta * input + product  # a NaN in input counts for nothing


@method
def inner(input: Tensor, other: Tensor) -> Tensor:
    """Sums over the last dimensions."""
    if not (input.ndim and other.ndim):
        return input * other
    flat = input.reshape(-1, input.shape[-1]) @ other.reshape(-1, other.shape[-1]).t()
    return flat.reshape(*input.shape[:-1], *other.shape[:-1])


def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    if isinstance(dims, int):
        dims = (list(range(a.ndim - dims, a.ndim)), list(range(dims)))
    left, right = ([d % t.ndim for d in ds] for ds, t in zip(dims, (a, b), strict=True))
    free_a = [d for d in range(a.ndim) if d not in left]
    free_b = [d for d in range(b.ndim) if d not in right]
    n = math.prod(a.shape[d] for d in left)
    x = a.permute(*free_a, *left).reshape(-1, n)
    y = b.permute(*right, *free_b).reshape(n, -1)
    return (x @ y).reshape(*(a.shape[d] for d in free_a), *(b.shape[d] for d in free_b))


@method
def kron(input: Tensor, other: Tensor) -> Tensor:
    n = max(input.ndim, other.ndim)
    a, b = (t.reshape(*[1] * (n - t.ndim), *t.shape) for t in (input, other))
    both = a.reshape(*[s for d in a.shape for s in (d, 1)])
    both = both * b.reshape(*[s for d in b.shape for s in (1, d)])
    return both.reshape(*(x * y for x, y in zip(a.shape, b.shape, strict=True)))


def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: Any = None) -> Tensor:
    """Distances between all rows of two: (…, n, d), (…, m, d) -> (…, n, m)."""
    between = x1.unsqueeze(-2) - x2.unsqueeze(-3)
    return (between != 0).to(x1.dtype).sum(-1) if p == 0 else mg.norm(between, p, -1)


# -- reductions ------------------------------------------------------------------------------------


@method
def var_mean(input: Tensor, dim: Any = None, **options: Any) -> tuple[Tensor, Tensor]:
    keepdim = options.get("keepdim", False)
    return input.var(dim, **options), input.mean(dim, keepdim)


@method
def std_mean(input: Tensor, dim: Any = None, **options: Any) -> tuple[Tensor, Tensor]:
    keepdim = options.get("keepdim", False)
    return input.std(dim, **options), input.mean(dim, keepdim)


@method
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Any:
    return input.amin(dim, keepdim), input.amax(dim, keepdim)


@method
def count_nonzero(input: Tensor, dim: Any = None) -> Tensor:
    return wrap(np.asarray(np.count_nonzero(input.array, axis=dim)))


@method
def nansum(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    return mg.where(mg.isnan(input), 0.0, input).sum(dim, keepdim)


@method
def cumprod(input: Tensor, dim: int) -> Tensor:
    parts = [input.select(dim, 0)] if input.ndim and input.shape[dim] else []  # type: ignore[attr-defined]
    for i in range(1, len(parts) and input.shape[dim]):
        parts.append(parts[-1] * input.select(dim, i))  # type: ignore[attr-defined]
    return mg.stack(parts, dim) if parts else input.clone()


@method
def trace(input: Tensor) -> Tensor:
    return input.diagonal().sum()  # type: ignore[attr-defined]
