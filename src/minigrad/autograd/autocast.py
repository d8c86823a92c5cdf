"""Mixed precision: products in half precision inside autocast(), and a loss scaled so that small
gradients do not vanish there (Micikevicius et al. 2018)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.core.dtype import as_dtype, bfloat16
from minigrad.core.mode import changed
from minigrad.core.tensor import Tensor
from minigrad.errors import ArgumentError, DtypeError


def autocast(device_type: str = "cpu", dtype: Any = None, enabled: bool = True) -> Any:
    """Inside, matmul, linear, einsum and attention take their inputs in `dtype` (bfloat16, or
    float16), losses take theirs in float32; every other op stays in the dtype it is given.

    Weights stay in float32, and so do their gradients. For `with`, or as a decorator.
    """
    if str(device_type).partition(":")[0] != "cpu":
        raise ArgumentError(f"autocast: minigrad computes on the CPU alone, got {device_type!r}")
    if not enabled:
        return changed("autocast", None)
    wanted = bfloat16() if dtype is None else as_dtype(dtype)
    if wanted.itemsize != 2:
        raise DtypeError(f"autocast: dtype must be float16 or bfloat16, got {wanted}")
    return changed("autocast", wanted)


class GradScaler:
    """Keeps the gradients of float16 from vanishing: `scale(loss).backward()`, then
    `step(optimizer)`, which divides the gradients by the scale and skips the step where one is
    infinite or NaN, then `update()`, which lowers the scale after such a step and raises it after
    `growth_interval` steps without one. A power of 2 as the scale costs no digit.
    """

    def __init__(
        self,
        device: str = "cpu",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        if not (growth_factor > 1 > backoff_factor > 0 and init_scale > 0):
            raise ArgumentError(
                "GradScaler: needs growth_factor > 1 > backoff_factor > 0 and init_scale > 0, got "
                f"{growth_factor}, {backoff_factor} and {init_scale}"
            )
        self._scale = float(init_scale)
        self._factors = growth_factor, backoff_factor
        self._interval, self._enabled = growth_interval, enabled
        self._good_steps = 0  # since the scale last changed
        self._found: dict[int, bool] = {}  # id of an optimizer unscaled -> all was finite

    def get_scale(self) -> float:
        """What the loss is multiplied by now."""
        return self._scale if self._enabled else 1.0

    def is_enabled(self) -> bool:
        return self._enabled

    def scale(self, outputs: Tensor) -> Tensor:
        """The loss times the scale. Compute the loss in float32, as autocast does: beyond 65,504 a
        scale is infinite in float16."""
        return outputs * self._scale if self._enabled else outputs

    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients by the scale, once per step: before clipping them, for example."""
        if not self._enabled:
            return
        if id(optimizer) in self._found:
            raise ArgumentError("GradScaler: unscale_() was called already since the last update()")
        grads = [
            p.grad
            for group in optimizer.param_groups
            for p in group["params"]
            if p.grad is not None
        ]
        for g in grads:
            g.array[...] = g.array * np.float32(1 / self._scale)
        finite = all(bool(np.isfinite(g.array).all()) for g in grads)
        self._found[id(optimizer)] = finite

    def step(self, optimizer: Any) -> Any:
        """optimizer.step() with the gradients unscaled, or nothing where one is not finite."""
        if self._enabled and id(optimizer) not in self._found:
            self.unscale_(optimizer)
        return optimizer.step() if self._found.get(id(optimizer), True) else None

    def update(self, new_scale: float | None = None) -> None:
        """Set the scale for the next step, after every optimizer's step()."""
        if not self._enabled:
            return
        growth, backoff = self._factors
        if new_scale is not None:
            self._scale, self._good_steps = float(new_scale), 0
        elif not all(self._found.values()):
            self._scale, self._good_steps = self._scale * backoff, 0
        elif self._found:
            self._good_steps += 1
            if self._good_steps == self._interval:
                grown = self._scale * growth
                self._scale, self._good_steps = grown if math.isfinite(grown) else self._scale, 0
        self._found.clear()

    def state_dict(self) -> dict[str, Any]:
        return {
            "scale": self._scale,
            "growth_factor": self._factors[0],
            "backoff_factor": self._factors[1],
            "growth_interval": self._interval,
            "_growth_tracker": self._good_steps,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what state_dict() gave."""
        self._scale = state_dict["scale"]
        self._factors = state_dict["growth_factor"], state_dict["backoff_factor"]
        self._interval = state_dict["growth_interval"]
        self._good_steps = state_dict["_growth_tracker"]
