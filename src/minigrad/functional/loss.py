"""Losses. G stands for dL/dout; `reduction` is "mean", "sum" or "none"."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.core.broadcast import Shape
from minigrad.core.graph import record
from minigrad.core.saved import stand_in
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import ArgumentError, DtypeError, ShapeError
from minigrad.functional import parts
from minigrad.functional.elementwise import where
from minigrad.functional.index import check_range, put
from minigrad.functional.operands import (
    in_float32,
    operands,
    require_floating,
    require_tensor,
    wide,
)
from minigrad.kernels import twin


def _reduce(name: str, losses: np.ndarray, reduction: str, n: Any) -> tuple[np.ndarray, Any]:
    """The reduced losses, and what G is multiplied by to reach each loss."""
    if reduction == "none":
        return losses, 1
    if reduction == "sum":
        return np.add.reduce(losses, axis=None), 1
    if reduction == "mean":
        n = losses.dtype.type(n)
        return np.add.reduce(losses, axis=None) / n, 1 / n
    raise ArgumentError(f"{name}: reduction must be 'mean', 'sum' or 'none', got {reduction!r}")


def _alike(name: str, input: Tensor, target: Any) -> tuple[Any, Any, np.ndarray, np.ndarray]:
    """Both in one dtype, and their arrays; raises ShapeError unless they have one shape."""
    input, target = in_float32(require_floating(name, input)), in_float32(target)
    if require_tensor(name, target, "target").shape != input.shape:
        raise ShapeError(
            f"{name}: input and target must have one shape, got {input.shape} and {target.shape} "
            "(broadcasting here would be a silent mistake): reshape one of them"
        )
    a, b, _, _ = operands(name, input, target)
    return a, b, wide(a), wide(b)


def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """(input - target)².   Gradient of input: 2 G (input - target) [/ n]; of target: its minus."""
    a, b, x, t = _alike("mse_loss", input, target)
    diff = x - t
    value, share = _reduce("mse_loss", diff * diff, reduction, diff.size)
    return record(
        "mse_loss",
        value,
        (a, lambda g, x, t: (2 * share * g) * (x - t), a, b),
        (b, lambda g, x, t: (-2 * share * g) * (x - t), a, b),
    )


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, *, reduction: str = "mean"
) -> Tensor:
    """-(t ln σ(x) + (1 - t) ln(1 - σ(x))) = max(x, 0) - x t + ln(1 + e^-|x|), for t in [0, 1].
    Gradient: G (σ(x) - t) [/ n]."""
    name = "binary_cross_entropy_with_logits"
    a, b, x, t = _alike(name, input, target)
    losses = np.maximum(x, 0) - x * t + np.log1p(np.exp(-np.abs(x)))
    value, share = _reduce(name, losses, reduction, losses.size)
    return record(
        "binary_cross_entropy_with_logits",
        value,
        (a, lambda g, x, t: (g * share) * (1 / (1 + np.exp(-x)) - t), a, b),
        (b, lambda g, x: (g * share) * -x, a),
    )


def _labels(
    name: str, input: Tensor, target: Any, ignore_index: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Class scores as rows (N, C), labels (N) with 0 for ignored ones, and the mask kept (N)."""
    x = wide(require_floating(name, input))
    labels = require_tensor(name, target, "target").array
    if x.ndim > 1 and labels.shape == x.shape:
        raise ShapeError(
            f"{name}: target must hold one class index per example, got the input's own shape "
            f"{x.shape}: of one-hot rows or probabilities take .argmax(1)"
        )
    if labels.dtype.kind != "i":
        raise DtypeError(
            f"{name}: target must hold class indices (int64), got {labels.dtype}: convert with "
            ".long()"
        )
    expected = x.shape[:1] + x.shape[2:] if x.ndim > 1 else ()
    if not x.ndim or labels.shape != expected:
        raise ShapeError(
            f"{name}: input (N, C, ...) needs target (N, ...), got {x.shape} and {labels.shape}"
        )
    flat = labels.reshape(-1)
    rows = np.moveaxis(x, 1, -1).reshape(flat.size, x.shape[1]) if x.ndim > 1 else x[None]
    kept = flat != ignore_index
    flat = np.where(kept, flat, 0)
    check_range(name, flat, rows.shape[1], classes=True)
    return rows, flat, kept


def _unrows(rows: Any, shape: Shape) -> Any:
    """Rows (N, C) back in `shape`, (N, C, ...)."""
    if len(shape) < 2:
        return rows.reshape(shape)
    return np.moveaxis(rows.reshape(shape[:1] + shape[2:] + shape[1:2]), -1, 1)


def nll_loss(
    input: Tensor, target: Tensor, *, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """-input[target] for log-probabilities (N, C, ...) and labels (N, ...); labels equal to
    ignore_index count nowhere.   Gradient: -G [/ n] at the label, 0 elsewhere."""
    input = in_float32(input)
    rows, labels, kept = _labels("nll_loss", input, target, ignore_index)
    at, shape, (n, c) = np.arange(len(labels)), input.shape, rows.shape
    losses = np.where(kept, -rows[at, labels], 0)
    value, share = _reduce("nll_loss", losses, reduction, kept.sum())

    def vjp(g: Any, labels: np.ndarray, kept: np.ndarray) -> Any:
        g = np.where(kept, -g.reshape(-1) * share, 0)
        return _unrows(put(g, (n, c), (at, labels)), shape)

    return record("nll_loss", _unflatten(value, target), (input, vjp, labels, kept))


def cross_entropy(
    input: Tensor,
    target: Tensor,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-ln softmax(input)[target] for scores (N, C, ...) and labels (N, ...).

    Labels equal to ignore_index count nowhere; label_smoothing s mixes the label's one-hot with
    s/C for every class (Szegedy et al. 2016). Gradient: G (softmax - mixed one-hot) [/ n].
    One op, since the composition of log_softmax and nll_loss takes 3 passes more.
    """
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(
            f"cross_entropy: label_smoothing must lie in [0, 1], got {label_smoothing}"
        )
    input = in_float32(input)
    rows, labels, kept = _labels("cross_entropy", input, target, ignore_index)
    at, s, shape, classes = np.arange(len(labels)), label_smoothing, input.shape, rows.shape[1]
    logp = _log_softmax(rows)
    losses = -logp[at, labels]
    if s:
        losses = (1 - s) * losses - s / classes * np.add.reduce(logp, axis=1)
    losses = np.where(kept, losses, 0)
    value, share = _reduce("cross_entropy", losses, reduction, kept.sum())

    def vjp(g: np.ndarray, logp: np.ndarray, labels: np.ndarray, kept: np.ndarray) -> np.ndarray:
        full = np.exp(logp)
        full[at, labels] -= 1 - s
        full -= s / classes
        full *= np.where(kept, g.reshape(-1) * share, 0)[:, None]
        return _unrows(full, shape)

    def again(x: Any, labels: np.ndarray, kept: np.ndarray) -> Tensor:
        x = x.reshape(1, -1) if x.ndim == 1 else np.moveaxis(x, 1, -1).reshape(-1, classes)
        losses = where(wrap(kept), parts.nll(x.log_softmax(1), wrap(labels), s), 0)
        return losses.reshape(target.shape) if reduction == "none" else losses.sum() * share

    same = logp.astype(input.dtype, copy=False)  # softmax does not tell scores from their own log
    return record(
        "cross_entropy",
        _unflatten(value, target),
        (input, vjp, logp, labels, kept),
        parts=(again, stand_in(input, _unrows(same, shape)), labels, kept),
    )


@twin("softmax", 16384)
def _log_softmax(rows: np.ndarray) -> np.ndarray:
    logp = rows - np.maximum.reduce(rows, axis=1, keepdims=True, initial=-np.inf)
    logp -= np.log(np.add.reduce(np.exp(logp), axis=1, keepdims=True))
    return logp


def _unflatten(value: Any, target: Tensor) -> Any:
    """Unreduced losses (N) in the target's shape; a reduced loss as it is."""
    return value.reshape(target.shape) if np.ndim(value) else value
