"""The classification losses with weights, and with probabilities as targets: the fused op where it
does, else put together from log_softmax and its like."""

from __future__ import annotations

from typing import Any

import minigrad.functional.loss as fused
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import ArgumentError, ShapeError
from minigrad.functional.elementwise import where
from minigrad.functional.reduce import sum
from minigrad.functional.softmax import log_softmax
from minigrad.nn.composed import _reduced


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """-(p t ln σ(x) + (1 - t) ln(1 - σ(x))) · weight, for t in [0, 1]; p is ``pos_weight``."""
    name = "binary_cross_entropy_with_logits"
    if pos_weight is None and weight is None:
        return fused.binary_cross_entropy_with_logits(input, target, reduction=reduction)
    plain = fused.binary_cross_entropy_with_logits(input, target, reduction="none")
    if pos_weight is not None:  # what t = 1 costs, (p - 1) t times once more
        ones = wrap(input.array * 0 + 1)
        plain = plain + (pos_weight - 1) * target * fused.binary_cross_entropy_with_logits(
            input, ones, reduction="none"
        )
    return _reduced(name, plain if weight is None else plain * weight, reduction)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """-weight[target] · input[target], of log-probabilities (N, C, …) and labels (N, …).

    "mean" divides by the sum of the weights. Labels equal to ignore_index count nowhere.
    """
    if weight is None:
        return fused.nll_loss(input, target, ignore_index=ignore_index, reduction=reduction)
    each = fused.nll_loss(input, target, ignore_index=ignore_index, reduction="none")
    return _weighed("nll_loss", each, target, weight, ignore_index, reduction)


def _weighed(
    name: str, each: Tensor, target: Tensor, weight: Tensor, ignore_index: int, reduction: str
) -> Tensor:
    kept = target.array != ignore_index
    w = where(wrap(kept), weight[wrap(target.array * kept)], 0.0)
    return sum(each * w) / sum(w) if reduction == "mean" else _reduced(name, each * w, reduction)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-ln softmax(input)[target] for scores (N, C, …) and labels (N, …), or Σ -target ln softmax
    for target probabilities (N, C, …).

    ``weight`` (C) counts each class so often; "mean" divides labels by the sum of their weights,
    probabilities by N. label_smoothing s mixes the target with s/C for every class.
    """
    if isinstance(target, Tensor) and target.is_floating_point() and target.shape == input.shape:
        return _of_probabilities(input, target, weight, reduction, label_smoothing)
    options: Any = {"ignore_index": ignore_index}
    if weight is None:
        options |= {"reduction": reduction, "label_smoothing": label_smoothing}
        return fused.cross_entropy(input, target, **options)
    each = fused.cross_entropy(input, target, **options, reduction="none")
    w = _weighed("cross_entropy", each, target, weight, ignore_index, reduction)
    if not label_smoothing:
        return w
    classes = int(input.ndim > 1)
    logp = log_softmax(input, classes)
    shape = [1] * input.ndim
    shape[classes] = -1
    kept = target.array != ignore_index
    spread = where(wrap(kept), -sum(logp * weight.reshape(*shape), classes), 0.0)
    if reduction == "mean":
        spread = sum(spread) / sum(where(wrap(kept), weight[wrap(target.array * kept)], 0.0))
    elif reduction == "sum":
        spread = sum(spread)
    s = label_smoothing
    return (1 - s) * w + s / input.shape[classes] * spread


def _of_probabilities(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, s: float
) -> Tensor:
    if reduction not in ("mean", "sum", "none"):
        raise ArgumentError(
            f"cross_entropy: reduction must be 'mean', 'sum' or 'none', got {reduction!r}"
        )
    if not input.ndim:
        raise ShapeError("cross_entropy: input must have a dimension of classes, got shape ()")
    classes = int(input.ndim > 1)
    logp = log_softmax(input, classes)
    if weight is not None:
        shape = [1] * input.ndim
        shape[classes] = -1
        logp = logp * weight.reshape(*shape)
    each = -sum(((1 - s) * target + s / input.shape[classes]) * logp, classes)
    if reduction == "mean":
        rows = max(each.numel(), 1)
        return sum(each) / rows
    return each if reduction == "none" else sum(each)
