"""Causal multi-head self-attention."""

from minigrad.core.tensor import Tensor
from minigrad.errors import ArgumentError
from minigrad.functional.attention import scaled_dot_product_attention
from minigrad.nn.linear import Linear
from minigrad.nn.module import Module


class CausalSelfAttention(Module):
    """(B, T, dim) -> (B, T, dim); position t mixes the values of positions 0 … t.

    Per head softmax(q kᵀ / √(dim/heads)) v (Vaswani et al. 2017, eq. 1), heads side by side, then
    one linear map. State: `qkv` (dim → 3·dim: queries, keys, values), `proj` (dim → dim). Raises
    ArgumentError where `heads` does not divide `dim`.
    """

    def __init__(self, dim: int, heads: int, *, bias: bool = True) -> None:
        super().__init__()
        if heads < 1 or dim % heads:
            raise ArgumentError(f"dim must be a multiple of heads, got dim={dim}, heads={heads}.")
        self.heads = heads
        self.qkv = Linear(dim, 3 * dim, bias=bias)
        self.proj = Linear(dim, dim, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        B, T, D = x.shape
        qkv = self.qkv(x).reshape(B, T, 3, self.heads, D // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # (B, heads, T, D / heads) each
        mixed = scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(mixed.transpose(1, 2).reshape(B, T, D))
