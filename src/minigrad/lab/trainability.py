"""Train one configuration of the predictor's family for real: the truth beside the prediction."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import partial

import minigrad.nn.functional as F
from minigrad import nn, optim
from minigrad.core.random import Generator
from minigrad.core.tensor import Tensor
from minigrad.data.toy import batches, toy
from minigrad.functional.creation import from_numpy
from minigrad.nn import init
from minigrad.signal.configuration import BATCH, CLASSES, INPUTS, STEPS, Configuration
from minigrad.signal.norms import EPS
from minigrad.signal.optimizers import MOMENTUM

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda z: z,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "tanh": F.tanh,
    "sigmoid": F.sigmoid,
    "gelu": F.gelu,
    "silu": F.silu,
}
NORMS: dict[str, Callable[[int], nn.Module]] = {
    "none": lambda width: nn.Identity(),
    "layernorm": lambda width: nn.LayerNorm(width, eps=EPS),
    "rmsnorm": lambda width: nn.RMSNorm(width, eps=EPS),
}
OPTIMIZERS: dict[str, Callable[..., optim.optimizer.Optimizer]] = {
    "sgd": partial(optim.SGD, momentum=MOMENTUM),
    "adam": optim.Adam,
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
        count = depth - 1 + (config.placement == "pre")  # one more before the head
        self.norms = nn.ModuleList(NORMS[config.norm](width) for _ in range(count))

    def forward(self, x: Tensor) -> Tensor:
        c = self.config
        act, norms = ACTIVATIONS[c.activation], self.norms
        where = c.placement
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
    updates = OPTIMIZERS[config.optimizer](parameters, lr=config.lr)
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
