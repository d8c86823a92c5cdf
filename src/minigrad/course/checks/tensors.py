"""Runs for functions and layers of Tensors: forward, and differentiated by each argument."""

from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad
from minigrad.course.check import apply, demand


def tensor(values: Any, **options: Any) -> Any:
    """A Tensor of an array's own dtype; what is no array stays as it is."""
    if not isinstance(values, np.ndarray):
        return values
    return minigrad.tensor(values, dtype=getattr(minigrad, str(values.dtype)), **options)


def forward(function: Any, *args: Any) -> Any:
    """The function's answer, a Tensor, for arrays given as Tensors."""
    return demand(apply(function, *map(tensor, args)), "a Tensor")


def gradients(*names: str) -> Callable[..., Any]:
    """A run: the gradients by the first arguments, called so, of a weighted sum of the answer."""

    def run(function: Any, *args: Any) -> Any:
        given = [tensor(a, requires_grad=i < len(names)) for i, a in enumerate(args)]
        out = demand(apply(function, *given), "a Tensor")
        return by(out, dict(zip(names, given, strict=False)))

    return run


def by(out: Any, leaves: dict[str, Any]) -> dict[str, Any]:
    """The gradient of Σ c · out by each leaf, c = cos 0, cos 1, …; None where none arrived."""
    if out.requires_grad:
        c = np.cos(np.arange(out.array.size)).reshape(out.shape)
        (out * tensor(c.astype(out.array.dtype))).sum().backward()
    return {
        f"the gradient by {name}": None if leaf.grad is None else np.array(leaf.grad.array)
        for name, leaf in leaves.items()
    }


def rows(*shape: int, size: float = 1.0, shift: float = 0.3, dtype: Any = np.float64) -> Any:
    """Draws an array whose rows have a mean and differ in size."""
    scale = size * np.linspace(1, 2, shape[0]).reshape(-1, *[1] * (len(shape) - 1))
    return lambda rng: (scale * (rng.normal(size=shape) + shift)).astype(dtype)


def weight(d: int, dtype: Any = np.float64) -> Any:
    return lambda rng: (rng.choice([-1, 1], d) * rng.uniform(0.5, 3, d)).astype(dtype)


def each(*draws: Any) -> Any:
    """Draws all of these; what is no function is given as it is."""
    return lambda rng: [d(rng) if callable(d) else d for d in draws]
