"""A small GPT whose branches follow one rule, with one share (lab 09)."""

from collections.abc import Callable

import minigrad
from minigrad import Generator, Tensor, nn
from minigrad.data.text import Corpus
from minigrad.lab.language import small_gpt
from minigrad.models.char_gpt import CharGPT
from minigrad.nn import functional as F
from minigrad.nn import init

# x, the branch f, the norm at its place and one more, the share
RULES: dict[str, Callable[..., Tensor]] = {
    "no norm": lambda x, f, norm, again, s: x + s * f(x),
    "post-norm": lambda x, f, norm, again, s: norm(x + s * f(x)),
    "pre-norm": lambda x, f, norm, again, s: x + s * f(norm(x)),
    "sandwich norm": lambda x, f, norm, again, s: x + s * again(f(norm(x))),
    "norm of the branch": lambda x, f, norm, again, s: x + s * norm(f(x)),
}


class Branch(nn.Module):
    """One branch beside the path. (B, T, d) -> (B, T, d)"""

    def __init__(
        self,
        f: nn.Module,
        dim: int,
        rule: str,
        share: float | None,
        norm: Callable[[int], nn.Module] = nn.LayerNorm,
    ) -> None:
        super().__init__()
        self.f, self.rule = f, RULES[rule]
        self.norm = nn.Identity() if rule == "no norm" else norm(dim)
        self.again = norm(dim) if rule == "sandwich norm" else nn.Identity()
        self.share = nn.Parameter(minigrad.zeros(1)) if share is None else share

    def forward(self, x: Tensor) -> Tensor:
        return self.rule(x, self.f, self.norm, self.again, self.share)


class DyT(nn.Module):
    """γ tanh(αx) + β in a norm's place (Zhu et al. 2025)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(minigrad.full((1,), 0.5))
        self.weight, self.bias = (nn.Parameter(f(dim)) for f in (minigrad.ones, minigrad.zeros))

    def forward(self, x: Tensor) -> Tensor:
        return minigrad.tanh(self.alpha * x) * self.weight + self.bias


class QKNorm(nn.Module):
    """Attention whose queries and keys are normalized, head by head (Henry et al. 2020)."""

    def __init__(self, attention: nn.Module, dim: int) -> None:
        super().__init__()
        self.inner, size = attention, dim // attention.heads
        self.q, self.k = (nn.RMSNorm(size, eps=1e-5) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        B, T, D = x.shape
        heads = self.inner.heads
        q, k, v = self.inner.qkv(x).reshape(B, T, 3, heads, D // heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(self.q(q), self.k(k), v, is_causal=True)
        return self.inner.proj(mixed.transpose(1, 2).reshape(B, T, D))


def network(
    text: Corpus, seed: int, layers: int, rule: str, share: float | None, special: str = ""
) -> CharGPT:
    """A small GPT whose branches follow the rule; under "no norm" no final norm either.

    share: None for one that is learned, and starts at 0. special: "qk", "dyt", "deepnorm" or
    "fixup", what else is changed.
    """
    dim, placement = 32, "post" if rule == "post-norm" else "pre"
    model = small_gpt(text, seed, layers=layers, dim=dim, norm="layernorm", placement=placement)
    norm = DyT if special == "dyt" else nn.LayerNorm
    if rule == "no norm" or special == "dyt":
        model.norm = DyT(dim) if special == "dyt" else nn.Identity()
    if special == "deepnorm":  # Wang et al. 2022, a decoder's α and β
        share, gain, draw = (2 * layers) ** -0.25, (8 * layers) ** -0.25, Generator(seed)
    for block in model.blocks:
        qkv, proj, up, down = (
            *(block.attention.qkv.weight, block.attention.proj.weight),
            *(block.ffn.up.weight, block.ffn.down.weight),
        )
        if special == "deepnorm":
            for weight, size in ((qkv, 1.0), (proj, gain), (up, gain), (down, gain)):
                init.xavier_normal_(weight, gain=size, generator=draw)
            qkv.array[2 * dim :] *= gain  # values, not queries and keys
        if special == "fixup":  # Zhang et al. 2019: two matrices a branch, 2L branches
            for weight in (qkv, up):
                weight.array *= (2 * layers) ** -0.5
            for weight in (proj, down):
                weight.array[...] = 0
    model.blocks = nn.ModuleList(
        nn.Sequential(
            Branch(QKNorm(b.attention, dim) if special == "qk" else b.attention, *how),
            Branch(b.ffn, *how),
        )
        for b in model.blocks
        for how in [(dim, rule, share, norm)]
    )
    return model
