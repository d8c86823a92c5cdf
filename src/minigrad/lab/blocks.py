"""Fifty blocks with and without a skip: the networks of lab 03."""

from __future__ import annotations

from collections.abc import Callable

from minigrad import Generator, nn
from minigrad.core.tensor import Tensor
from minigrad.nn import init


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
            init.zeros_(module.bias)
    return model


def bare(norm: str, skip: str, width: int, generator: Generator) -> nn.Module:
    """This lab's network with LayerNorm or none, and with the skip or without."""

    def block(_: nn.Module, f: nn.Sequential) -> nn.Module:
        f = nn.Sequential(nn.LayerNorm(width, eps=1e-5), *f) if norm == "LayerNorm" else f
        return nn.Residual(f) if skip == "skip" else f

    return network(50, width, block, generator)
