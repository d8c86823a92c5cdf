"""The curvature that a step meets: the largest eigenvalue of the loss's Hessian."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigrad.autograd.backward import grad
from minigrad.core.tensor import Tensor, wrap

Floats = NDArray[np.float64]


def sharpness(
    loss: Callable[[], Tensor],
    parameters: Sequence[Tensor],
    start: Floats,
    iterations: int = 15,
    unit: Floats | float = 1.0,
) -> tuple[float, Floats]:
    """(the eigenvalue of D⁻¹ H D⁻¹ that is largest in size, its vector (N,)), D = diag(unit).

    H is the Hessian of `loss()` over all N numbers of the parameters, never built: power iteration
    from `start` (N,) takes one Hessian-vector product per round, a gradient of a gradient. The
    vector found is a good start for the next call. `unit` (N,) measures each coordinate: for Adam
    √(√v̂ + ε), so that gradient descent, stable below 2/lr, and Adam are asked one question.
    """
    v, value = np.asarray(start, np.float64), 0.0
    sizes = [p.numel() for p in parameters]
    for _ in range(iterations):
        pieces = np.split(v / unit, np.cumsum(sizes)[:-1])
        along = [
            wrap(piece.reshape(p.shape).astype(p.dtype))
            for piece, p in zip(pieces, parameters, strict=True)
        ]
        slopes = grad(loss(), parameters, create_graph=True)
        bent: Any = grad(slopes, parameters, along)  # H D⁻¹ v, parameter by parameter
        moved = np.concatenate([g.array.ravel() for g in bent]).astype(np.float64) / unit
        value = float(v @ moved / (v @ v))
        v = moved / np.linalg.norm(moved)
    return value, v
