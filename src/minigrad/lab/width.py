"""A network whose width is varied, in the usual parametrization and in µP (lab 10)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from minigrad import nn
from minigrad.core.random import Generator
from minigrad.core.tensor import Tensor
from minigrad.nn import init
from minigrad.optim.optimizer import Optimizer

BASE = 32
"""The width at which both parametrizations are the same network."""


def mlp(depth: int, width: int, mup: bool, generator: Generator) -> nn.Sequential:
    """(B, 256) -> (B, 2): `depth` layers Linear → ReLU under Kaiming, and a head of variance 1/n.

    Under µP the head's variance is BASE/n² (Yang & Hu 2021).
    """
    layers = [nn.Linear(a, b) for a, b in pairwise([256] + [width] * depth)]
    head = nn.Linear(width, 2)
    for layer in (*layers, head):
        kind = "linear" if layer is head else "relu"
        init.kaiming_normal_(layer.weight, nonlinearity=kind, generator=generator)
        if layer.bias is not None:
            init.zeros_(layer.bias)
    if mup:
        head.weight.array *= (BASE / width) ** 0.5
    return nn.Sequential(*(part for layer in layers for part in (layer, nn.ReLU())), head)


def adam_groups(model: nn.Sequential, width: int, lr: float, mup: bool) -> list[dict[str, Any]]:
    """What Adam is given: under µP the rate of a matrix that reads n neurons is lr · BASE/n."""
    first, *rest = [layer for layer in model if isinstance(layer, nn.Linear)]
    reading = {"params": [layer.weight for layer in rest], "lr": lr * (BASE / width if mup else 1)}
    others = [first.weight, first.bias, *(layer.bias for layer in rest)]
    return [{"params": others, "lr": lr}, reading]


def moved(
    model: nn.Sequential, x: Tensor, optimizer: Optimizer, lr: float
) -> list[dict[str, float]]:
    """Take a step of rate lr. Of each hidden matrix, per lr: the spectral norm of its change
    ("update"), and the change of its output on x (B, 256) over that output ("moved"); and its own
    spectral norm ("weight")."""
    inputs = []
    for layer in model:
        read, x = x, layer(x)
        if isinstance(layer, nn.Linear):
            inputs.append((layer.weight, layer.weight.array.copy(), read.array))
    optimizer.step()
    rows = []
    for weight, old, h in inputs[1:-1]:
        change = weight.array - old  # (n, n)
        rows.append(
            {
                "update": float(np.linalg.norm(change, 2)) / lr,
                "weight": float(np.linalg.norm(old, 2)),
                "moved": _rms(h @ change.T) / _rms(h @ old.T) / lr,
            }
        )
    return rows


def _rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.square(x, dtype=np.float64).mean()))
