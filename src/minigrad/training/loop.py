"""One small training loop for every lab: steps in, records out."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigrad.core.tensor import Tensor
from minigrad.functional.loss import cross_entropy
from minigrad.nn.module import Module
from minigrad.optim.optimizer import Optimizer

LossFn = Callable[[Tensor, Tensor], Tensor]


@dataclass
class Record:
    """One training run: the loss at every step, what was watched beside it, and where it broke.

    `diverged_at` is the step of the first loss that is not finite; no step follows it.
    """

    seed: int
    losses: list[float] = field(default_factory=list)
    watched: dict[str, list[float]] = field(default_factory=dict)
    diverged_at: int | None = None


def training_step(
    model: Module, optimizer: Optimizer, x: Tensor, y: Tensor, loss_fn: LossFn = cross_entropy
) -> float:
    """Loss on one batch, its gradient, one update; returns the loss before the update."""
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


def train(
    model: Module,
    optimizer: Optimizer,
    batches: Iterator[tuple[Any, Any]],
    steps: int,
    record: Record,
    *,
    step: Callable[..., float] = training_step,
    watch: Mapping[str, Callable[[], float]] | None = None,
    on_step: Callable[[int], Any] | None = None,
) -> Record:
    """Take `steps` steps, or fewer where the loss stops being finite; fills and returns `record`.

    `watch` names numbers to measure after each step, while its gradients are still there;
    `on_step(steps taken)` is called last. What was recorded stays in `record` whatever is raised.
    """
    for taken in range(steps):
        x, y = next(batches)
        with np.errstate(all="ignore"):  # the record says where a run broke, without warnings
            loss = step(model, optimizer, Tensor(x), Tensor(y))
        record.losses.append(loss)
        for name, measure in (watch or {}).items():
            record.watched.setdefault(name, []).append(measure())
        if not math.isfinite(loss):
            record.diverged_at = taken
            break
        if on_step is not None:
            on_step(taken + 1)
    return record
