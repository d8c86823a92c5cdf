"""`torch.linalg`, as far as norms go."""

from __future__ import annotations

from typing import Any

import minigrad as mg
from minigrad.core.tensor import Tensor
from minigrad.errors import ArgumentError


def vector_norm(x: Tensor, ord: float = 2, dim: Any = None, keepdim: bool = False) -> Tensor:
    """(Σ |x|^ord)^(1/ord) over dim, or over all."""
    return mg.norm(x, ord, dim, keepdim)


def norm(A: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False) -> Tensor:
    """vector_norm, and Frobenius's norm of matrices; ArgumentError for another norm of those."""
    matrix = len(dim) == 2 if isinstance(dim, tuple | list) else dim is None and A.ndim == 2
    if ord not in (None, "fro") and matrix:
        raise ArgumentError(f"linalg.norm: of a matrix only 'fro' is here, got ord {ord!r}")
    return mg.norm(A, 2 if ord in (None, "fro") else ord, dim, keepdim)
