"""Normalization over the last dimensions: one op each, ε inside the root, and gradients that keep
no more than the normalized rows. For float16 the statistics are taken in float32.

G stands for dL/dout, x̂ for the normalized row, n for its length; means are over the row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.core.graph import record
from minigrad.core.saved import stand_in
from minigrad.core.tensor import Tensor, wrap
from minigrad.core.wasm import row_mean
from minigrad.errors import ArgumentError, ShapeError
from minigrad.functional import parts
from minigrad.functional.operands import require_floating, to, wide
from minigrad.functional.shape import sizes
from minigrad.kernels import twin


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(var + eps) · weight + bias over the last dims (Ba et al. 2016, eq. 4).

    With Ĝ = G · weight: dx = (Ĝ - mean(Ĝ) - x̂ mean(Ĝ x̂)) / sqrt(var + eps); dweight = Σ G x̂;
    dbias = Σ G, over all rows. An all-equal row gives bias. Equals its composition of mean, var
    and rsqrt, in one op because that is several times as fast.
    """
    x, weight, bias = _rows("layer_norm", input, normalized_shape, weight, bias, eps)
    w, b = (None if p is None else p.array.reshape(-1) for p in (weight, bias))
    y, normed, scale = _layer_rows(x, w, b, eps)
    shape, last = input.shape, sizes((normalized_shape,))

    def vjp_input(g: np.ndarray, normed: np.ndarray, scale: np.ndarray, w: Any) -> np.ndarray:
        w = None if w is None else w.reshape(-1)
        return _layer_gradient(g.reshape(normed.shape), normed, scale, w).reshape(shape)

    return record(
        "layer_norm",
        y.reshape(shape),
        (input, vjp_input, normed, scale, weight),
        (weight, lambda g, normed: _weight_gradient(g, normed, last), normed),
        (bias, lambda g: g),
        parts=_parts(parts.layer_norm, input, normed, scale, (weight, bias), eps, last),
    )


def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """x / sqrt(mean(x²) + eps) · weight over the last dims (Zhang & Sennrich 2019, eq. 4).

    With Ĝ = G · weight: dx = (Ĝ - x̂ mean(Ĝ x̂)) / sqrt(mean(x²) + eps); dweight = Σ G x̂ over all
    rows. A row of zeros gives zeros. eps None: machine epsilon of the dtype the statistics are
    taken in. Equals its composition of mean and rsqrt, in one op because that is several times as
    fast.
    """
    x, weight, _ = _rows("rms_norm", input, normalized_shape, weight, None, eps)
    eps = float(np.finfo(x.dtype).eps) if eps is None else eps
    y, normed, scale = _rms_rows(x, None if weight is None else weight.array.reshape(-1), eps)
    shape, last = input.shape, sizes((normalized_shape,))

    def vjp_input(g: np.ndarray, normed: np.ndarray, scale: np.ndarray, w: Any) -> np.ndarray:
        w = None if w is None else w.reshape(-1)
        return _rms_gradient(g.reshape(normed.shape), normed, scale, w).reshape(shape)

    return record(
        "rms_norm",
        y.reshape(shape),
        (input, vjp_input, normed, scale, weight),
        (weight, lambda g, normed: _weight_gradient(g, normed, last), normed),
        parts=_parts(parts.rms_norm, input, normed, scale, (weight,), eps, last),
    )


def _rows(
    name: str, input: Any, normalized_shape: Any, weight: Any, bias: Any, eps: float | None
) -> tuple[np.ndarray, Any, Any]:
    """input as rows (N, d) of at least float32, weight and bias in that dtype; raises ShapeError
    where sizes differ."""
    x = wide(require_floating(name, input))
    shape = sizes((normalized_shape,))
    if not shape or x.shape[-len(shape) :] != shape:
        raise ShapeError(f"{name}: input must end in normalized_shape {shape}, got {x.shape}")
    for parameter, label in ((weight, "weight"), (bias, "bias")):
        if parameter is not None and require_floating(name, parameter, label).shape != shape:
            raise ShapeError(f"{name}: {label} must have shape {shape}, got {parameter.shape}")
    if eps is not None and eps < 0:
        raise ArgumentError(f"{name}: eps must be ≥ 0, got {eps}")
    weight, bias = (None if p is None else to(p, x.dtype) for p in (weight, bias))
    return x.reshape(math.prod(x.shape[: -len(shape)]), math.prod(shape)), weight, bias


def _parts(
    compose: Any, input: Tensor, normed: Any, scale: Any, affine: Any, eps: float, last: Any
) -> tuple[Any, ...]:
    """The composition, from x̂ and its scale alone: x, or x but for its mean, is their quotient."""

    def again(x: Tensor, *affine: Any) -> Tensor:
        offset = (normed / scale - normed).reshape(x.shape)
        return compose(x + wrap(offset), *affine, eps, tuple(range(-len(last), 0)))

    return again, stand_in(input, normed.reshape(input.shape)), *affine


def _mean_product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(N, d), (N, d) -> (N, 1): the mean of a·b over each row, without a temporary."""
    total = np.vecdot(a, b)  # one BLAS dot per row
    total /= max(a.shape[1], 1)
    return total[:, None]


def _weight_gradient(g: np.ndarray, normed: np.ndarray, shape: Any) -> np.ndarray:
    """Σ over rows of G x̂, in the shape of the weight."""
    return _column_products(g.reshape(normed.shape), normed).reshape(shape)


# -- on rows (N, d): x̂, its scale (N, 1), and the weight and bias (d), or None ---------------------


@twin("norm", 16384)
def _layer_rows(x: np.ndarray, w: Any, b: Any, eps: float) -> tuple[np.ndarray, ...]:
    mean = row_mean(x)
    normed = x - mean
    var = _mean_product(normed, normed) + x.dtype.type(eps)
    if (mean * mean > 100 * var).any():  # rounding such a mean shows beside the spread
        normed -= row_mean(normed)
        var = _mean_product(normed, normed) + x.dtype.type(eps)
    scale = 1 / np.sqrt(var)
    normed *= scale
    y = normed.copy() if w is None else normed * w
    if b is not None:
        y += b
    return y, normed, scale


@twin("norm", 16384)
def _layer_gradient(g: np.ndarray, normed: np.ndarray, scale: np.ndarray, w: Any) -> np.ndarray:
    g = g * w if w is not None else g.copy()
    along = _mean_product(g, normed)
    g -= row_mean(g)
    g -= normed * along
    g *= scale
    return g


@twin("norm", 16384)
def _rms_rows(x: np.ndarray, w: Any, eps: float) -> tuple[np.ndarray, ...]:
    scale = 1 / np.sqrt(_mean_product(x, x) + x.dtype.type(eps))
    normed = x * scale
    return normed.copy() if w is None else normed * w, normed, scale


@twin("norm", 16384)
def _rms_gradient(g: np.ndarray, normed: np.ndarray, scale: np.ndarray, w: Any) -> np.ndarray:
    g = g * w if w is not None else g.copy()
    g -= normed * _mean_product(g, normed)
    g *= scale
    return g


@twin("norm", 16384)
def _column_products(g: np.ndarray, normed: np.ndarray) -> np.ndarray:
    return np.einsum("nd,nd->d", g, normed)
