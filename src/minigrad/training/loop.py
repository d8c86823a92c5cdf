"""One small training loop for every lab: steps in, records out."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigrad.core.tensor import Tensor
from minigrad.functional.creation import from_numpy
from minigrad.functional.loss import cross_entropy
from minigrad.nn.module import Module
from minigrad.optim.optimizer import Optimizer

LossFn = Callable[[Tensor, Tensor], Tensor]


@dataclass
class Record:
    """One training run: the loss at every step, and where it broke.

    `diverged_at` is the step of the first loss that is not finite; no step follows it.
    """

    seed: int
    losses: list[float] = field(default_factory=list)
    diverged_at: int | None = None


def train_step(model: Module, loss_fn: LossFn, optimizer: Optimizer, x: Tensor, y: Tensor) -> float:
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
    step: Callable[..., float] = train_step,
    watch: Sequence[tuple[Callable[[], float], list[float]]] = (),
    on_step: Callable[[int], Any] | None = None,
) -> Record:
    """Take `steps` steps, or fewer where the loss stops being finite; fills and returns `record`.

    The loss is cross-entropy; `step` takes one step. `watch` pairs what to measure after each step,
    while its gradients are still there, with the list the values go to; `on_step(steps taken)` is
    called last. What was recorded stays in `record` whatever is raised.
    """
    for taken in range(steps):
        x, y = next(batches)
        with np.errstate(all="ignore"):  # the record says where a run broke, without warnings
            loss = step(model, cross_entropy, optimizer, from_numpy(x), from_numpy(y))
        record.losses.append(loss)
        for measure, values in watch:
            values.append(measure())
        if not math.isfinite(loss):
            record.diverged_at = taken
            break
        if on_step is not None:
            on_step(taken + 1)
    return record
