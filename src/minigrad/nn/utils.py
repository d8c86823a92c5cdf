"""clip_grad_norm_, under the path PyTorch users expect."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable

import numpy as np

from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import ArgumentError, GraphError


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Scale all gradients so that their joint norm is at most max_norm; returns the norm before.

    The norm is over all gradients as one vector (Pascanu et al. 2013). A norm that is not finite
    is reported by a warning, or by GraphError with error_if_nonfinite: scaling cannot mend it.
    """
    if not max_norm >= 0:
        raise ArgumentError(f"clip_grad_norm_: max_norm must be ≥ 0, got {max_norm}")
    if not norm_type > 0:
        raise ArgumentError(f"clip_grad_norm_: norm_type must be > 0, got {norm_type}")
    listed = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    grads = [p.grad.array for p in listed if p.grad is not None]
    total = _norm(np.array([_norm(g, norm_type) for g in grads]), norm_type)
    if not math.isfinite(total):
        message = (
            f"clip_grad_norm_: the norm of the gradients is {total}, so clipping cannot mend them: "
            "look for its cause with minigrad.detect_anomaly()"
        )
        if error_if_nonfinite:
            raise GraphError(message)
        warnings.warn(message, stacklevel=2)
    scale = max_norm / (total + 1e-6)
    if not scale >= 1:
        for g in grads:
            g *= g.dtype.type(scale)
    return wrap(np.asarray(total, np.result_type(np.float32, *grads)))


def _norm(g: np.ndarray, norm_type: float) -> float:
    """In float64, so that squares neither overflow (from 1e19 in float32) nor vanish."""
    flat = g.reshape(-1).astype(np.float64)
    if norm_type == math.inf:
        return float(np.abs(flat).max(initial=0))
    if norm_type == 2:
        return math.sqrt(flat @ flat)
    return float((np.abs(flat) ** norm_type).sum() ** (1 / norm_type))
