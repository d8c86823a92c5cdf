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
    if max_norm < 0:
        raise ArgumentError(f"clip_grad_norm_: max_norm must be ≥ 0, got {max_norm}")
    listed = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    grads = [p.grad.data for p in listed if p.grad is not None]
    if norm_type == math.inf:
        norms = [np.abs(g).max(initial=0) for g in grads]
        total = float(max(norms, default=0.0))
    else:
        flat = (_at_least_float32(g.reshape(-1)) for g in grads)
        powers = [
            float(g @ g) if norm_type == 2 else float((np.abs(g) ** norm_type).sum()) for g in flat
        ]
        total = float(np.float64(sum(powers)) ** (1 / norm_type))
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
    return wrap(np.asarray(total, grads[0].dtype if grads else np.float32))


def _at_least_float32(g: np.ndarray) -> np.ndarray:
    return g if g.dtype.itemsize >= 4 else g.astype(np.float32)
