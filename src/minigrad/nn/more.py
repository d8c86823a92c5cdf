"""Functions that PyTorch's scripts name, put together from ops: activations, distances, losses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.core.random import Generator, rng
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import ArgumentError
from minigrad.functional.activation import elu, relu, sigmoid, softplus, tanh
from minigrad.functional.elementwise import abs, clamp, exp, log, maximum, sqrt, where
from minigrad.functional.index import one_hot
from minigrad.functional.join import cat
from minigrad.functional.reduce import mean, norm, sum
from minigrad.functional.shape import broadcast_to
from minigrad.functional.softmax import softmax
from minigrad.nn.composed import _reduced, smooth_l1_loss

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805  # Klambauer et al. 2017


def softsign(input: Tensor) -> Tensor:
    """input / (1 + |input|)."""
    return input / (1 + abs(input))


def tanhshrink(input: Tensor) -> Tensor:
    """input - tanh(input)."""
    return input - tanh(input)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """input, held between min_val and max_val; without a gradient at the ends."""
    inside = wrap((input.array > min_val) & (input.array < max_val))
    return where(inside, input, clamp(input, min_val, max_val).detach())


def relu6(input: Tensor) -> Tensor:
    """input, held between 0 and 6."""
    return hardtanh(input, 0.0, 6.0)


def hardsigmoid(input: Tensor) -> Tensor:
    """relu6(input + 3) / 6."""
    return relu6(input + 3) / 6


def hardswish(input: Tensor) -> Tensor:
    """input · hardsigmoid(input)."""
    return input * hardsigmoid(input)


def selu(input: Tensor) -> Tensor:
    """elu whose mean and variance keep themselves at 0 and 1 (Klambauer et al. 2017)."""
    return SELU_SCALE * elu(input, SELU_ALPHA)


def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """max(input, 0) + min(0, alpha (e^(input/alpha) - 1))."""
    return alpha * elu(input / alpha)


def mish(input: Tensor) -> Tensor:
    """input · tanh(softplus(input))."""
    return input * tanh(softplus(input))


def logsigmoid(input: Tensor) -> Tensor:
    """ln σ(input), exact far out."""
    return -softplus(-input)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half along dim times σ of the second."""
    a, b = input.chunk(2, dim)
    return a * sigmoid(b)


def softmin(input: Tensor, dim: int | None = None) -> Tensor:
    """softmax(-input); without a dim, over the classes: 1, or 0 of 0, 1 or 3 dimensions."""
    return softmax(-input, int(input.ndim not in (0, 1, 3)) if dim is None else dim)


def threshold(input: Tensor, threshold: float, value: float) -> Tensor:
    """input where it is greater than threshold, value elsewhere."""
    return where(input > threshold, input, value)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """input where positive, weight · input elsewhere; a weight for all, or one for each channel."""
    ones = [1] * (input.ndim - 2)
    weight = weight.reshape(-1, *ones) if weight.numel() > 1 else weight.reshape(())
    return where(input > 0, input, weight * input)


def gumbel_softmax(
    logits: Tensor,
    tau: float = 1.0,
    hard: bool = False,
    *,
    dim: int = -1,
    generator: Generator | None = None,
) -> Tensor:
    """A soft sample of the classes (Jang et al. 2017); ``hard``: one-hot, with its gradient."""
    noise = -np.log(rng(generator).exponential(size=logits.shape)).astype(logits.dtype)
    soft = softmax((logits + wrap(noise)) / tau, dim)
    if not hard:
        return soft
    axis = dim % logits.ndim
    best = one_hot(soft.argmax(axis), logits.shape[axis]).to(soft.dtype)
    order = [*range(axis), logits.ndim - 1, *range(axis, logits.ndim - 1)]
    return best.permute(*order) - soft.detach() + soft


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """Values before and after: pad = (left, right) of the last dimension, then of the one before
    it, and so on. A negative number takes values away."""
    if mode != "constant" or len(pad) % 2 or len(pad) > 2 * input.ndim:
        raise ArgumentError(f"pad: needs mode 'constant' and pairs of sizes, got {mode!r}, {pad}")
    for i, (before, after) in enumerate(zip(pad[::2], pad[1::2], strict=True)):
        dim = input.ndim - 1 - i
        n = input.shape[dim]
        cut = slice(max(-before, 0), n - max(-after, 0))
        input = input[(*[slice(None)] * dim, cut)]

        def filled(width: int, like: Tensor, dim: int = dim) -> Tensor:
            shape = (*like.shape[:dim], width, *like.shape[dim + 1 :])
            return wrap(np.full(shape, value or 0, like.dtype))

        sides = [filled(max(before, 0), input), input, filled(max(after, 0), input)]
        input = cat([part for part in sides if part.shape[dim] or part is input], dim)
    return input


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x1 · x2 / (‖x1‖ ‖x2‖), neither norm below eps."""

    shape = np.broadcast_shapes(x1.shape, x2.shape)
    x1, x2 = broadcast_to(x1, shape), broadcast_to(x2, shape)

    def length(x: Tensor) -> Tensor:
        size = norm(x, 2, dim, True)
        return maximum(size, wrap(np.full_like(size.array, eps)))

    return sum((x1 / length(x1)) * (x2 / length(x2)), dim)


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """‖x1 - x2 + eps‖ over the last dimension."""
    return norm(x1 - x2 + eps, p, -1, keepdim)


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x1ᵀ W_o x2 + b_o for each output o; weight is (out, in1, in2)."""
    out, n, m = weight.shape
    left = input1.reshape(-1, n) @ weight.permute(1, 0, 2).reshape(n, out * m)
    both = sum(left.reshape(-1, out, m) * input2.reshape(-1, 1, m), -1)
    both = both.reshape(*input1.shape[:-1], out)
    return both if bias is None else both + bias


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Each example's channels in groups, each group to mean 0 and variance 1 (Wu & He 2018)."""
    N, C = input.shape[:2]
    if C % num_groups:
        raise ArgumentError(
            f"group_norm: {num_groups} groups must divide the channels, got shape {input.shape}"
        )
    x = input.reshape(N, num_groups, math.prod(input.shape[1:]) // num_groups)
    centred = x - mean(x, -1, True)
    out = (centred / sqrt(mean(centred * centred, -1, True) + eps)).reshape(*input.shape)
    for parameter, op in ((weight, Tensor.__mul__), (bias, Tensor.__add__)):
        if parameter is not None:
            out = op(out, parameter.reshape(-1, *[1] * (input.ndim - 2)))
    return out


# -- losses ----------------------------------------------------------------------------------------


def huber_loss(
    input: Tensor, target: Tensor, *, reduction: str = "mean", delta: float = 1.0
) -> Tensor:
    """delta · smooth_l1_loss with beta = delta."""
    return delta * smooth_l1_loss(input, target, reduction=reduction, beta=delta)


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, *, reduction: str = "mean"
) -> Tensor:
    """max(0, -target (input1 - input2) + margin), reduced."""
    return _reduced("margin_ranking_loss", relu(margin - target * (input1 - input2)), reduction)


def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, *, reduction: str = "mean"
) -> Tensor:
    """input where target is 1, max(0, margin - input) where it is -1, reduced."""
    near = where(target != -1, input, 0.0)
    far = where(target != 1, relu(margin - input), 0.0)
    return _reduced("hinge_embedding_loss", near + far, reduction)


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, *, reduction: str = "mean"
) -> Tensor:
    """1 - cos where target is 1, max(0, cos - margin) where it is -1, reduced."""
    cos = cosine_similarity(input1, input2, input1.ndim - 1)
    losses = where(target == 1, 1 - cos, relu(cos - margin))
    return _reduced("cosine_embedding_loss", losses, reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Tensor:
    """max(0, ‖a - p‖ - ‖a - n‖ + margin), reduced; swap: the nearer of a and p to n."""
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        other = pairwise_distance(positive, negative, p, eps)
        far = where(other < far, other, far)
    losses = relu(pairwise_distance(anchor, positive, p, eps) - far + margin)
    return _reduced("triplet_margin_loss", losses, reduction)


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    """e^input - target · input, or input - target ln(input + eps); full adds Stirling's term."""
    losses = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:
        large = target > 1
        t = where(large, target, 1.0)
        losses = losses + where(large, t * log(t) - t + 0.5 * log(2 * math.pi * t), 0.0)
    return _reduced("poisson_nll_loss", losses, reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Any,
    full: bool = False,
    *,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """½ (ln var + (input - target)² / var), var not below eps; full adds ½ ln 2π."""
    var = var if isinstance(var, Tensor) else wrap(np.full(input.shape, var, input.dtype))
    if var.ndim == input.ndim - 1 and var.shape == input.shape[:-1]:
        var = var.unsqueeze(-1)
    small = wrap(np.maximum(eps - var.array, 0).astype(var.dtype))
    held = var + small  # PyTorch clamps outside the graph
    losses = 0.5 * (log(held) + (input - target) ** 2 / held)
    return _reduced(
        "gaussian_nll_loss", losses + (0.5 * math.log(2 * math.pi) if full else 0.0), reduction
    )


__all__ = [
    *("bilinear", "celu", "cosine_embedding_loss", "cosine_similarity", "gaussian_nll_loss", "glu"),
    *("group_norm", "gumbel_softmax", "hardsigmoid", "hardswish", "hardtanh", "huber_loss"),
    *("hinge_embedding_loss", "logsigmoid", "margin_ranking_loss", "mish", "pad"),
    *("pairwise_distance", "poisson_nll_loss", "prelu", "relu6", "selu", "softmin", "softsign"),
    *("tanhshrink", "threshold", "triplet_margin_loss"),
]
