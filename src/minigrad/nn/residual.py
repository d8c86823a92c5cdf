"""Residual connections and the two places for a norm beside them."""

from __future__ import annotations

from collections.abc import Callable

from minigrad.core.tensor import Tensor
from minigrad.errors import DtypeError, ShapeError
from minigrad.nn.module import Module


class Residual(Module):
    """x + scale · f(x), for a module or a function f that keeps x's shape (He et al. 2015).

    The identity path hands the gradient on unchanged: dL/dx = G + scale · (df/dx)ᵀ G.
    """

    def __init__(self, f: Callable[[Tensor], Tensor], scale: float = 1.0) -> None:
        super().__init__()
        if not callable(f):
            raise DtypeError(f"Residual: f must be a module or a function, got {type(f).__name__}")
        self.f, self.scale = f, scale

    def forward(self, x: Tensor) -> Tensor:
        return _add_branch("Residual", x, self.f(x), self.scale)

    def extra_repr(self) -> str:
        return "" if self.scale == 1 else f"scale={self.scale}"


class PreNorm(Module):
    """x + scale · f(norm(x)): the identity path runs from input to output untouched (Xiong et al.
    2020). A stack of them needs one more norm at its end, since the sum grows with depth."""

    def __init__(self, norm: Module, f: Callable[[Tensor], Tensor], scale: float = 1.0) -> None:
        super().__init__()
        self.norm = norm
        self.f, self.scale = f, scale

    def forward(self, x: Tensor) -> Tensor:
        return _add_branch("PreNorm", x, self.f(self.norm(x)), self.scale)


class PostNorm(Module):
    """norm(x + scale · f(x)): every norm stands on the identity path (Vaswani et al. 2017)."""

    def __init__(self, norm: Module, f: Callable[[Tensor], Tensor], scale: float = 1.0) -> None:
        super().__init__()
        self.norm = norm
        self.f, self.scale = f, scale

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(_add_branch("PostNorm", x, self.f(x), self.scale))


def _add_branch(name: str, x: Tensor, branch: Tensor, scale: float) -> Tensor:
    if branch.shape != x.shape:
        raise ShapeError(
            f"{name}: f must keep the shape {x.shape} to be added to it, got {branch.shape}"
        )
    return x + branch if scale == 1 else x + scale * branch
