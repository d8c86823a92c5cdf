"""`torch.distributions`, as far as scripts draw from them and score what they drew."""

from __future__ import annotations

import math
from typing import Any

import minigrad as mg
from minigrad.core.tensor import Tensor
from minigrad.nn.functional import log_softmax
from minigrad.nn.more import logsigmoid
from minigrad.torch.tensors import multinomial


class Categorical:
    """Classes with probabilities (…, C), or scores ("logits") whose softmax they are."""

    def __init__(self, probs: Tensor | None = None, logits: Tensor | None = None) -> None:
        if (probs is None) == (logits is None):
            raise ValueError("Categorical: give either probs or logits")
        scores = probs.log() if probs is not None else logits
        assert scores is not None
        self.logits = log_softmax(scores, -1)
        self.probs = self.logits.exp()

    def sample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        n = math.prod(sample_shape)
        rows = self.probs.detach().reshape(-1, self.probs.shape[-1])
        drawn = multinomial(rows, n, replacement=True).t()  # (n, rows)
        return drawn.reshape(*sample_shape, *self.probs.shape[:-1])

    def log_prob(self, value: Tensor) -> Tensor:
        scores = mg.broadcast_to(self.logits, (*value.shape, self.logits.shape[-1]))
        return scores.gather(-1, value.unsqueeze(-1)).squeeze(-1)

    def entropy(self) -> Tensor:
        return -(self.probs * self.logits).sum(-1)


class Normal:
    """N(loc, scale²)."""

    def __init__(self, loc: Any, scale: Any) -> None:
        self.loc, self.scale = (x if isinstance(x, Tensor) else mg.tensor(x) for x in (loc, scale))
        self.mean, self.stddev = self.loc, self.scale

    def rsample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        both = self.loc + self.scale
        return self.loc + self.scale * mg.randn(*sample_shape, *both.shape)

    def sample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        return self.rsample(sample_shape).detach()

    def log_prob(self, value: Tensor) -> Tensor:
        z = (value - self.loc) / self.scale
        return -0.5 * z * z - self.scale.log() - 0.5 * math.log(2 * math.pi)

    def entropy(self) -> Tensor:
        return self.scale.log() + 0.5 * math.log(2 * math.pi * math.e)


class Bernoulli:
    """1 with probability probs, or σ(logits)."""

    def __init__(self, probs: Any = None, logits: Any = None) -> None:
        if logits is None:
            probs = probs if isinstance(probs, Tensor) else mg.tensor(probs)
            logits = (probs / (1 - probs)).log()
        self.logits, self.probs = logits, logits.sigmoid()

    def sample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        return mg.bernoulli(
            mg.broadcast_to(self.probs, (*sample_shape, *self.probs.shape)).detach()
        )

    def log_prob(self, value: Tensor) -> Tensor:
        return value * logsigmoid(self.logits) + (1 - value) * logsigmoid(-self.logits)
