"""Learning-rate schedules: call `scheduler.step()` after each `optimizer.step()`."""

from __future__ import annotations

import math
from collections.abc import Callable

from minigrad.errors import ArgumentError, DtypeError
from minigrad.optim.optimizer import Optimizer


class LambdaLR:
    """lr = the group's first lr · lr_lambda(steps taken so far), from the start on."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float]) -> None:
        if not isinstance(optimizer, Optimizer):
            raise DtypeError(f"a schedule takes an optimizer first, got {type(optimizer).__name__}")
        self.optimizer, self.lr_lambda, self.last_epoch = optimizer, lr_lambda, 0
        self.base_lrs = [group["lr"] for group in optimizer.param_groups]
        self._set()

    def _set(self) -> None:
        for group, base in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = base * self.lr_lambda(self.last_epoch)

    def step(self) -> None:
        """Move on to the next step's learning rate."""
        self.last_epoch += 1
        self._set()

    def get_last_lr(self) -> list[float]:
        """The learning rate in force, for each group."""
        return [group["lr"] for group in self.optimizer.param_groups]


class LinearLR(LambdaLR):
    """The factor runs from start_factor to end_factor in total_iters steps: a warmup."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise ArgumentError(
                "LinearLR: start_factor must lie in (0, 1] and end_factor in [0, 1], got "
                f"{start_factor} and {end_factor}"
            )
        if total_iters < 0:
            raise ArgumentError(f"LinearLR: total_iters must be ≥ 0, got {total_iters}")

        def factor(step: int) -> float:
            done = min(step / total_iters, 1) if total_iters else 1
            return start_factor + (end_factor - start_factor) * done

        super().__init__(optimizer, factor)


class CosineAnnealingLR(LambdaLR):
    """lr falls from its first value to eta_min along half a cosine of T_max steps (Loshchilov &
    Hutter 2017), then rises again: the closed form."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        if T_max < 1:
            raise ArgumentError(f"CosineAnnealingLR: T_max must be at least 1, got {T_max}")
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, lambda step: 0.5 * (1 + math.cos(math.pi * step / T_max)))

    def _set(self) -> None:
        for group, base in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            share = self.lr_lambda(self.last_epoch)
            group["lr"] = self.eta_min + (base - self.eta_min) * share


def warmup_cosine(optimizer: Optimizer, warmup: int, total: int, floor: float = 0.0) -> LambdaLR:
    """Linear warmup over `warmup` steps (the first at lr/warmup), then half a cosine down to
    floor · lr at step `total`."""
    if not 0 <= warmup <= total:
        raise ArgumentError(f"warmup_cosine: needs 0 ≤ warmup ≤ total, got {warmup} and {total}")

    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        done = (step - warmup) / (total - warmup) if step < total else 1.0
        return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * done))

    return LambdaLR(optimizer, factor)
