"""Activations, each with its derivative below its value. G stands for dL/dout."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.core.dtype import one
from minigrad.core.graph import record
from minigrad.core.random import Generator, rng
from minigrad.core.saved import OUT
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import ArgumentError
from minigrad.functional import parts
from minigrad.functional.normal import normal_cdf, normal_pdf
from minigrad.functional.operands import floating, require_floating, require_number, wide
from minigrad.kernels import twin


def relu(input: Tensor) -> Tensor:
    """max(input, 0).   Gradient: G where input > 0."""
    x = require_number("relu", input).array
    return record("relu", np.maximum(x, 0), (input, _relu_gradient, OUT))


def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """input where positive, negative_slope · input elsewhere (Maas et al. 2013)."""
    x = wide(require_floating("leaky_relu", input))
    y = np.where(x > 0, x, negative_slope * x)
    vjp = lambda g, x: np.where(x > 0, g, negative_slope * g)  # noqa: E731
    return record("leaky_relu", y, (input, vjp, input))


def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """input where positive, alpha (e^input - 1) elsewhere (Clevert et al. 2015)."""
    x = wide(require_floating("elu", input))
    y = np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))
    vjp = lambda g, x, y: np.where(x <= 0, g * (y + alpha), g)  # noqa: E731
    return record("elu", y, (input, vjp, input, OUT))


def tanh(input: Tensor) -> Tensor:
    """Hyperbolic tangent.   Gradient: G (1 - out²)."""
    a = floating("tanh", input)
    return record("tanh", np.tanh(a.array), (a, lambda g, y: g * (one(y.dtype) - y * y), OUT))


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + e^-input).   Gradient: G · out (1 - out)."""
    a = floating("sigmoid", input)
    y = _sigmoid(wide(a))
    return record("sigmoid", y, (a, lambda g, y: g * y * (one(y.dtype) - y), OUT))


def silu(input: Tensor) -> Tensor:
    """input · sigmoid(input) (Elfwing et al. 2017).   Gradient: G (s + out (1 - s))."""
    x = wide(require_floating("silu", input))
    y, s = _silu(x)
    return record(
        "silu",
        y,
        (input, _silu_gradient, input, s),
        parts=(parts.silu, input),
    )


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """ln(1 + e^(beta·input)) / beta, and input itself beyond threshold.   Gradient:
    G · sigmoid(beta·input)."""
    x = wide(require_floating("softplus", input))
    z = beta * x
    y = np.where(z > threshold, x, np.logaddexp(0, z) / beta).astype(x.dtype, copy=False)

    def vjp(g: Any, x: Any) -> Any:
        return np.where(beta * x > threshold, g, g / (1 + np.exp(-beta * x)))

    return record("softplus", y, (input, vjp, input))


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """input · Φ(input), Φ the normal distribution function (Hendrycks & Gimpel 2016).

    `approximate="tanh"`: 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))).   Gradient:
    G (Φ + x Φ'), Φ' the normal density, or the tanh form's own derivative.
    """
    x = wide(require_floating("gelu", input))
    if approximate == "tanh":
        y, t = _gelu_tanh(x)
        edge = (input, _gelu_tanh_gradient, input, t)
        return record("gelu", y, edge, parts=(parts.gelu_tanh, input))
    if approximate != "none":
        raise ArgumentError(f"gelu: approximate must be 'none' or 'tanh', got {approximate!r}")
    y, phi = _gelu(x)
    return record("gelu", y, (input, _gelu_gradient, input, phi), parts=(parts.gelu, input))


def dropout(
    input: Tensor, p: float = 0.5, training: bool = True, *, generator: Generator | None = None
) -> Tensor:
    """input with a share p of its elements zeroed and the rest divided by 1 - p (Srivastava et
    al. 2014); input itself when not training.   Gradient: G times the same mask."""
    x = wide(require_floating("dropout", input))
    if not 0 <= p <= 1:
        raise ArgumentError(f"dropout: p must lie in [0, 1], got {p}")
    if not training or p == 0:
        return input
    kept = rng(generator).random(input.shape, dtype=np.float32) >= p
    mask = kept * x.dtype.type(1 / (1 - p) if p < 1 else 0)
    return record("dropout", x * mask, (input, lambda g, mask: g * mask, wrap(mask)))


# -- the functions behind them, on arrays -------------------------------------------------------


@twin("activation", 16384)
def _relu_gradient(g: Any, y: Any) -> Any:
    return _unless(y <= 0, g)


def _unless(dead: Any, g: Any) -> Any:
    """0 where dead, g elsewhere: np.where(dead, 0, g), which takes a branch per element and, where
    signs are random, 9 times as long as masking g's bits with all or none of them."""
    if type(g) is not np.ndarray:  # a Tensor, under create_graph
        return np.where(dead, 0, g)
    return (g.view(f"i{g.itemsize}") & (dead.view(np.int8) - 1)).view(g.dtype)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    y = np.exp(-x)  # inf where x is very negative, and then 1 / inf = 0 is right
    y += 1
    return 1 / y


@twin("activation", 16384)
def _silu(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    s = _sigmoid(x)
    return x * s, s


@twin("activation", 16384)
def _silu_gradient(g: np.ndarray, x: np.ndarray, s: np.ndarray) -> np.ndarray:
    return g * (s + x * s * (1 - s))


@twin("activation", 16384)
def _gelu(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    phi = normal_cdf(x)
    return x * phi, phi


@twin("activation", 16384)
def _gelu_gradient(g: np.ndarray, x: np.ndarray, phi: np.ndarray) -> np.ndarray:
    slope = normal_pdf(x)
    slope *= x
    slope += phi
    slope *= g
    return slope


_C = math.sqrt(2 / math.pi)


@twin("activation", 16384)
def _gelu_tanh(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    t = np.asarray(x * x)  # as in normal_pdf
    t *= 0.044715 * _C
    t += _C
    t *= x
    np.tanh(t, out=t)
    y = t + 1
    y *= 0.5  # first: 2 x may overflow
    y *= x
    return y, t


@twin("activation", 16384)
def _gelu_tanh_gradient(g: np.ndarray, x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """g (0.5 (1 + t) + 0.5 x (1 - t²) √(2/π) (1 + 3 · 0.044715 x²))."""
    slope = x * x
    slope *= 3 * 0.044715 * _C
    slope += _C
    slope *= x
    slope *= 1 - t * t
    slope += t
    slope += 1
    slope *= 0.5
    slope *= g
    return slope
