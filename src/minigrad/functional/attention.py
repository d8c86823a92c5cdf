"""Attention as one op: scores, mask, softmax and the weighted sum of values."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from minigrad.core.broadcast import check_broadcast, unbroadcast
from minigrad.core.graph import record
from minigrad.core.random import Generator, rng
from minigrad.core.tensor import Tensor
from minigrad.errors import ArgumentError, DtypeError, ShapeError
from minigrad.functional.operands import half_in_float32, require_floating, require_tensor, shared


@half_in_float32
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """softmax(Q Kᵀ · scale + mask) V (Vaswani et al. 2017, eq. 1).

    query (..., T, d), key (..., S, d), value (..., S, e) -> (..., T, e). A boolean mask keeps
    where it is true, a floating-point one is added; is_causal keeps position t from seeing those
    after it; scale is 1/√d unless given. A row that may see nothing gives zeros. With P the
    softmax: dV = Pᵀ G, dS = P (G Vᵀ - Σ P·G Vᵀ), dQ = dS K scale, dK = dSᵀ Q scale.
    One op, since P is the only large array it keeps: the composition keeps four.
    """
    q, k, v = (
        require_floating("scaled_dot_product_attention", tensor, label).array
        for tensor, label in ((query, "query"), (key, "key"), (value, "value"))
    )
    _check(q, k, v, dropout_p)
    factor = q.dtype.type(1 / math.sqrt(max(q.shape[-1], 1)) if scale is None else scale)
    if is_causal and attn_mask is not None:
        raise ArgumentError("scaled_dot_product_attention: give attn_mask or is_causal, not both")
    scaled = q * factor
    scores = scaled @ k.mT  # (..., T, S)
    if is_causal:
        scores += _causal(q.shape[-2], k.shape[-2], q.dtype)
    if attn_mask is not None:
        scores = _masked(scores, attn_mask)
        mask_shape, mask_dtype = attn_mask.shape, attn_mask.dtype
    q_shape, k_shape, v_shape = q.shape, k.shape, v.shape
    top = np.maximum.reduce(scores, axis=-1, keepdims=True, initial=-np.inf)
    scores -= np.where(np.isneginf(top), 0, top)
    p = np.exp(scores, out=scores)
    total = p @ np.ones((p.shape[-1], 1), p.dtype)  # BLAS, in a quarter of a reduction's time
    p /= np.where(total == 0, 1, total)
    kept: Any = 1
    if dropout_p:
        kept = (rng(generator).random(p.shape, dtype=np.float32) >= dropout_p) / q.dtype.type(
            1 - dropout_p if dropout_p < 1 else 1
        )

    @shared
    def d_scores(g: np.ndarray) -> np.ndarray:
        d = g @ v.mT
        if dropout_p:
            d *= kept
        d -= np.vecdot(d, p)[..., None]
        d *= p
        return d

    return record(
        "scaled_dot_product_attention",
        (p * kept if dropout_p else p) @ v,
        (query, lambda g: unbroadcast(d_scores(g) @ k, q_shape) * factor),
        (key, lambda g: unbroadcast(d_scores(g).mT @ scaled, k_shape)),
        (value, lambda g: unbroadcast((p * kept if dropout_p else p).mT @ g, v_shape)),
        (attn_mask, lambda g: unbroadcast(d_scores(g), mask_shape).astype(mask_dtype)),
    )


def _check(q: np.ndarray, k: np.ndarray, v: np.ndarray, dropout_p: float) -> None:
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise ShapeError(
            "scaled_dot_product_attention: needs query (..., T, d), key (..., S, d) and value "
            f"(..., S, e), got {q.shape}, {k.shape} and {v.shape}"
        )
    check_broadcast("scaled_dot_product_attention", q.shape[:-2], k.shape[:-2], v.shape[:-2])
    if not q.dtype == k.dtype == v.dtype:
        raise DtypeError(
            "scaled_dot_product_attention: query, key and value must have one dtype, got "
            f"{q.dtype}, {k.dtype} and {v.dtype}"
        )
    if not 0 <= dropout_p <= 1:
        raise ArgumentError(
            f"scaled_dot_product_attention: dropout_p must lie in [0, 1], got {dropout_p}"
        )


@lru_cache(8)
def _causal(t: int, s: int, dtype: np.dtype) -> np.ndarray:
    """(T, S): 0 where a position may look, -inf at those after it."""
    return np.triu(np.full((t, s), -np.inf, dtype), 1)


def _masked(scores: np.ndarray, attn_mask: Any) -> np.ndarray:
    mask = require_tensor("scaled_dot_product_attention", attn_mask, "attn_mask").array
    if mask.dtype.kind == "i":
        raise DtypeError(
            "scaled_dot_product_attention: attn_mask must be boolean (true: may be seen) or "
            f"floating point (added to the scores), got {mask.dtype}: compare it (mask == 1)"
        )
    check_broadcast("scaled_dot_product_attention", scores.shape, mask.shape)
    if mask.dtype == bool:
        return np.where(mask, scores, scores.dtype.type(-np.inf))
    return scores + mask.astype(scores.dtype, copy=False)
