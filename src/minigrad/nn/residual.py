"""Residual connections and the two places for a norm beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigrad.core.tensor import Tensor
from minigrad.errors import DtypeError, ShapeError
from minigrad.nn.module import Module


class _Branch(Module):
    """What the three share: x + scale · (what f returned)."""

    f: Callable[[Tensor], Tensor]
    scale: float

    def added(self, x: Tensor, branch: Tensor) -> Tensor:
        """Raises DtypeError or ShapeError unless `branch` is a tensor of x's shape."""
        name = type(self).__name__
        if not isinstance(branch, Tensor):
            raise DtypeError(f"{name}: f must return a Tensor, got {type(branch).__name__}")
        if branch.shape != x.shape:
            raise ShapeError(
                f"{name}: f must keep the shape {x.shape} to be added to it, got {branch.shape}"
            )
        return x + (branch if self.scale == 1 else branch * self.scale)

    def extra_repr(self) -> str:
        return "" if self.scale == 1 else f"scale={self.scale}"


class Residual(_Branch):
    """x + scale · f(x), for a module or a function f that keeps x's shape (He et al. 2015).

    The identity path hands the gradient on unchanged: dL/dx = G + scale · (df/dx)ᵀ G.
    """

    def __init__(self, f: Callable[[Tensor], Tensor], scale: float = 1.0) -> None:
        super().__init__()
        self.f, self.scale = _callable("Residual", "f", f), scale

    def forward(self, x: Tensor) -> Tensor:
        return self.added(x, self.f(x))


class PreNorm(_Branch):
    """x + scale · f(norm(x)): the identity path runs from input to output untouched (Xiong et al.
    2020). A stack of them needs one more norm at its end, since the sum grows with depth."""

    def __init__(
        self,
        norm: Callable[[Tensor], Tensor],
        f: Callable[[Tensor], Tensor],
        scale: float = 1.0,
    ) -> None:
        super().__init__()
        self.norm = _callable("PreNorm", "norm", norm)
        self.f, self.scale = _callable("PreNorm", "f", f), scale

    def forward(self, x: Tensor) -> Tensor:
        return self.added(x, self.f(self.norm(x)))


class PostNorm(_Branch):
    """norm(x + scale · f(x)): every norm stands on the identity path (Vaswani et al. 2017)."""

    def __init__(
        self,
        norm: Callable[[Tensor], Tensor],
        f: Callable[[Tensor], Tensor],
        scale: float = 1.0,
    ) -> None:
        super().__init__()
        self.norm = _callable("PostNorm", "norm", norm)
        self.f, self.scale = _callable("PostNorm", "f", f), scale

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.added(x, self.f(x)))


def _callable(name: str, argument: str, f: Any) -> Callable[[Tensor], Tensor]:
    if isinstance(f, type) or not callable(f):
        got = f"the class {f.__name__}: call it" if isinstance(f, type) else type(f).__name__
        raise DtypeError(f"{name}: {argument} must be a module or a function, got {got}")
    return f
