"""Train one configuration of the predictor's family for real: the truth beside the prediction."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import minigrad.nn.functional as F
from minigrad import nn, optim
from minigrad.core.random import Generator
from minigrad.core.tensor import Tensor
from minigrad.data.toy import batches, toy
from minigrad.functional.creation import from_numpy
from minigrad.nn import init
from minigrad.signal.configuration import CLASSES, INPUTS, Configuration
from minigrad.signal.forward import EPS

STEPS, BATCH = 300, 64

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda z: z,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "tanh": F.tanh,
    "sigmoid": F.sigmoid,
    "gelu": F.gelu,
    "silu": F.silu,
}


class Net(nn.Module):
    """The network of a Configuration: depth blocks and a head, (B, 256) -> (B, 2)."""

    def __init__(self, config: Configuration, generator: Generator) -> None:
        super().__init__()
        self.config = config
        depth, width = config.depth, config.width
        sizes = [INPUTS, *[width] * depth, CLASSES]
        self.linears = nn.ModuleList(
            nn.Linear(a, b, generator=generator) for a, b in itertools.pairwise(sizes)
        )
        for layer in self.linears:
            fill(layer.weight, config, generator)
            init.zeros_(layer.bias)
        norm = {"layernorm": nn.LayerNorm, "rmsnorm": nn.RMSNorm}.get(config.norm)
        last = config.placement == "pre"  # one more before the head
        count = 0 if norm is None else depth - 1 + last
        self.norms = nn.ModuleList(norm(width, eps=EPS) for _ in range(count) if norm)

    def forward(self, x: Tensor) -> Tensor:
        c = self.config
        act, norms = ACTIVATIONS[c.activation], self.norms
        where = c.placement if c.norm != "none" else "nowhere"
        h = act(self.linears[0](x))
        for i in range(c.depth - 1):
            z = self.linears[i + 1](norms[i](h) if where == "pre" else h)
            branch = act(norms[i](z) if where == "mid" else z)
            if c.residual == "scaled":
                branch = branch * c.branch_scale
            h = branch if c.residual == "none" else h + branch
            if where == "post":
                h = norms[i](h)
        return self.linears[c.depth](norms[-1](h) if where == "pre" else h)


def fill(weight: Tensor, config: Configuration, generator: Generator) -> None:
    """Draw a weight (out, in) by the configuration's init."""
    fan_out, fan_in = weight.shape
    std = math.sqrt(config.variance(fan_in, fan_out))
    if config.init == "orthogonal":
        init.orthogonal_(weight, config.gain, generator=generator)
    elif config.init == "trunc_normal":
        scale = config.init_scale
        init.trunc_normal_(weight, 0.0, scale, -2 * scale, 2 * scale, generator=generator)
    elif "uniform" in config.init:
        bound = math.sqrt(3) * std
        init.uniform_(weight, -bound, bound, generator=generator)
    else:
        init.normal_(weight, 0.0, std, generator=generator)


def train(
    config: Configuration,
    seed: int,
    steps: int = STEPS,
    on_step: Callable[[int, float], None] = lambda step, loss: None,
) -> list[float | None]:
    """The loss at each step of training on the toy task; None, and the end, where not finite."""
    data = toy(seed)
    net = Net(config, Generator().manual_seed(seed))
    parameters = list(net.parameters())
    updates = (
        optim.SGD(parameters, lr=config.lr, momentum=0.9)
        if config.optimizer == "sgd"
        else optim.Adam(parameters, lr=config.lr)
    )
    losses: list[float | None] = []
    for step, (x, y) in zip(range(steps), batches(data.x, data.y, BATCH, seed), strict=False):
        loss = F.cross_entropy(net(from_numpy(x)), from_numpy(y))
        value = loss.item()
        losses.append(value if math.isfinite(value) else None)
        on_step(step, value)
        if losses[-1] is None:
            break
        updates.zero_grad()
        loss.backward()
        updates.step()
    return losses
