"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.errors import ArgumentError
from minigrad.optim.optimizer import Optimizer, blocks


class SGD(Optimizer):
    """v ← momentum · v + g,  p ← p - lr · v, with g the gradient + weight_decay · p.

    nesterov: p ← p - lr (g + momentum · v) (Sutskever et al. 2013).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        *,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        if nesterov and not momentum:
            raise ArgumentError("SGD: nesterov needs a momentum > 0")
        options = {"momentum": momentum, "weight_decay": weight_decay, "nesterov": nesterov}
        super().__init__(params, {"lr": lr, **options})

    def _update(
        self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        lr, momentum, decay = group["lr"], group["momentum"], group["weight_decay"]
        if momentum and "momentum_buffer" not in state:
            state["momentum_buffer"] = np.zeros_like(p)
        for w, g_, v in blocks(p, g, state.get("momentum_buffer", g)):
            if decay:
                g_ = g_ + decay * w
            if not momentum:
                w -= lr * g_
                continue
            v *= momentum
            v += g_
            w -= lr * (g_ + momentum * v if group["nesterov"] else v)
