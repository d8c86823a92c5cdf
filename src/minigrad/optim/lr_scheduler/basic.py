"""Learning-rate schedules: call `scheduler.step()` after each `optimizer.step()`.

As PyTorch's, all but LambdaLR change the rate they find: several on one optimizer multiply, and a
rate changed by hand stays changed.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from minigrad.errors import ArgumentError, DtypeError, StateDictError
from minigrad.optim.optimizer import Optimizer


class LRScheduler:
    """Base of schedules: a subclass defines `get_lr`, the groups' rates at step `last_epoch`.

    A group's first rate is kept in it as `initial_lr` and in `base_lrs`. `last_epoch=-1` starts
    anew; `last_epoch=n - 1` goes on after n steps, beside an optimizer that has loaded its state,
    and raises StateDictError where that state knows no initial_lr.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise DtypeError(f"a schedule takes an optimizer first, got {type(optimizer).__name__}")
        self.optimizer, self.last_epoch = optimizer, last_epoch
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise StateDictError(
                    f"{type(self).__name__}: with last_epoch={last_epoch} group {i} must have its "
                    "initial_lr: load the state_dict of the optimizer that was stopped first"
                )
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self._begin()

    def _begin(self) -> None:
        """Take the step into the schedule that no call of step() takes."""
        self._first = True
        self.step()
        self._first = False

    def get_lr(self) -> list[float]:
        raise ArgumentError(f"{type(self).__name__} must define get_lr()")

    def step(self) -> None:
        """Move on to the next step's learning rate."""
        self.last_epoch += 1
        self._set()

    def _set(self) -> None:
        for group, lr in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
            group["lr"] = lr
        self._last_lr = self._rates()

    def _rates(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def get_last_lr(self) -> list[float]:
        """The rate that the last step set, for each group."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Its numbers and the steps taken, for minigrad.save; the optimizer has its own."""
        return {k: v for k, v in vars(self).items() if k not in ("optimizer", "lr_lambdas")}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what state_dict() gave. The optimizer's rate is in the optimizer's state."""
        vars(self).update(state_dict)


class LambdaLR(LRScheduler):
    """lr = the group's first lr · lr_lambda(steps taken so far), from the start on. A list of
    functions has one for each group."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        groups = len(getattr(optimizer, "param_groups", ()))
        self.lr_lambdas = [lr_lambda] * groups if callable(lr_lambda) else list(lr_lambda)
        if len(self.lr_lambdas) != groups:
            raise ArgumentError(
                f"LambdaLR: needs one function, or one for each of {groups} groups, got "
                f"{len(self.lr_lambdas)}"
            )
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [base * factor(self.last_epoch) for base, factor in pairs]


class _Factor(LRScheduler):
    """lr ← eta_min + (lr - eta_min) · factor(t) / factor(t - 1) at step t: in sum, factor(t) times
    the first rate above eta_min, as long as nobody else changes it."""

    eta_min = 0.0

    def factor(self, step: int) -> float:
        raise ArgumentError(f"{type(self).__name__} must define factor(step)")

    def get_lr(self) -> list[float]:
        step, low = self.last_epoch, self.eta_min
        now = self.factor(step)
        if self._first and step > 0:  # resumed: the rate in the group is that of this step
            return self._rates()
        before = self.factor(step - 1) if step else 1.0
        if now == before:
            return self._rates()
        if not before:  # at the bottom of a cosine nothing is left to multiply
            return [
                lr + (base - low) * now
                for lr, base in zip(self._rates(), self.base_lrs, strict=True)
            ]
        return [low + (lr - low) * (now / before) for lr in self._rates()]


class StepLR(_Factor):
    """The rate times gamma every step_size steps."""

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        if step_size < 1:
            raise ArgumentError(f"StepLR: step_size must be at least 1, got {step_size}")
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        return self.gamma ** (step // self.step_size)


class MultiStepLR(_Factor):
    """The rate times gamma at each of the milestones, which are numbers of steps."""

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        return self.gamma ** bisect_right(self.milestones, step)


class LinearLR(_Factor):
    """The factor runs from start_factor to end_factor in total_iters steps: a warmup."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise ArgumentError(
                "LinearLR: start_factor must lie in (0, 1] and end_factor in [0, 1], got "
                f"{start_factor} and {end_factor}"
            )
        if total_iters < 0:
            raise ArgumentError(f"LinearLR: total_iters must be ≥ 0, got {total_iters}")
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        done = min(step / self.total_iters, 1) if self.total_iters else 0
        return self.start_factor + (self.end_factor - self.start_factor) * done


class CosineAnnealingLR(_Factor):
    """lr falls from its first value to eta_min along half a cosine of T_max steps (Loshchilov &
    Hutter 2017), then rises again."""

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        if T_max < 1:
            raise ArgumentError(f"CosineAnnealingLR: T_max must be at least 1, got {T_max}")
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        return 0.5 * (1 + math.cos(math.pi * step / self.T_max))


class SequentialLR(LRScheduler):
    """One schedule after the other: the next begins, at its own step 0, at each milestone.

    `SequentialLR(o, [LinearLR(o, 0.01, total_iters=100), CosineAnnealingLR(o, 900)], [100])` is a
    warmup before a cosine.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: list[Any],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None:
        if not schedulers or len(milestones) != len(schedulers) - 1:
            raise ArgumentError(
                "SequentialLR: needs one milestone fewer than schedules, got "
                f"{len(milestones)} and {len(schedulers)}"
            )
        if any(s.optimizer is not optimizer for s in schedulers):
            raise ArgumentError("SequentialLR: all schedules must be of the optimizer it is given")
        self._schedulers, self._milestones = schedulers, list(milestones)
        self.optimizer, self.last_epoch = optimizer, last_epoch + 1
        self._reset()  # each schedule has set its own first rate
        for schedule in schedulers:
            _undo(schedule)
        first = self._at(0)
        first._begin()
        self._last_lr = first.get_last_lr()

    def _reset(self) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"]

    def _at(self, step: int) -> Any:
        return self._schedulers[bisect_right(self._milestones, step)]

    def step(self) -> None:
        self.last_epoch += 1
        schedule = self._at(self.last_epoch)
        if self.last_epoch in self._milestones:
            self._reset()
            schedule.last_epoch = 0
            schedule._set()
        else:
            schedule.step()
        self._last_lr = schedule.get_last_lr()

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "_schedulers": [s.state_dict() for s in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        own = {key: value for key, value in state_dict.items() if key != "_schedulers"}
        super().load_state_dict(own)
        for schedule, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            schedule.load_state_dict(state)


def _undo(schedule: LRScheduler) -> None:
    """Take back the step that a schedule took when it was made."""
    schedule.last_epoch -= 1
    for inner in getattr(schedule, "_schedulers", ()):
        _undo(inner)
