"""Fifty blocks with and without a skip, and norm × skip in four cells: lab 03's networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from minigrad import Generator, nn, optim
from minigrad.core.tensor import Tensor
from minigrad.data import toy
from minigrad.lab.cells import Run
from minigrad.lab.trainability import train as stack_losses
from minigrad.nn import init
from minigrad.signal.configuration import Configuration
from minigrad.training import Record, train

# Norm × skip, SGD 0.001: plain layers of ReLU, and lab 03's blocks.
FOUR = {"no norm": "none", "LayerNorm": "layernorm"}
SKIPS = {"no skip": "none", "skip": "plain"}
RELU = "Linear → ReLU, width 128"
KINDS = {RELU: 128, "Linear → GELU → Linear, width 64": 64}


class WithoutSkip(nn.Module):
    """f(norm(x)): nn.PreNorm without its x + …"""

    def __init__(self, norm: nn.Module, f: nn.Module) -> None:
        super().__init__()
        self.norm, self.f = norm, f

    def forward(self, x: Tensor) -> Tensor:
        return self.f(self.norm(x))


def network(
    depth: int, width: int, block: Callable[..., nn.Module], generator: Generator
) -> nn.Module:
    """(B, width) -> (B, 2): `depth` blocks RMSNorm → Linear → GELU → Linear, then a head."""
    blocks = []
    for _ in range(depth):
        up, down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        blocks.append(block(nn.RMSNorm(width, eps=1e-5), nn.Sequential(up, nn.GELU(), down)))
    model = nn.Sequential(*blocks, nn.Linear(width, 2))
    for module in model.modules():
        if isinstance(module, nn.Linear):
            init.kaiming_normal_(module.weight, nonlinearity="gelu", generator=generator)
            init.zeros_(cast(Tensor, module.bias))
    return model


def bare(norm: str, skip: str, width: int, generator: Generator) -> nn.Module:
    """This lab's network with LayerNorm or none, and with the skip or without."""

    def block(_: nn.Module, f: nn.Sequential) -> nn.Module:
        f = nn.Sequential(nn.LayerNorm(width, eps=1e-5), *f) if norm == "LayerNorm" else f
        return nn.Residual(f) if skip == "skip" else f

    return network(50, width, block, generator)


def configuration(norm: str, skip: str) -> Configuration:
    """Of the plain ReLU layers: one that theory knows."""
    names: dict[str, Any] = {"norm": FOUR[norm], "residual": SKIPS[skip]}
    return Configuration(depth=50, width=KINDS[RELU], lr=1e-3, **names)


def four_cells(s: Any, kind: str, norm: str, skip: str, seed: int) -> Run:
    """One of the four: its losses, SGD at 0.001."""
    if kind == RELU:
        losses = stack_losses(configuration(norm, skip), seed, s.four_steps)
    else:  # a step of this one takes long, and shows its fate soon
        width, task = KINDS[kind], toy.toy(seed)
        model = bare(norm, skip, width, Generator(seed))
        updates = optim.SGD(model.parameters(), lr=1e-3, momentum=s.momentum)
        batches = toy.batches(task.x[:, :width], task.y, s.batch, seed)
        losses = [*train(model, updates, batches, min(s.four_steps, 100), Record(seed)).losses]
    finite = [loss is not None and np.isfinite(loss) for loss in losses]
    kept = [float(f"{x:.5g}") if ok else None for x, ok in zip(losses, finite, strict=True)]
    labels = {"kind": kind, "norm": norm, "skip": skip, "seed": seed}
    return labels | {"losses": kept, "diverged_at": len(kept) - 1 if kept[-1] is None else None}
