"""Lab 02: RMSNorm and LayerNorm, forward on Tensors, backward by hand, and timed honestly.

x has shape (..., d); a norm treats each row of d numbers by itself. Forward functions use Tensor
operations, so that gradients flow; backward functions are NumPy. For Tensors, unlike arrays:
- an axis is `dim`, and `keepdim` keeps it, with length 1: `x.mean(dim=-1, keepdim=True)`;
- functions are methods, `x.sqrt()`, `x.exp()`: a detour through arrays would lose the gradient;
- nothing is written into: `y = y * w` makes another Tensor, and the gradient needs the one before.
"""

import statistics
import time

import numpy as np

import minigrad
from minigrad import nn


def rms_norm(x, weight, eps=1e-5):
    """x / √(mean(x²) + eps) · weight, over the last axis (Zhang & Sennrich 2019).

    x: Tensor (..., d). weight: Tensor (d,). Returns a Tensor of x's shape and dtype. float16 holds
    no square above 65,504, so for a float16 x compute in float32 and go back at the end.
    """
    # TODO: the mean of squares of each row, its root with eps inside, and the weight.
    h = x.float() if x.dtype == minigrad.float16 else x
    h = h / ((h * h).mean(dim=-1, keepdim=True) + eps).sqrt()
    return (h * weight).to(x.dtype)


def layer_norm(x, weight, bias, eps=1e-5):
    """(x − mean) / √(var + eps) · weight + bias, over the last axis (Ba et al. 2016).

    x: Tensor (..., d). weight, bias: Tensors (d,). The variance divides by d, not d − 1. Returns a
    Tensor of x's shape.
    """
    # TODO: centre each row, divide by its standard deviation; then weight and bias.
    centred = x - x.mean(dim=-1, keepdim=True)
    var = (centred * centred).mean(dim=-1, keepdim=True)
    return centred / (var + eps).sqrt() * weight + bias


class RMSNorm(nn.Module):
    """rms_norm as a layer, with a learned weight."""

    def __init__(self, dim, eps=1e-5):
        """dim: the length of a row. The layer starts as the plain norm."""
        super().__init__()
        self.eps = eps
        # TODO: the learned parameter, self.weight: one number per feature.
        self.weight = nn.Parameter(minigrad.ones(dim))

    def forward(self, x):
        return rms_norm(x, self.weight, self.eps)


class LayerNorm(nn.Module):
    """layer_norm as a layer, with a learned weight and bias."""

    def __init__(self, dim, eps=1e-5):
        """dim: the length of a row. The layer starts as the plain norm."""
        super().__init__()
        self.eps = eps
        # TODO: the learned parameters, self.weight and self.bias.
        self.weight = nn.Parameter(minigrad.ones(dim))
        self.bias = nn.Parameter(minigrad.zeros(dim))

    def forward(self, x):
        return layer_norm(x, self.weight, self.bias, self.eps)


def rms_norm_backward(g, x, weight, eps=1e-5):
    """Gradients of out = rms_norm(x, weight, eps).

    g, x: arrays (N, d). weight: (d,). Returns (dx, dweight) with dx: (N, d), dweight: (d,).
    """
    # TODO: with r = √(mean(x²) + eps) and x̂ = x / r: every x_j moves r, and r moves the whole row.
    r = np.sqrt((x * x).mean(axis=-1, keepdims=True) + eps)
    x_hat = x / r
    g_hat = g * weight  # the gradient of x̂
    dx = (g_hat - x_hat * (g_hat * x_hat).mean(axis=-1, keepdims=True)) / r
    return dx, (g * x_hat).sum(axis=0)


def layer_norm_backward(g, x, weight, eps=1e-5):
    """Gradients of out = layer_norm(x, weight, bias, eps).

    g, x: arrays (N, d). weight: (d,). Returns (dx, dweight, dbias): (N, d), (d,), (d,).
    """
    # TODO: as for RMSNorm, and the mean moves with every x_j as well.
    centred = x - x.mean(axis=-1, keepdims=True)
    sigma = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + eps)
    x_hat = centred / sigma
    g_hat = g * weight
    dx = g_hat - g_hat.mean(axis=-1, keepdims=True)  # what moves the mean is taken out
    dx -= x_hat * (g_hat * x_hat).mean(axis=-1, keepdims=True)  # and what moves the spread
    return dx / sigma, (g * x_hat).sum(axis=0), g.sum(axis=0)


def paired_ratio(f, g, repeats, clock=time.perf_counter):
    """How many times as long f() takes as g(), on a machine whose speed drifts.

    f, g: functions without arguments. clock(): the time in seconds. Call each once to warm up; then
    time them in turn, `repeats` times, and return the median of the ratios.
    """
    # TODO: a pair measured side by side sees the same machine.
    f()
    g()

    def seconds(function):
        start = clock()
        function()
        return clock() - start

    return statistics.median(seconds(f) / seconds(g) for _ in range(repeats))
