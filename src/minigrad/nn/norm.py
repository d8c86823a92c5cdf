"""LayerNorm and RMSNorm: each row brought to one scale, then multiplied by a learned weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.core.device import device as cpu
from minigrad.core.tensor import Tensor
from minigrad.errors import ArgumentError
from minigrad.functional.creation import empty
from minigrad.functional.norm import layer_norm, rms_norm
from minigrad.nn import init
from minigrad.nn.module import Module, Parameter


def _shape(name: str, normalized_shape: Any) -> tuple[int, ...]:
    one = isinstance(normalized_shape, int | np.integer)
    shape = (normalized_shape,) if one else tuple(normalized_shape)
    if not shape or not all(isinstance(n, int | np.integer) and n > 0 for n in shape):
        raise ArgumentError(
            f"{name}: normalized_shape must be a positive int, or several, got {normalized_shape!r}"
        )
    return shape


class LayerNorm(Module):
    """(x - mean) / sqrt(var + eps) · weight + bias over the last dims (Ba et al. 2016).

    Keeps each row's mean at 0 and mean square at 1 while weight = 1 and bias = 0, as they start.
    float16 in, float16 out: the statistics are taken in float32. 2d parameters.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        cpu.check(device)
        self.normalized_shape, self.eps = _shape("LayerNorm", normalized_shape), eps
        self.elementwise_affine = affine = elementwise_affine
        self.weight = Parameter(empty(self.normalized_shape, dtype=dtype)) if affine else None
        self.bias = (
            Parameter(empty(self.normalized_shape, dtype=dtype)) if affine and bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set weight to 1 and bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        affine = f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        return f"{self.normalized_shape}, eps={self.eps}, {affine}"


class RMSNorm(Module):
    """x / sqrt(mean(x²) + eps) · weight over the last dims (Zhang & Sennrich 2019).

    Keeps each row's mean square at 1 while weight = 1, as it starts; the mean is left alone.
    float16 in, float16 out: the statistics are taken in float32. d parameters. eps None: the
    dtype's machine epsilon, as in PyTorch.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        cpu.check(device)
        self.normalized_shape, self.eps = _shape("RMSNorm", normalized_shape), eps
        self.elementwise_affine = affine = elementwise_affine
        self.weight = Parameter(empty(self.normalized_shape, dtype=dtype)) if affine else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set weight to 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, input: Tensor) -> Tensor:
        return rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        affine = f"elementwise_affine={self.elementwise_affine}"
        return f"{self.normalized_shape}, eps={self.eps}, {affine}"
