"""BatchNorm1d."""

from __future__ import annotations

from typing import Any

from minigrad.core.tensor import Tensor
from minigrad.errors import ArgumentError, ShapeError
from minigrad.functional.creation import empty, tensor, zeros
from minigrad.nn import init
from minigrad.nn.composed import batch_norm
from minigrad.nn.module import Module, Parameter


class BatchNorm1d(Module):
    """(N, C) or (N, C, L): each feature brought to mean 0 and mean square 1 over the batch (Ioffe &
    Szegedy 2015), then · weight + bias.

    Unlike LayerNorm it mixes the rows of a batch, and in eval() takes the running mean and variance
    instead, buffers that training moves by `momentum` (None: the mean over all batches).
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if num_features < 1:
            raise ArgumentError(f"BatchNorm1d: num_features must be positive, got {num_features}")
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.weight = Parameter(empty(num_features, dtype=dtype)) if affine else None
        self.bias = Parameter(empty(num_features, dtype=dtype)) if affine else None
        track = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, dtype=dtype) if track else None)
        self.register_buffer("running_var", zeros(num_features, dtype=dtype) if track else None)
        self.register_buffer("num_batches_tracked", tensor(0) if track else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set weight to 1, bias to 0, and forget the batches seen."""
        if self.weight is not None and self.bias is not None:
            init.ones_(self.weight)
            init.zeros_(self.bias)
        if self.running_mean is not None:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
            self.num_batches_tracked.array[...] = 0

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (2, 3) or input.shape[1] != self.num_features:
            raise ShapeError(
                f"BatchNorm1d takes (N, {self.num_features}) or (N, {self.num_features}, L), got "
                f"shape {input.shape}"
            )
        momentum = self.momentum
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked.array += 1
            if momentum is None:
                momentum = 1 / self.num_batches_tracked.item()
        return batch_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training,
            momentum or 0.0,
            self.eps,
        )

    def extra_repr(self) -> str:
        bias = self.bias is not None
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={bias}, track_running_stats={self.track_running_stats}"
        )
