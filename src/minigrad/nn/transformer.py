"""The transformer block and its feed-forward."""

from typing import Literal

from minigrad.core.tensor import Tensor
from minigrad.errors import ArgumentError
from minigrad.functional.activation import gelu, relu, silu
from minigrad.nn.activation import Identity
from minigrad.nn.attention import CausalSelfAttention
from minigrad.nn.linear import Linear
from minigrad.nn.module import Module
from minigrad.nn.norm import LayerNorm, RMSNorm
from minigrad.nn.residual import post_norm, pre_norm

Norm = Literal["rmsnorm", "layernorm"]
Placement = Literal["pre", "post"]
FFN = Literal["relu", "gelu", "swiglu"]


def make_norm(norm: Norm | None, dim: int, eps: float = 1e-5) -> Module:
    """The norm of that name over the last dimension; the identity for None."""
    kinds = {"rmsnorm": RMSNorm, "layernorm": LayerNorm}
    if norm is None:
        return Identity()
    if norm not in kinds:
        raise ArgumentError(f"norm must be 'rmsnorm', 'layernorm' or None, got {norm!r}.")
    return kinds[norm](dim, eps=eps)


class FeedForward(Module):
    """(…, dim) -> (…, dim), each position by itself: down(φ(up(x))), φ = ReLU or GELU.

    "swiglu" is down(SiLU(gate(x)) · up(x)) (Shazeer 2020). `hidden` is 4·dim, for SwiGLU 8·dim/3,
    so that its three matrices hold as many weights as the others' two.
    """

    def __init__(self, dim: int, kind: FFN = "gelu", *, bias: bool = True) -> None:
        super().__init__()
        if kind not in ("relu", "gelu", "swiglu"):
            raise ArgumentError(f"ffn must be 'relu', 'gelu' or 'swiglu', got {kind!r}.")
        hidden = round(8 * dim / 3) if kind == "swiglu" else 4 * dim
        self.kind = kind
        self.up = Linear(dim, hidden, bias=bias)
        if kind == "swiglu":
            self.gate = Linear(dim, hidden, bias=bias)
        self.down = Linear(hidden, dim, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        if self.kind == "swiglu":
            return self.down(silu(self.gate(x)) * self.up(x))
        return self.down(relu(self.up(x)) if self.kind == "relu" else gelu(self.up(x)))


class TransformerBlock(Module):
    """Attention, then FFN, each beside a residual path: (B, T, dim) -> (B, T, dim).

    pre:  x ← x + s·f(N(x))      the residual path is never normalized (Xiong et al. 2020)
    post: x ← N(x + s·f(x))      as in Vaswani et al. 2017

    with s = `residual_scale` and N = `norm`. State: `norm1`, `attention`, `norm2`, `ffn`.
    """

    def __init__(
        self,
        dim: int,
        heads: int,
        *,
        norm: Norm | None = "rmsnorm",
        placement: Placement = "pre",
        ffn: FFN = "gelu",
        residual_scale: float = 1.0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if placement not in ("pre", "post"):
            raise ArgumentError(f"placement must be 'pre' or 'post', got {placement!r}.")
        self.placement, self.residual_scale = placement, residual_scale
        self.norm1 = make_norm(norm, dim)
        self.attention = CausalSelfAttention(dim, heads, bias=bias)
        self.norm2 = make_norm(norm, dim)
        self.ffn = FeedForward(dim, ffn, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        place = pre_norm if self.placement == "pre" else post_norm
        x = place(x, self.norm1, self.attention, self.residual_scale)
        return place(x, self.norm2, self.ffn, self.residual_scale)

    def into_stream(self) -> tuple[Linear, Linear]:
        """The two maps whose outputs are added to the residual path."""
        return self.attention.proj, self.ffn.down
