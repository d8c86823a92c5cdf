"""Attention between two sequences, and the encoder made of it: PyTorch's arguments and state."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.core.device import device as cpu
from minigrad.core.tensor import Tensor
from minigrad.errors import ArgumentError
from minigrad.functional.activation import dropout as drop
from minigrad.functional.activation import gelu, relu
from minigrad.functional.creation import empty, zeros
from minigrad.functional.elementwise import where
from minigrad.functional.linalg import linear
from minigrad.functional.reduce import mean
from minigrad.functional.softmax import softmax
from minigrad.nn import init
from minigrad.nn.activation import Dropout
from minigrad.nn.container import ModuleList
from minigrad.nn.linear import Linear
from minigrad.nn.module import Module, Parameter
from minigrad.nn.norm import LayerNorm


class MultiheadAttention(Module):
    """softmax(q kᵀ / √(E/heads)) v per head, then one linear map (Vaswani et al. 2017).

    query (L, N, E), key and value (S, N, E), with batch_first (N, …, E) -> the same as query, and
    the weights (N, L, S), a mean over heads, or None. A mask is True where attention is not
    allowed, or is added to the scores.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        *,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        cpu.check(device)
        if num_heads < 1 or embed_dim % num_heads:
            raise ArgumentError(
                f"embed_dim must be a multiple of num_heads, got {embed_dim} and {num_heads}"
            )
        self.embed_dim, self.num_heads, self.head_dim = embed_dim, num_heads, embed_dim // num_heads
        self.dropout, self.batch_first = dropout, batch_first
        self.in_proj_weight = Parameter(empty(3 * embed_dim, embed_dim, dtype=dtype))
        self.in_proj_bias = Parameter(zeros(3 * embed_dim, dtype=dtype)) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias, dtype=dtype)
        init.xavier_uniform_(self.in_proj_weight)
        if self.out_proj.bias is not None:
            init.zeros_(self.out_proj.bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        alone = query.ndim == 2
        if alone:
            query, key, value = (x.unsqueeze(0) for x in (query, key, value))
        elif not self.batch_first:
            query, key, value = (x.transpose(0, 1) for x in (query, key, value))
        q, k, v = (self._heads(x, i) for i, x in enumerate((query, key, value)))
        scores = q @ k.transpose(-2, -1) * self.head_dim**-0.5  # (N, heads, L, S)
        N, L = query.shape[:2]
        if attn_mask is not None:
            if attn_mask.ndim == 3:
                attn_mask = attn_mask.reshape(N, self.num_heads, *attn_mask.shape[1:])
            scores = _masked(scores, attn_mask)
        if key_padding_mask is not None:
            scores = _masked(scores, key_padding_mask.reshape(N, 1, 1, -1))
        weights = softmax(scores, -1)
        weights = drop(weights, self.dropout, self.training)
        mixed = (weights @ v).transpose(1, 2).reshape(N, L, self.embed_dim)
        out = self.out_proj(mixed)
        shown = (mean(weights, 1) if average_attn_weights else weights) if need_weights else None
        if alone:
            return out.squeeze(0), None if shown is None else shown.squeeze(0)
        return (out if self.batch_first else out.transpose(0, 1)), shown

    def _heads(self, x: Tensor, part: int) -> Tensor:
        """(N, T, E) -> (N, heads, T, E / heads): the queries, keys or values."""
        E = self.embed_dim
        rows = slice(part * E, (part + 1) * E)
        bias = None if self.in_proj_bias is None else self.in_proj_bias[rows]
        y = linear(x, self.in_proj_weight[rows], bias)
        return y.reshape(*x.shape[:2], self.num_heads, self.head_dim).transpose(1, 2)


def _masked(scores: Tensor, mask: Tensor) -> Tensor:
    return where(mask, -np.inf, scores) if mask.dtype.kind == "b" else scores + mask


def activation_of(given: str | Callable[[Tensor], Tensor]) -> Any:
    """The function itself, or the one that "relu" or "gelu" names."""
    named: dict[Any, Any] = {"relu": relu, "gelu": gelu}
    return named.get(given, given)


class TransformerEncoderLayer(Module):
    """Attention, then two linear maps; each with a skip, and a norm after it or before."""

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout, bias=bias, batch_first=batch_first
        )
        self.linear1 = Linear(d_model, dim_feedforward, bias=bias)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias=bias)
        self.norm1, self.norm2 = (LayerNorm(d_model, layer_norm_eps, bias=bias) for _ in range(2))
        self.dropout1, self.dropout2 = Dropout(dropout), Dropout(dropout)
        self.norm_first, self.activation = norm_first, activation_of(activation)

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        def attend(x: Tensor) -> Tensor:
            out, _ = self.self_attn(
                x, x, x, src_key_padding_mask, need_weights=False, attn_mask=src_mask
            )
            return self.dropout1(out)

        def feed(x: Tensor) -> Tensor:
            return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))

        if self.norm_first:
            src = src + attend(self.norm1(src))
            return src + feed(self.norm2(src))
        src = self.norm1(src + attend(src))
        return self.norm2(src + feed(src))


class TransformerEncoder(Module):
    """num_layers copies of a layer, one after the other, and a norm if one is given."""

    def __init__(
        self, encoder_layer: Module, num_layers: int, norm: Module | None = None, **kwargs: Any
    ) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask)
        return src if self.norm is None else self.norm(src)
