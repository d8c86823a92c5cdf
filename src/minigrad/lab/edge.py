"""Full-batch training of a small network, and its sharpness along the way (lab 10)."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from minigrad import nn
from minigrad.core.random import Generator
from minigrad.core.tensor import Tensor
from minigrad.functional.creation import from_numpy
from minigrad.nn import functional as F
from minigrad.nn import init
from minigrad.optim import Adam
from minigrad.optim.optimizer import Optimizer
from minigrad.probe import sharpness

Loss = Literal["squared error", "cross-entropy"]


def edge(
    loss: Loss,
    optimizer: type[Optimizer],
    options: dict[str, Any],
    seed: int,
    steps: int,
    every: int,
) -> dict[str, list[float | None]]:
    """Train on 256 examples, all at each step: is x₁x₂ positive? {"losses": of every step,
    "sharpness": at every `every`-th, in the optimizer's own units}.

    The network is 16 → 48 → 48 → 48 with tanh, under Xavier. Adam has no units before its first
    step: None.
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(256, 16)).astype(np.float32)
    model = network([16, 48, 48, 48, 2 if loss == "cross-entropy" else 1], Generator(seed))
    cost = task(model, loss, x)
    parameters = list(model.parameters())
    updates = optimizer(parameters, **options)
    v = rng.normal(size=sum(p.numel() for p in parameters))
    losses: list[float | None] = []
    found: list[float | None] = []
    for step in range(steps + 1):
        if step % every == 0:
            value = None
            if step or optimizer is not Adam:
                value, v = sharpness(cost, parameters, v, unit=units(updates, parameters, step))
            found.append(value)
        updates.zero_grad()
        now = cost()
        losses.append(now.item())
        now.backward()
        updates.step()
    return {"losses": losses, "sharpness": found}


def network(sizes: list[int], generator: Generator) -> nn.Module:
    """Linear layers of these sizes with tanh between them."""
    layers = [nn.Linear(a, b) for a, b in pairwise(sizes)]
    for layer in layers:
        init.xavier_normal_(layer.weight, generator=generator)
        if layer.bias is not None:
            init.zeros_(layer.bias)
    hidden = [part for layer in layers[:-1] for part in (layer, nn.Tanh())]
    return nn.Sequential(*hidden, layers[-1])


def task(model: nn.Module, loss: Loss, x: NDArray[np.float32]) -> Callable[[], Tensor]:
    """The loss of the whole batch: half the mean squared error to ±1, or cross-entropy."""
    inputs, positive = from_numpy(x), x[:, 0] * x[:, 1] > 0
    if loss == "cross-entropy":
        labels = from_numpy(positive.astype(np.int64))
        return lambda: F.cross_entropy(model(inputs), labels)
    targets = from_numpy((2 * positive - 1).astype(np.float32)[:, None])
    return lambda: ((model(inputs) - targets) ** 2).mean() * 0.5


def units(updates: Optimizer, parameters: Sequence[Tensor], step: int) -> Any:
    """What `sharpness` measures each coordinate in: 1, and under Adam √(√v̂ + ε)."""
    if not isinstance(updates, Adam):
        return 1.0
    squares = [updates.state[p]["exp_avg_sq"].array.ravel() for p in parameters]
    group = updates.param_groups[0]
    v = np.concatenate(squares).astype(np.float64) / (1 - group["betas"][1] ** step)
    return np.sqrt(np.sqrt(v) + group["eps"])
