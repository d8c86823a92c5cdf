"""What the cases are made of: arrays with the values and shapes that an op has to get right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

rng = np.random.default_rng(0)


class Case(NamedTuple):
    """A call of an op."""

    op: str
    args: tuple
    kwargs: dict[str, Any]


@dataclass
class Seed:
    """Stands for a fresh generator with this seed."""

    number: int


def is_random(case: Case) -> bool:
    """Whether its values are drawn: no two engines draw the same."""
    return any(isinstance(value, Seed) for value in case.kwargs.values())


def x(*shape: int) -> np.ndarray:
    """Values of both signs, at least 0.3 away from the kinks at 0."""
    return np.asarray(rng.uniform(0.3, 1.5, shape) * rng.choice([-1, 1], shape))


def pos(*shape: int) -> np.ndarray:
    """Positive values."""
    return np.asarray(rng.uniform(0.3, 1.5, shape))


def ints(high: int, *shape: int) -> np.ndarray:
    return np.asarray(rng.integers(0, high, shape))


def mask(*shape: int) -> np.ndarray:
    return np.asarray(rng.random(shape) < 0.5)


def call(*args: Any, **kwargs: Any) -> tuple[tuple, dict[str, Any]]:
    return args, kwargs


def unary(make: Callable = x) -> list:
    """Any shape: a matrix, a vector, one element, none, 0-d."""
    return [call(make(*shape)) for shape in ((2, 3), (4,), (1,), (0, 3), ())]


def binary(make: Callable = x, other: Callable | None = None) -> list:
    """Equal shapes, and every kind of broadcast."""
    shapes: list = [((2, 3), (2, 3)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 1, 3), (4, 1))]
    shapes += [((), (2, 2)), ((2,), ()), ((), ()), ((0, 3), (3,)), ((2, 0), (1, 1)), ((1,), (0,))]
    return [call(make(*a), (other or make)(*b)) for a, b in shapes]


def dims(*args: Any, several: bool = True, make: Callable = x) -> list:
    """No dim, every kind of dim, keepdim; `args` come between input and dim."""
    shapes: list = [((2, 3), 0), ((2, 3), -1), ((4,), 0), ((), 0), ((), -1), ((2, 1, 3), 1)]
    if several:
        shapes += [((2, 3, 2), (0, 2)), ((2, 3, 2), (-1, 0)), ((2, 3), (0, 1)), ((2, 3), [1])]
    made = [call(make(*shape), *args, dim) for shape, dim in shapes]
    made += [call(make(*shape), *args, dim, keepdim=True) for shape, dim in shapes]
    return [call(make(2, 3), *args), call(make(), *args), call(make(1), *args), *made]


# -- the same call for minigrad and for PyTorch ---------------------------------------------------


def find(lib: Any, op: str) -> Callable:
    """The function called `op` in minigrad or in torch."""
    if op in ("getitem", "setitem"):
        return getattr(lib.Tensor, f"__{op}__")
    if op == "mT":
        return lambda input: input.mT
    for place in (lib.nn.functional, lib, lib.Tensor):
        if hasattr(place, op):
            return getattr(place, op)
    raise AttributeError(f"{lib.__name__} has no {op}")


def convert(lib: Any, value: Any, dtype: str = "float64") -> Any:
    """A written argument as `lib` takes it; floating-point arrays as leaves of `dtype`."""
    if isinstance(value, np.ndarray):
        if value.dtype != np.float64:
            return lib.tensor(value)
        return lib.tensor(value, dtype=getattr(lib, dtype), requires_grad=True)
    if isinstance(value, dict):
        return {key: convert(lib, item, dtype) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(convert(lib, item, dtype) for item in value)
    return value


def leaves(args: Any) -> list:
    """The tensors in converted arguments that require a gradient, in order."""
    if isinstance(args, dict):
        args = tuple(args.values())
    if isinstance(args, list | tuple):
        return [leaf for arg in args for leaf in leaves(arg)]
    return [args] if getattr(args, "requires_grad", False) else []


def apply(lib: Any, op: str, args: tuple, kwargs: dict[str, Any]) -> tuple:
    """The results of `op`, always as a tuple. An op that changes its first argument in place gets
    a copy made by an op, since a leaf may not be changed, and gives that back. A `Seed` left in
    kwargs becomes a generator here, so that two calls draw the same."""
    function = find(lib, op)
    for key, value in kwargs.items():
        if isinstance(value, Seed):
            kwargs = {**kwargs, key: lib.Generator().manual_seed(value.number)}
    if op.endswith("_") or op == "setitem":
        changed = args[0] * 1
        function(changed, *args[1:], **kwargs)
        return (changed,)
    out = function(*args, **kwargs)
    return tuple(out) if isinstance(out, tuple) else (out,)
