"""Muon."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.errors import ArgumentError, ShapeError
from minigrad.optim.optimizer import Optimizer, buffer

QUINTIC = (3.4445, -4.775, 2.0315)


class Muon(Optimizer):
    """B ← momentum · B + (1 - momentum) g,  p ← p (1 - lr · weight_decay) - lr · c · NS(B)
    (Jordan et al. 2024), for matrices; biases, norms and embeddings belong to another optimizer.

    NS sets every singular value of B to about 1: an update of spectral norm about lr · c in all
    directions at once, whatever the gradient's size. nesterov: NS((1 - momentum) g + momentum · B).
    c is √max(1, n_out/n_in) with adjust_lr_fn None or "original", and 0.2 √max(n_out, n_in), which
    gives the update the rms of Adam's, with "match_rms_adamw". NS runs in float32 or wider.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = QUINTIC,
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ArgumentError(
                "Muon: adjust_lr_fn must be 'original', 'match_rms_adamw' or None, got "
                f"{adjust_lr_fn!r}"
            )
        if not (isinstance(ns_steps, int) and 0 <= ns_steps < 100):
            raise ArgumentError(f"Muon: ns_steps must be an int from 0 to 99, got {ns_steps}")
        options: dict[str, Any] = {"lr": lr, "weight_decay": weight_decay, "momentum": momentum}
        options |= {"nesterov": nesterov, "ns_coefficients": ns_coefficients, "eps": eps}
        super().__init__(params, {**options, "ns_steps": ns_steps, "adjust_lr_fn": adjust_lr_fn})

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group, of matrices alone: ShapeError for any other parameter."""
        super().add_param_group(param_group)
        for p in self.param_groups[-1]["params"]:
            if p.ndim != 2:
                del self.param_groups[-1]
                raise ShapeError(
                    f"Muon takes matrices, got a parameter of shape {p.shape}: give biases, norms "
                    "and convolutions to another optimizer, AdamW for one"
                )

    def _update(
        self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        lr, momentum, rule = float(group["lr"]), group["momentum"], group["adjust_lr_fn"]
        mean = buffer(state, "momentum_buffer", p)
        mean *= momentum
        mean += (1 - momentum) * g
        update = (1 - momentum) * g + momentum * mean if group["nesterov"] else mean
        update = orthogonal(update, group["ns_coefficients"], group["ns_steps"], group["eps"])
        rows, columns = p.shape  # (n_out, n_in)
        size = math.sqrt(max(1, rows / columns))
        if rule == "match_rms_adamw":
            size = 0.2 * math.sqrt(max(rows, columns))
        p *= 1 - lr * group["weight_decay"]
        p -= (lr * size) * update


def orthogonal(
    g: np.ndarray,
    coefficients: tuple[float, float, float] = QUINTIC,
    steps: int = 5,
    eps: float = 1e-7,
) -> np.ndarray:
    """U Vᵀ of the matrix g = U S Vᵀ, nearly: singular values of 0.7 to 1.2 in place of S.

    Newton and Schulz's iteration X ← aX + b(XXᵀ)X + c(XXᵀ)²X moves each singular value s of
    X = g/‖g‖ by as + bs³ + cs⁵, five times. These a, b and c raise small ones fast and leave the
    rest around 1 instead of at it. In float32 or wider.
    """
    a, b, c = coefficients
    x = g.astype(np.result_type(g.dtype, np.float32))
    x = x.T if x.shape[0] > x.shape[1] else x  # the smaller of the two Gram matrices
    x = x / max(float(np.linalg.norm(x)), eps)  # no singular value above 1
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return (x.T if g.shape[0] > g.shape[1] else x).astype(g.dtype)
