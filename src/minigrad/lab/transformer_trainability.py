"""Train one transformer of the predictor's family for real."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable
from functools import lru_cache

from minigrad import optim
from minigrad.core.random import Generator
from minigrad.data.text import Corpus, load_text
from minigrad.functional.creation import from_numpy
from minigrad.models import CharGPT
from minigrad.optim.lr_scheduler import LambdaLR
from minigrad.signal.transformer.configuration import (
    BATCH,
    CONTEXT,
    HEADS,
    MOMENTUM,
    STEPS,
    VOCAB,
    TransformerConfiguration,
)
from minigrad.training.language import language_loss


@lru_cache
def shakespeare() -> Corpus:
    """Tiny Shakespeare: from the user's cache folder, else downloaded; its hash is checked."""
    return load_text("shakespeare")


def network(config: TransformerConfiguration, generator: Generator) -> CharGPT:
    """The model of a configuration, its weights drawn."""
    model = CharGPT(
        VOCAB,
        context=CONTEXT,
        dim=config.dim,
        heads=HEADS,
        layers=config.layers,
        norm=None if config.norm == "none" else config.norm,  # type: ignore[arg-type]
        placement=config.placement,  # type: ignore[arg-type]
        ffn=config.ffn,  # type: ignore[arg-type]
        residual_scale=config.branch_scale,
        generator=generator,
    )
    model.init_weights(config.init, generator=generator)  # type: ignore[arg-type]
    return model


def train_transformer(
    config: TransformerConfiguration,
    seed: int,
    steps: int = STEPS,
    on_step: Callable[[int, float], None] = lambda step, loss: None,
    text: Corpus | None = None,
) -> list[float | None]:
    """The loss at each step; None, and the end, where not finite. The text is Tiny Shakespeare."""
    model = network(config, Generator().manual_seed(seed))
    parameters = list(model.parameters())
    updates: optim.optimizer.Optimizer = (
        optim.SGD(parameters, lr=config.lr, momentum=MOMENTUM)
        if config.optimizer == "sgd"
        else optim.Adam(parameters, lr=config.lr)
    )
    warmup = config.warmup
    schedule = LambdaLR(updates, lambda step: min(1.0, (step + 1) / warmup) if warmup else 1.0)
    losses: list[float | None] = []
    stretches = (text or shakespeare()).batches(BATCH, CONTEXT, seed)
    for step, (x, y) in enumerate(itertools.islice(stretches, steps)):
        loss = language_loss(model, from_numpy(x), from_numpy(y))
        value = loss.item()
        losses.append(value if math.isfinite(value) else None)
        on_step(step, value)
        if losses[-1] is None:
            break
        updates.zero_grad()
        loss.backward()
        if config.clip is not None:
            with warnings.catch_warnings(action="ignore", category=UserWarning):  # of NaN
                optim.clip_grad_norm_(parameters, config.clip)
        updates.step()
        schedule.step()
    return losses
