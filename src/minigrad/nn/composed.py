"""Functions put together from ops: their gradients are those of the parts."""

from __future__ import annotations

from minigrad.core.mode import no_grad
from minigrad.core.tensor import Tensor
from minigrad.errors import ArgumentError, ShapeError
from minigrad.functional.elementwise import abs, clamp, exp, log, where
from minigrad.functional.operands import require_floating, require_tensor
from minigrad.functional.reduce import mean, norm, sum, var


def _same_shape(name: str, input: Tensor, target: Tensor) -> None:
    require_floating(name, input)
    if require_tensor(name, target, "target").shape != input.shape:
        raise ShapeError(
            f"{name}: input and target must have one shape, got {input.shape} and {target.shape}: "
            "reshape one of them"
        )


def _reduced(name: str, losses: Tensor, reduction: str) -> Tensor:
    kinds = {"mean": mean, "sum": sum, "none": lambda losses: losses}
    if reduction not in kinds:
        raise ArgumentError(f"{name}: reduction must be 'mean', 'sum' or 'none', got {reduction!r}")
    return kinds[reduction](losses)


def l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """|input - target|, reduced."""
    _same_shape("l1_loss", input, target)
    return _reduced("l1_loss", abs(input - target), reduction)


def smooth_l1_loss(
    input: Tensor, target: Tensor, *, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """d²/(2 beta) where d = |input - target| < beta, d - beta/2 elsewhere, reduced."""
    _same_shape("smooth_l1_loss", input, target)
    if not beta >= 0:
        raise ArgumentError(f"smooth_l1_loss: beta must be ≥ 0, got {beta}")
    if not beta:
        return l1_loss(input, target, reduction=reduction)
    d = abs(input - target)
    losses = where(d < beta, d * d * (0.5 / beta), d - 0.5 * beta)
    return _reduced("smooth_l1_loss", losses, reduction)


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: str = "mean"
) -> Tensor:
    """-target ln input - (1 - target) ln(1 - input) for probabilities, times `weight`, reduced.

    ln 0 counts as -100, and passes no gradient: binary_cross_entropy_with_logits has none of this.
    """
    _same_shape("binary_cross_entropy", input, target)
    if input.numel() and not 0 <= input.array.min() <= input.array.max() <= 1:
        raise ArgumentError(
            "binary_cross_entropy: input must be probabilities in [0, 1]: apply sigmoid, or use "
            "binary_cross_entropy_with_logits"
        )
    losses = -(target * _log(input) + (1 - target) * _log(1 - input))
    if weight is not None:
        losses = losses * weight
    return _reduced("binary_cross_entropy", losses, reduction)


def _log(p: Tensor) -> Tensor:
    return clamp(where(p > 0, log(where(p > 0, p, 1.0)), -100.0), min=-100.0)


def kl_div(
    input: Tensor, target: Tensor, *, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    """target (ln target - input) for log-probabilities `input`: "batchmean" sums it and divides by
    the rows, which is the divergence of Kullback and Leibler; "mean" divides by the elements."""
    _same_shape("kl_div", input, target)
    if log_target:
        losses = exp(target) * (target - input)
    else:
        positive = target > 0  # 0 ln 0 = 0
        losses = where(positive, target * log(where(positive, target, 1.0)), 0.0) - target * input
    if reduction == "batchmean":
        return sum(losses) / input.shape[0]
    return _reduced("kl_div", losses, reduction)


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """input / max(‖input‖ₚ along dim, eps)."""
    return input / clamp(norm(input, p, dim, keepdim=True), min=eps)


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / √(var + eps) · weight + bias, each feature (dim 1) over all else (Ioffe &
    Szegedy 2015). Raises ShapeError in training with one value per feature.

    In training mean and var are the batch's, and the running ones move towards them by `momentum`
    (var as the unbiased estimate); else they are the running ones, where there are any.
    """
    if input.ndim < 2:
        raise ShapeError(f"batch_norm: input must be (N, C) or (N, C, …), got shape {input.shape}")
    across = (0, *range(2, input.ndim))
    column = (1, -1, *[1] * (input.ndim - 2))
    if training or running_mean is None or running_var is None:
        n = input.numel() // max(input.shape[1], 1)
        if training and n < 2:
            raise ShapeError(
                f"batch_norm: training needs more than 1 value per feature, got {input.shape}"
            )
        centre = mean(input, across)
        spread = var(input, across, correction=0)
        if training and running_mean is not None and running_var is not None:
            with no_grad():
                running_mean.copy_(running_mean * (1 - momentum) + centre * momentum)
                running_var.copy_(running_var * (1 - momentum) + spread * (momentum * n / (n - 1)))
    else:
        centre, spread = running_mean, running_var
    scale = (spread + eps) ** -0.5
    scale = scale if weight is None else scale * weight
    out = (input - centre.reshape(column)) * scale.reshape(column)
    return out if bias is None else out + bias.reshape(column)
