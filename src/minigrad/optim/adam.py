"""Adam and AdamW."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.errors import ArgumentError
from minigrad.optim.optimizer import Optimizer, blocks


class Adam(Optimizer):
    """m ← β₁ m + (1 - β₁) g,  v ← β₂ v + (1 - β₂) g²,  p ← p - lr m̂ / (√v̂ + eps), where m̂ and v̂
    are divided by 1 - βᵗ (Kingma & Ba 2015, algorithm 1). weight_decay is added to g."""

    decoupled = False

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        if not all(0 <= beta < 1 for beta in betas):
            raise ArgumentError(f"{type(self).__name__}: betas must lie in [0, 1), got {betas}")
        options = {"betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {"lr": lr, **options})

    def _update(
        self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        lr, eps, decay = group["lr"], group["eps"], group["weight_decay"]
        beta1, beta2 = group["betas"]
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(p), exp_avg_sq=np.zeros_like(p))
        state["step"] += 1
        first = lr / (1 - beta1 ** state["step"])
        second = 1 / math.sqrt(1 - beta2 ** state["step"])
        for w, g_, m, v in blocks(p, g, state["exp_avg"], state["exp_avg_sq"]):
            if decay and self.decoupled:
                w *= 1 - lr * decay
            elif decay:
                g_ = g_ + decay * w
            m *= beta1
            m += (1 - beta1) * g_
            v *= beta2
            v += (1 - beta2) * (g_ * g_)
            root = np.sqrt(v)
            root *= second
            root += eps
            np.divide(m, root, out=root)
            root *= first
            w -= root


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameter itself, p ← p (1 - lr · weight_decay), and
    never enters m and v (Loshchilov & Hutter 2019)."""

    decoupled = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)
