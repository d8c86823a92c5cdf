"""Attention as one op: scores, mask, softmax and the weighted sum of values."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from minigrad.core.broadcast import check_broadcast
from minigrad.core.graph import record
from minigrad.core.random import Generator, rng
from minigrad.core.tensor import Tensor, wrap
from minigrad.core.wasm import product
from minigrad.errors import ArgumentError, DtypeError, ShapeError
from minigrad.functional import parts
from minigrad.functional.operands import (
    autocast,
    require_floating,
    require_tensor,
    shared,
    to,
    wide,
)
from minigrad.functional.shape import broadcast_to, reshape
from minigrad.kernels import twin


def _repeated(x: Tensor, times: int) -> Tensor:
    """(..., heads, S, d) -> (..., heads · times, S, d): each head several times, one by one."""
    *batch, heads, S, d = x.shape
    one = reshape(x, (*batch, heads, 1, S, d))
    return reshape(broadcast_to(one, (*batch, heads, times, S, d)), (*batch, heads * times, S, d))


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
    generator: Generator | None = None,
) -> Tensor:
    """softmax(Q Kᵀ · scale + mask) V (Vaswani et al. 2017, eq. 1).

    query (..., T, d), key (..., S, d), value (..., S, e) -> (..., T, e). A boolean mask keeps
    where it is true, a floating-point one is added; is_causal keeps position t from seeing those
    after it; scale is 1/√d unless given. A row that may see nothing gives zeros. With enable_gqa
    the heads, in dim -3, of key and value serve several of query's each (Ainslie et al. 2023,
    https://arxiv.org/abs/2305.13245). With P the
    softmax: dV = Pᵀ G, dS = P (G Vᵀ - Σ P·G Vᵀ), dQ = dS K scale, dK = dSᵀ Q scale.
    One op, since P is the only large array it keeps: the composition keeps four.
    """
    query, key, value = autocast(query, key, value)
    if enable_gqa:
        key, value = (_repeated(x, query.shape[-3] // x.shape[-3]) for x in (key, value))
    tensors = ((query, "query"), (key, "key"), (value, "value"))
    q, k, v = (wide(require_floating("scaled_dot_product_attention", *pair)) for pair in tensors)
    _check(query, key, value, dropout_p)
    factor = q.dtype.type(1 / math.sqrt(max(q.shape[-1], 1)) if scale is None else scale)
    if is_causal and attn_mask is not None:
        raise ArgumentError("scaled_dot_product_attention: give attn_mask or is_causal, not both")
    scores = product(q * factor, k.mT)  # (..., T, S)
    added, hidden = _mask(scores, attn_mask, is_causal)
    if added is not None:
        scores = scores + wide(added)
    if is_causal:
        p = _causal_softmax(scores)
    else:
        hide = scores.dtype.type(-np.inf)
        p = _softmax(scores if hidden is None else np.where(hidden, hide, scores))
    kept: Any = None
    if dropout_p:
        drawn = rng(generator).random(p.shape, dtype=np.float32) >= dropout_p
        kept = wrap(drawn / q.dtype.type(1 - dropout_p if dropout_p < 1 else 1))

    @shared
    def d_scores(g: np.ndarray, v: np.ndarray, p: np.ndarray, kept: Any) -> np.ndarray:
        d = product(g, v.mT)
        if kept is not None:
            d *= kept
        return _softmax_gradient(d, p)

    weights = p if kept is None else p * kept.array
    return record(
        "scaled_dot_product_attention",
        product(weights, v),
        (query, lambda g, k, *vpm: product(d_scores(g, *vpm), k) * factor, key, value, p, kept),
        (key, lambda g, q, *vpm: product(d_scores(g, *vpm).mT, q) * factor, query, value, p, kept),
        (value, lambda g, p, kept: product((p if kept is None else p * kept).mT, g), p, kept),
        (added, lambda g, *vpm: d_scores(g, *vpm), value, p, kept),
        parts=(parts.attention, query, key, value, added, hidden, kept, factor),
    )


def _check(q: Tensor, k: Tensor, v: Tensor, dropout_p: float) -> None:
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise ShapeError(
            "scaled_dot_product_attention: needs query (..., T, d), key (..., S, d) and value "
            f"(..., S, e), got {q.shape}, {k.shape} and {v.shape}"
        )
    check_broadcast("scaled_dot_product_attention", q.shape[:-2], k.shape[:-2], v.shape[:-2])
    if not q.dtype == k.dtype == v.dtype:
        raise DtypeError(
            "scaled_dot_product_attention: query, key and value must have one dtype, got "
            f"{q.dtype}, {k.dtype} and {v.dtype}: convert with .float()"
        )
    if not 0 <= dropout_p <= 1:
        raise ArgumentError(
            f"scaled_dot_product_attention: dropout_p must lie in [0, 1], got {dropout_p}"
        )


@twin("softmax", 16384)
def _causal_softmax(scores: np.ndarray) -> np.ndarray:
    """In place, over the positions up to each."""
    np.copyto(scores, -np.inf, where=_after(*scores.shape[-2:]))
    return _softmax(scores)


@twin("softmax", 16384)
def _softmax(scores: np.ndarray) -> np.ndarray:
    """In place; zeros where nothing may be seen."""
    top = np.maximum.reduce(scores, axis=-1, keepdims=True, initial=-np.inf)
    scores -= np.where(np.isneginf(top), 0, top)
    p = np.exp(scores, out=scores)
    seen = p @ np.ones((p.shape[-1], 1), p.dtype)  # BLAS, in a quarter of a reduction's time
    p /= np.where(seen == 0, 1, seen)
    return p


@twin("softmax", 16384)
def _softmax_gradient(g: np.ndarray, p: np.ndarray) -> np.ndarray:
    """P (G - Σ P G), in place."""
    g -= np.vecdot(g, p)[..., None]
    g *= p
    return g


@lru_cache(8)
def _after(t: int, s: int) -> np.ndarray:
    """(T, S): the positions after each, which causal attention hides from it."""
    return np.triu(np.ones((t, s), bool), 1)


def _mask(scores: np.ndarray, attn_mask: Any, is_causal: bool) -> tuple[Any, Any]:
    """(what is added to the scores, a Tensor; where they are hidden, an array), each or None."""
    if is_causal:
        return None, _after(*scores.shape[-2:])
    if attn_mask is None:
        return None, None
    mask = require_tensor("scaled_dot_product_attention", attn_mask, "attn_mask")
    if mask.dtype.kind == "i":
        raise DtypeError(
            "scaled_dot_product_attention: attn_mask must be boolean (true: may be seen) or "
            f"floating point (added to the scores), got {mask.dtype}: compare it (mask == 1)"
        )
    check_broadcast("scaled_dot_product_attention", scores.shape, mask.shape)
    return (None, ~mask.array) if mask.dtype == bool else (to(mask, scores.dtype), None)
