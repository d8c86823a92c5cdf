"""RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.optim.optimizer import Optimizer, blocks, buffer


class RMSprop(Optimizer):
    """v ← alpha · v + (1 - alpha) g²,  p ← p - lr g / (√v + eps) (Tieleman & Hinton 2012, lecture
    6.5): Adam without its momentum and without its correction of the first steps.

    centered: v less the square of the gradients' running mean. momentum: as SGD's, of the steps.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        options = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay}
        options |= {"momentum": momentum, "centered": centered, "maximize": maximize}
        super().__init__(params, options)

    def _update(
        self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        lr, alpha, eps = float(group["lr"]), group["alpha"], group["eps"]
        square = buffer(state, "square_avg", p)
        mean = buffer(state, "grad_avg", p) if group["centered"] else g
        speed = buffer(state, "momentum_buffer", p) if group["momentum"] else g
        for w, g_, v, m, s in blocks(p, g, square, mean, speed):
            if group["weight_decay"]:
                g_ = g_ + group["weight_decay"] * w
            v *= alpha
            v += (1 - alpha) * (g_ * g_)
            root = v
            if group["centered"]:
                m *= alpha
                m += (1 - alpha) * g_
                root = v - m * m
            step = g_ / (np.sqrt(root) + eps)
            if group["momentum"]:
                s *= group["momentum"]
                s += step
                step = s
            w -= lr * step
