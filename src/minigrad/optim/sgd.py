"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.errors import ArgumentError
from minigrad.kernels import twin
from minigrad.optim.optimizer import Optimizer, blocks, buffer


class SGD(Optimizer):
    """v ← momentum · v + (1 - dampening) · g,  p ← p - lr · v, with g the gradient +
    weight_decay · p, and v = g at first.

    nesterov: p ← p - lr (g + momentum · v) (Sutskever et al. 2013). foreach and fused choose among
    PyTorch's implementations; here there is one.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        fused: bool | None = None,
    ) -> None:
        if nesterov and (not momentum or dampening):
            raise ArgumentError("SGD: nesterov needs a momentum > 0 and no dampening")
        options = {"lr": lr, "momentum": momentum, "dampening": dampening}
        options |= {"weight_decay": weight_decay, "nesterov": nesterov, "maximize": maximize}
        super().__init__(params, options)

    def _update(
        self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        lr, momentum, decay = float(group["lr"]), group["momentum"], group["weight_decay"]
        share = 1 - group["dampening"] if "momentum_buffer" in state else 1
        if momentum:
            v = buffer(state, "momentum_buffer", p)
            numbers = lr, momentum, decay, share, group["nesterov"]
            _sgd_update(p, g, v, *numbers, together=self.elements)
            return
        for w, g_ in blocks(p, g):
            w -= lr * (g_ + decay * w if decay else g_)


@twin("optim", 16384)
def _sgd_update(
    p: np.ndarray, g: np.ndarray, v: np.ndarray, lr: float, momentum: float, decay: float,
    share: float, nesterov: bool,
) -> None:  # fmt: skip
    for w, g_, v_ in blocks(p, g, v):
        if decay:
            g_ = g_ + decay * w
        v_ *= momentum
        v_ += g_ if share == 1 else share * g_
        w -= lr * (g_ + momentum * v_ if nesterov else v_)
