"""Further schedules of PyTorch's."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from minigrad.errors import ArgumentError
from minigrad.optim.lr_scheduler.basic import LRScheduler, _Factor
from minigrad.optim.optimizer import Optimizer


class ExponentialLR(_Factor):
    """The rate times gamma at every step."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        return float(self.gamma**step)


class ConstantLR(_Factor):
    """The rate times factor for total_iters steps, then as it was."""

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < factor <= 1:
            raise ArgumentError(f"ConstantLR: factor must lie in (0, 1], got {factor}")
        self.share, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        return self.share if step < self.total_iters else 1.0


class PolynomialLR(_Factor):
    """The rate times (1 - t/total_iters)^power at step t, 0 from total_iters on."""

    def __init__(
        self,
        optimizer: Optimizer,
        total_iters: int = 5,
        power: float = 1.0,
        last_epoch: int = -1,
    ) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        return float((1 - min(step / self.total_iters, 1)) ** self.power)


class MultiplicativeLR(LRScheduler):
    """The rate times lr_lambda(t) at step t."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        groups = len(optimizer.param_groups)
        self.lr_lambdas = [lr_lambda] * groups if callable(lr_lambda) else list(lr_lambda)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if not self.last_epoch:
            return self._rates()
        pairs = zip(self._rates(), self.lr_lambdas, strict=True)
        return [lr * factor(self.last_epoch) for lr, factor in pairs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half cosines down to eta_min, one after the other: T_0 steps, then each T_mult times as long
    (Loshchilov & Hutter 2017)."""

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if T_0 < 1 or T_mult < 1:
            raise ArgumentError(
                f"CosineAnnealingWarmRestarts: T_0 and T_mult must be ≥ 1, got {T_0} and {T_mult}"
            )
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        done, length = self.last_epoch, self.T_0
        while done >= length:
            done, length = done - length, length * self.T_mult
        share = 0.5 * (1 + math.cos(math.pi * done / length))
        return [self.eta_min + (base - self.eta_min) * share for base in self.base_lrs]


class OneCycleLR(LRScheduler):
    """Up to max_lr in pct_start of total_steps, then down to far below where it began; momentum, or
    Adam's first beta, goes the other way (Smith & Topin 2018)."""

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
    ) -> None:
        if total_steps is None and (epochs is None or steps_per_epoch is None):
            raise ArgumentError("OneCycleLR: give total_steps, or epochs and steps_per_epoch")
        groups = optimizer.param_groups
        self.total_steps = total_steps or int(epochs or 0) * int(steps_per_epoch or 0)
        self.max_lrs: list[float] = (
            [max_lr] * len(groups) if isinstance(max_lr, float | int) else list(max_lr)
        )
        self.pct_start, self.cosine = pct_start, anneal_strategy == "cos"
        self.momenta = (max_momentum, base_momentum) if cycle_momentum else ()
        self.div_factor, self.final_div_factor = div_factor, final_div_factor
        for group, high in zip(groups, self.max_lrs, strict=True):
            group["initial_lr"] = high / div_factor
        super().__init__(optimizer)

    def _between(self, start: float, end: float, share: float) -> float:
        if self.cosine:
            return end + (start - end) / 2 * (1 + math.cos(math.pi * share))
        return start + (end - start) * share

    def get_lr(self) -> list[float]:
        step, last = self.last_epoch, self.total_steps - 1
        if step > self.total_steps:  # one past the last, as in PyTorch: a step after each update
            raise ArgumentError(f"OneCycleLR: its {self.total_steps} steps are over")
        top = self.pct_start * self.total_steps - 1
        up = step <= top
        share = step / top if up else (step - top) / (last - top)
        rates = []
        for group, high in zip(self.optimizer.param_groups, self.max_lrs, strict=True):
            low = high / self.div_factor
            ends = (low, high) if up else (high, low / self.final_div_factor)
            rates.append(self._between(*ends, share))
            if self.momenta:
                most, least = self.momenta
                momentum = self._between(*((most, least) if up else (least, most)), share)
                if "betas" in group:
                    group["betas"] = (momentum, *group["betas"][1:])
                else:
                    group["momentum"] = momentum
        return rates


class ChainedScheduler:
    """Several schedules that step together, and so multiply."""

    def __init__(self, schedulers: Sequence[Any], optimizer: Optimizer | None = None) -> None:
        self._schedulers = list(schedulers)
        self.optimizer = optimizer or self._schedulers[0].optimizer

    def step(self) -> None:
        for schedule in self._schedulers:
            schedule.step()

    def get_last_lr(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]


class ReduceLROnPlateau:
    """The rate times factor when `step(loss)` has heard of none better for `patience` steps."""

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1 or mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ArgumentError(
                "ReduceLROnPlateau: factor must be < 1, mode 'min' or 'max', threshold_mode 'rel' "
                f"or 'abs', got {factor}, {mode!r}, {threshold_mode!r}"
            )
        self.optimizer, self.mode, self.factor = optimizer, mode, factor
        self.patience, self.cooldown, self.min_lr, self.eps = patience, cooldown, min_lr, eps
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.best, self.num_bad_epochs, self.waiting = math.inf, 0, 0
        self.last_epoch = 0

    def step(self, metrics: Any) -> None:
        self.last_epoch += 1
        loss = float(metrics) * (1 if self.mode == "min" else -1)
        needed = self.threshold * (abs(self.best) if self.threshold_mode == "rel" else 1)
        if loss < (self.best - needed if math.isfinite(self.best) else self.best):
            self.best, self.num_bad_epochs = loss, 0
        else:
            self.num_bad_epochs += 1
        if self.waiting > 0:
            self.waiting, self.num_bad_epochs = self.waiting - 1, 0
        if self.num_bad_epochs > self.patience:
            self.waiting, self.num_bad_epochs = self.cooldown, 0
            for group in self.optimizer.param_groups:
                lr = max(group["lr"] * self.factor, self.min_lr)
                if group["lr"] - lr > self.eps:
                    group["lr"] = lr

    def get_last_lr(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Its numbers, for minigrad.save."""
        return {k: v for k, v in vars(self).items() if k != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what state_dict() gave."""
        vars(self).update(state_dict)
