"""Adam and AdamW."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.errors import ArgumentError
from minigrad.kernels import twin
from minigrad.optim.optimizer import Optimizer, blocks, buffer


class Adam(Optimizer):
    """m ← β₁ m + (1 - β₁) g,  v ← β₂ v + (1 - β₂) g²,  p ← p - lr m̂ / (√v̂ + eps), where m̂ and v̂
    are divided by 1 - βᵗ (Kingma & Ba 2015, algorithm 1). weight_decay is added to g.

    amsgrad: the largest v so far in place of v (Reddi et al. 2018). foreach and fused choose among
    PyTorch's implementations; here there is one.
    """

    decoupled = False

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        fused: bool | None = None,
    ) -> None:
        if not all(0 <= beta < 1 for beta in betas):
            raise ArgumentError(f"{type(self).__name__}: betas must lie in [0, 1), got {betas}")
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**options, "amsgrad": amsgrad, "maximize": maximize})

    def _update(
        self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        lr, eps, decay = float(group["lr"]), group["eps"], group["weight_decay"]
        beta1, beta2 = group["betas"]
        state["step"] = state.get("step", 0) + 1
        first = lr / (1 - beta1 ** state["step"])
        second = 1 / math.sqrt(1 - beta2 ** state["step"])
        mean, square = buffer(state, "exp_avg", p), buffer(state, "exp_avg_sq", p)
        shrink, decay = (1 - lr * decay, 0.0) if self.decoupled else (1.0, decay)
        numbers = (group["betas"], first, second, eps, decay, shrink)
        if group["amsgrad"]:
            largest = buffer(state, "max_exp_avg_sq", p)
            _adam_update(p, g, mean, square, *numbers, largest=largest)
        else:
            _adam_update(p, g, mean, square, *numbers, together=self.elements)


@twin("optim", 16384)
def _adam_update(
    p: np.ndarray, g: np.ndarray, mean: np.ndarray, square: np.ndarray,
    betas: tuple[float, float], first: float, second: float, eps: float, decay: float,
    shrink: float, largest: np.ndarray | None = None,
) -> None:  # fmt: skip
    """`decay` is added to g, `shrink` multiplies p; `largest` is amsgrad's, in square's place."""
    beta1, beta2 = betas
    most_ = square if largest is None else largest
    for w, g_, m, v, most in blocks(p, g, mean, square, most_):
        if shrink != 1:
            w *= shrink
        if decay:
            g_ = g_ + decay * w
        m *= beta1
        m += (1 - beta1) * g_
        v *= beta2
        v += (1 - beta2) * (g_ * g_)
        if largest is not None:
            np.maximum(most, v, out=most)
        root = np.sqrt(most)
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
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        fused: bool | None = None,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)
