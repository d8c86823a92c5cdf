"""Residual connections and the two places for a norm beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigrad.core.tensor import Tensor
from minigrad.errors import DtypeError, ShapeError
from minigrad.nn.module import Module

Map = Callable[[Tensor], Tensor]
"""A module, or a function of one tensor."""


def pre_norm(x: Tensor, norm: Map, f: Map, scale: float = 1.0) -> Tensor:
    """x + scale · f(norm(x)): the formula of PreNorm."""
    return _added("PreNorm", x, f(norm(x)), scale)


def post_norm(x: Tensor, norm: Map, f: Map, scale: float = 1.0) -> Tensor:
    """norm(x + scale · f(x)): the formula of PostNorm."""
    return norm(_added("PostNorm", x, f(x), scale))


def _added(name: str, x: Tensor, branch: Tensor, scale: float) -> Tensor:
    """x + scale · branch; DtypeError or ShapeError unless `branch` is a tensor of x's shape."""
    if not isinstance(branch, Tensor):
        raise DtypeError(f"{name}: f must return a Tensor, got {type(branch).__name__}")
    if branch.shape != x.shape:
        raise ShapeError(
            f"{name}: f must keep the shape {x.shape} to be added to it, got {branch.shape}"
        )
    return x + (branch if scale == 1 else branch * scale)


class Residual(Module):
    """x + scale · f(x), for a module or a function f that keeps x's shape (He et al. 2015).

    The identity path hands the gradient on unchanged: dL/dx = G + scale · (df/dx)ᵀ G.
    """

    def __init__(self, f: Map, scale: float = 1.0) -> None:
        super().__init__()
        self.f, self.scale = _callable("Residual", "f", f), scale

    def forward(self, x: Tensor) -> Tensor:
        return _added("Residual", x, self.f(x), self.scale)

    def extra_repr(self: Any) -> str:
        return "" if self.scale == 1 else f"scale={self.scale}"


class _Normed(Module):
    """A norm and a branch f, which the two below put together."""

    def __init__(self, norm: Map, f: Map, scale: float = 1.0) -> None:
        super().__init__()
        name = type(self).__name__
        self.norm, self.f = _callable(name, "norm", norm), _callable(name, "f", f)
        self.scale = scale

    extra_repr = Residual.extra_repr


class PreNorm(_Normed):
    """x + scale · f(norm(x)): the identity path runs from input to output untouched (Xiong et al.
    2020). A stack of them needs one more norm at its end, since the sum grows with depth."""

    def forward(self, x: Tensor) -> Tensor:
        return pre_norm(x, self.norm, self.f, self.scale)


class PostNorm(_Normed):
    """norm(x + scale · f(x)): every norm stands on the identity path (Vaswani et al. 2017)."""

    def forward(self, x: Tensor) -> Tensor:
        return post_norm(x, self.norm, self.f, self.scale)


def _callable(name: str, argument: str, f: Any) -> Map:
    if isinstance(f, type) or not callable(f):
        got = f"the class {f.__name__}: call it" if isinstance(f, type) else type(f).__name__
        raise DtypeError(f"{name}: {argument} must be a module or a function, got {got}")
    return f
