"""What each fused op is made of. It computes the same values in one step, faster or more exactly;
its second derivative is that of these compositions, and tests hold the one to the other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.core.graph import record
from minigrad.core.tensor import Tensor, wrap
from minigrad.functional.normal import normal_cdf


def silu(x: Tensor) -> Tensor:
    return x * x.sigmoid()


def gelu(x: Tensor) -> Tensor:
    def density(g: Any, x: Any) -> Any:
        return g * (np.exp(-0.5 * (x * x)) / math.sqrt(2 * math.pi))

    return x * record("normal_cdf", normal_cdf(x.array), (x, density, x))


def gelu_tanh(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + (math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)).tanh())


def var(x: Tensor, dims: Any, free: Any, keepdim: bool) -> Tensor:
    return ((x - x.mean(dims, True)) ** 2).sum(dims, keepdim) / free


def layer_norm(x: Tensor, weight: Any, bias: Any, eps: float, dims: tuple[int, ...]) -> Tensor:
    centred = x - x.mean(dims, True)
    return affine(centred * ((centred * centred).mean(dims, True) + eps).rsqrt(), weight, bias)


def rms_norm(x: Tensor, weight: Any, eps: float, dims: tuple[int, ...]) -> Tensor:
    return affine(x * ((x * x).mean(dims, True) + eps).rsqrt(), weight, None)


def affine(x: Tensor, weight: Any, bias: Any) -> Tensor:
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def attention(
    q: Tensor, k: Tensor, v: Tensor, added: Any, hidden: Any, kept: Any, scale: float
) -> Tensor:
    """`added` to the scores, -inf where `hidden`; the weights times `kept`, dropout's mask."""
    scores = q @ k.mT * scale
    scores = scores if added is None else scores + added
    if hidden is not None:
        scores = scores.masked_fill(wrap(hidden), -math.inf)
        unseen = wrap(hidden.all(-1, keepdims=True) & np.ones((*scores.shape[:-1], 1), bool))
        weights = scores.masked_fill(unseen, 0).softmax(-1).masked_fill(unseen, 0)
    else:
        weights = scores.softmax(-1)
    return (weights if kept is None else weights * kept) @ v


def nll(logp: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """Per row of log-probabilities (N, C), with its label (N)."""
    picked = -logp.gather(1, target.unsqueeze(1)).squeeze(1)
    return picked if not smoothing else (1 - smoothing) * picked - smoothing * logp.mean(1)
