"""Training a character model on a text: records, held-out evaluation, and why a run died."""

import math
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

import minigrad.nn.functional as F
from minigrad.autograd.anomaly import detect_anomaly
from minigrad.core.mode import no_grad
from minigrad.core.tensor import Tensor
from minigrad.data.text import Corpus, Ints
from minigrad.errors import AnomalyError, ArgumentError
from minigrad.functional.creation import from_numpy
from minigrad.nn.module import Module
from minigrad.optim import SGD, Adam, AdamW, clip_grad_norm_
from minigrad.optim.lr_scheduler import LambdaLR
from minigrad.optim.optimizer import Optimizer
from minigrad.training.loop import LossFn, Record, train

OptimizerName = Literal["adam", "adamw", "sgd"]
OPTIMIZERS = {"adam": Adam, "adamw": AdamW, "sgd": SGD}


@dataclass
class LanguageRun(Record):
    """What a training run leaves behind."""

    grad_norms: list[float] = field(default_factory=list)  # of every step, before clipping
    validation: list[tuple[int, float]] = field(default_factory=list)  # (steps taken, loss)
    anomaly: str | None = None  # which operation made the first non-finite value
    step_ms: float = math.nan  # median
    parameters: int = 0

    @property
    def final_validation(self) -> float:
        """The last held-out loss; NaN for a run that diverged."""
        return math.nan if self.diverged_at is not None else self.validation[-1][1]


def language_loss(model: Module, x: Tensor, y: Tensor) -> Tensor:
    """Mean cross-entropy of the characters y (B, T) that follow each of x (B, T)."""
    logits = model(x)  # (B, T, vocab)
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), y.reshape(-1))


@no_grad()
def evaluate(model: Module, batch: tuple[Ints, Ints], rows: int = 32) -> float:
    """Mean cross-entropy on a held-out batch (x, y), `rows` of it at a time."""
    x, y = map(from_numpy, batch)
    parts = [
        language_loss(model, x[i : i + rows], y[i : i + rows]).item() * len(x[i : i + rows])
        for i in range(0, len(x), rows)
    ]
    return sum(parts) / len(x)


def train_language_model(
    model: Module,
    text: Corpus,
    *,
    context: int,
    steps: int,
    lr: float,
    seed: int,
    batch: int = 8,
    optimizer: OptimizerName = "adam",
    warmup: int = 0,
    clip: float | None = None,
    evaluate_every: int | None = None,
    on_step: Callable[[int], None] = lambda taken: None,
) -> LanguageRun:
    """Train on random stretches of `text`, the same ones for every model with the same seed.

    The rate rises linearly over `warmup` steps and is constant then; `clip` bounds the gradient's
    norm. Held-out loss is taken every `evaluate_every` steps and at the end. The first step whose
    loss or gradient is not finite is repeated under detect_anomaly(), to name the operation; the
    run ends at a loss that is not finite. `on_step(steps taken)` is called after each step.
    """
    if optimizer not in OPTIMIZERS:
        raise ArgumentError(f"optimizer must be one of {', '.join(OPTIMIZERS)}, got {optimizer!r}.")
    run = LanguageRun(seed, parameters=sum(p.numel() for p in model.parameters()))
    updates = OPTIMIZERS[optimizer](model.parameters(), lr=lr)
    schedule = LambdaLR(updates, lambda step: min(1.0, (step + 1) / warmup) if warmup else 1.0)
    held_out = text.validation_batch(context)
    seconds = []

    def step(model: Module, _: LossFn, updates: Optimizer, x: Tensor, y: Tensor) -> float:
        start = time.perf_counter()
        updates.zero_grad()
        loss = language_loss(model, x, y)
        loss.backward()
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            # a norm that is not finite is dealt with below
            norm = clip_grad_norm_(model.parameters(), math.inf if clip is None else clip).item()
        run.grad_norms.append(norm)
        if run.anomaly is None and not math.isfinite(loss.item() + norm):
            run.anomaly = trace(model, x, y)
        updates.step()
        schedule.step()
        seconds.append(time.perf_counter() - start)
        return loss.item()

    def after(taken: int) -> None:
        if taken == steps or (evaluate_every and taken % evaluate_every == 0):
            run.validation.append((taken, evaluate(model, held_out)))
        on_step(taken)

    train(model, updates, text.batches(batch, context, seed), steps, run, step=step, on_step=after)
    run.step_ms = 1e3 * float(np.median(seconds))
    return run


def trace(model: Module, x: Tensor, y: Tensor) -> str | None:
    """Which operation of this step makes the first non-finite value; None if none does."""
    try:
        with detect_anomaly():
            language_loss(model, x, y).backward()
    except AnomalyError as error:
        return str(error)
    return None
