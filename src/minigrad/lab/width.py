"""A network whose width is varied, in the usual parametrization and in µP (lab 10)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

from minigrad import nn
from minigrad.core.random import Generator
from minigrad.core.tensor import Tensor
from minigrad.data import toy
from minigrad.functional.creation import from_numpy
from minigrad.lab.records import rounded
from minigrad.nn import functional as F
from minigrad.nn import init
from minigrad.optim import SGD, Adam, Muon
from minigrad.optim.optimizer import Optimizer
from minigrad.training import Record, train

BASE = 32
"""The width at which both parametrizations are the same network."""
PARAMETRIZATIONS = {"standard": False, "µP": True}
UPDATES = {"SGD": SGD, "Adam": Adam, "Adam, µP": Adam, "Muon": Muon}
SMALL = 1e-5
"""A rate so small that one update's change is proportional to it."""


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


def first_update(name: str, depth: int, width: int, seed: int) -> dict[str, Any]:
    """One of UPDATES, the first: what `moved` finds of each hidden matrix, as a run's record."""
    mup = name.endswith("µP")
    model = mlp(depth, width, mup, Generator(seed))
    task = toy.toy(seed)
    x, y = (from_numpy(part[:64]) for part in (task.x, task.y))
    F.cross_entropy(model(x), y).backward()
    if name == "Muon":
        matrices = [layer.weight for layer in model if isinstance(layer, nn.Linear)]
        optimizer: Optimizer = Muon(matrices, lr=SMALL, weight_decay=0.0)
    else:
        optimizer = UPDATES[name](adam_groups(model, width, SMALL, mup), lr=SMALL)
    rows = moved(model, x, optimizer, SMALL)
    found = {key: rounded([row[key] for row in rows], 5) for key in rows[0]}
    return {"width": width, "optimizer": name, "seed": seed, **found}


def adam_run(kind: str, lr: float, depth: int, width: int, seed: int, steps: int) -> dict[str, Any]:
    """Train with Adam under one of PARAMETRIZATIONS; the mean training loss tells how fast it
    went, None where it diverged."""
    mup = PARAMETRIZATIONS[kind]
    task, model = toy.toy(seed), mlp(depth, width, mup, Generator(seed))
    optimizer = Adam(adam_groups(model, width, lr, mup), lr=lr)
    done = train(model, optimizer, toy.batches(task.x, task.y, 64, seed), steps, Record(seed))
    mean = float(np.mean(done.losses)) if done.diverged_at is None else None
    return {"seed": seed, "width": width, "kind": kind, "lr": lr, "mean_loss": mean}


def best_rates(runs: Sequence[dict[str, Any]], kind: str) -> dict[int, tuple[float, float]]:
    """{width: (rate whose mean loss is lowest in the median, that loss)} of `adam_run` records."""
    found = {}
    for width in sorted({run["width"] for run in runs}):
        losses: dict[float, list[float]] = {}
        for run in runs:
            if run["width"] == width and run["kind"] == kind:
                loss = 1e9 if run["mean_loss"] is None else run["mean_loss"]
                losses.setdefault(run["lr"], []).append(loss)
        middle = {lr: median(losses[lr]) for lr in sorted(losses)}
        lr = min(middle, key=lambda lr: middle[lr])
        found[width] = lr, middle[lr]
    return found


def _rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.square(x, dtype=np.float64).mean()))
