"""A stack of layers to send a signal through, forth and back: what lab 00 measures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import minigrad
from minigrad import Generator, nn
from minigrad.core.tensor import Tensor
from minigrad.lab.foretold import by_depth
from minigrad.nn import functional as F
from minigrad.nn import init
from minigrad.signal.configuration import INPUTS
from minigrad.signal.predict import predict

Bands = dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]

INITS: dict[str, Callable[..., Any]] = {
    "uniform ±0.5": lambda w, generator: init.uniform_(w, -0.5, 0.5, generator=generator),
    "Xavier": init.xavier_normal_,
    "Kaiming": init.kaiming_normal_,
}
FAMILY = {"uniform ±0.5": "uniform", "Xavier": "xavier_normal", "Kaiming": "kaiming_normal"}
ACTIVATIONS: dict[str, Callable[..., Any]] = {"ReLU": F.relu, "tanh": minigrad.tanh, "GELU": F.gelu}
NORMS: dict[str, Any] = {"none": None, "LayerNorm": nn.LayerNorm, "RMSNorm": nn.RMSNorm}


class Stack(nn.Module):
    """`depth` layers, each Linear → norm → activation. (B, n) -> (B, n)."""

    def __init__(self, weights: list[Tensor], norm: Any, activation: Any) -> None:
        super().__init__()
        self.weights, self.activation = weights, activation
        n = weights[0].shape[0]
        self.norms = nn.ModuleList([norm(n) if norm else nn.Identity() for _ in weights])
        self.outputs = nn.ModuleList([nn.Identity() for _ in weights])  # where the probe looks

    def forward(self, x: Tensor) -> Tensor:
        for weight, norm, output in zip(self.weights, self.norms, self.outputs, strict=True):
            x = output(self.activation(norm(F.linear(x, weight))))
        return x


def draw(s: Any, name: str, seed: int) -> tuple[Tensor, list[Tensor], Tensor]:
    """Input (B, n), weights [(n, n)] and a random gradient (B, n) for the way back, of the size and
    depth that the settings `s` have."""
    generator = Generator(seed)
    x = minigrad.randn(s.batch, s.width, generator=generator)
    weights = [minigrad.empty(s.width, s.width) for _ in range(s.depth)]
    for weight in weights:
        INITS[name](weight, generator=generator)
    return x, weights, minigrad.randn(s.batch, s.width, generator=generator)


def watched(
    s: Any, name: str, norm: str, activation: str, seed: int, watch: Callable[..., Any]
) -> Any:
    """One network, forth and back, and what `watch(outputs)`, a probe, has seen of it."""
    x, weights, upstream = draw(s, name, seed)
    x.requires_grad_()
    model = Stack(weights, NORMS[norm], ACTIVATIONS[activation])
    with watch(model.outputs) as seen:
        model(x).backward(upstream)
    return seen


def bands(s: Any, name: str, activation: str = "linear", norm: str = "none") -> Bands | None:
    """What of 80 % of these stacks lies, layer by layer, between (low, high): the output's mean
    square and its root, and the root mean square of the gradient, 1 at the last layer. Theory has
    no norm in its first layer. None where inputs are not as wide as theory's.
    """
    if s.width != INPUTS:
        return None
    shape: dict[str, Any] = {"depth": s.depth, "width": s.width, "placement": "mid"}
    p = predict(**shape, activation=activation.lower(), norm=norm.lower(), init=FAMILY[name])
    square = by_depth(p.forward, p.forward_band)
    back = by_depth(p.backward / p.backward[-1], p.backward_band)
    roots = ((np.sqrt(low), np.sqrt(high)) for low, high in (square, back))
    return dict(zip(("variance", "forward_rms", "gradient_rms"), (square, *roots), strict=True))
