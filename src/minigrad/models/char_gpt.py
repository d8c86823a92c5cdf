"""A character language model of transformer blocks."""

from typing import Literal

import numpy as np

from minigrad.core.mode import no_grad
from minigrad.core.random import Generator, rng
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import ArgumentError, ShapeError
from minigrad.nn import init
from minigrad.nn.container import ModuleList
from minigrad.nn.linear import Embedding, Linear
from minigrad.nn.module import Module
from minigrad.nn.transformer import FFN, Norm, Placement, TransformerBlock, make_norm

InitLaw = Literal["gpt2", "default", "xavier", "kaiming"]


class CharGPT(Module):
    """A character language model: ids (B, T), T ≤ context, to logits (B, T, vocab).

    Token and position embeddings, `layers` blocks, a final norm (pre-norm only: post-norm ends in
    one already), a linear head. `tied=True` uses the token embedding as the head's weight (Press
    & Wolf 2017).

    The state_dict's names, in order, i counting blocks (biases absent with `bias=False`, LayerNorm
    adds `norm….bias`, SwiGLU `ffn.gate`, norm=None has no norms):
    `token_embedding.weight` (vocab, dim) · `position_embedding.weight` (context, dim) ·
    `blocks.i.norm1.weight` (dim) · `blocks.i.attention.qkv.weight` (3·dim, dim) and `.bias` ·
    `blocks.i.attention.proj.weight` (dim, dim) and `.bias` · `blocks.i.norm2.weight` (dim) ·
    `blocks.i.ffn.up.weight` (4·dim, dim) and `.bias` · `blocks.i.ffn.down.weight` (dim, 4·dim)
    and `.bias` · `norm.weight` (dim) · `head.weight` (vocab, dim).
    """

    def __init__(
        self,
        vocab: int,
        *,
        context: int = 64,
        dim: int = 64,
        heads: int = 4,
        layers: int = 4,
        norm: Norm | None = "rmsnorm",
        placement: Placement = "pre",
        ffn: FFN = "gelu",
        residual_scale: float = 1.0,
        bias: bool = True,
        tied: bool = False,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        self.context = context
        self.token_embedding = Embedding(vocab, dim)
        self.position_embedding = Embedding(context, dim)
        self.blocks = ModuleList(
            TransformerBlock(
                dim,
                heads,
                norm=norm,
                placement=placement,
                ffn=ffn,
                residual_scale=residual_scale,
                bias=bias,
            )
            for _ in range(layers)
        )
        self.norm = make_norm(norm if placement == "pre" else None, dim)
        self.head = Linear(dim, vocab, bias=False)
        if tied:
            self.head.weight = self.token_embedding.weight
        self.init_weights(generator=generator)

    def forward(self, ids: Tensor) -> Tensor:
        if ids.ndim != 2 or not 0 < ids.shape[1] <= self.context:
            raise ShapeError(
                f"CharGPT takes ids of shape (batch, length) with length 1 … {self.context} (its "
                f"context), got {tuple(ids.shape)}."
            )
        positions = wrap(np.arange(ids.shape[1]))
        x = self.token_embedding(ids) + self.position_embedding(positions)  # (B, T, dim)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))

    def init_weights(
        self,
        law: InitLaw = "gpt2",
        *,
        embedding_std: float | None = None,
        head_std: float = 0.02,
        generator: Generator | None = None,
    ) -> None:
        """Draw every matrix from a normal law, and set biases to zero.

        - "gpt2": std 0.02, the two maps back into the residual stream 0.02/√(2·layers)
          (Radford et al. 2019), embeddings 0.02;
        - "default": variance 1/(3·fan_in), that of nn.Linear's default; embeddings N(0, 1);
        - "xavier", "kaiming": nn.init's normal laws for the blocks; embeddings N(0, 1).
        """
        laws = ("gpt2", "default", "xavier", "kaiming")
        if law not in laws:
            raise ArgumentError(f"the init law must be one of {', '.join(laws)}, got {law!r}.")
        if embedding_std is None:
            embedding_std = 0.02 if law == "gpt2" else 1.0
        into_stream = [layer for block in self.blocks for layer in block.into_stream()]
        for layer in self.modules():
            if isinstance(layer, Embedding):
                init.normal_(layer.weight, std=embedding_std, generator=generator)
            if not isinstance(layer, Linear):
                continue
            if layer.bias is not None:
                init.zeros_(layer.bias)
            if layer is self.head:
                if layer.weight is not self.token_embedding.weight:
                    init.normal_(layer.weight, std=head_std, generator=generator)
            elif law == "xavier":
                init.xavier_normal_(layer.weight, generator=generator)
            elif law == "kaiming":
                init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
            elif law == "default":
                std = (3 * layer.in_features) ** -0.5
                init.normal_(layer.weight, std=std, generator=generator)
            else:
                std = 0.02 * ((2 * len(self.blocks)) ** -0.5 if layer in into_stream else 1)
                init.normal_(layer.weight, std=std, generator=generator)

    @no_grad()
    def generate(
        self,
        ids: Tensor,
        length: int,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        generator: Generator | None = None,
    ) -> Tensor:
        """Write on, ids (B, T) to (B, T + length), each drawn from softmax(logits / temperature).

        Only the last `context` ids are seen. `top_k` keeps the k likeliest; `temperature=0` always
        takes the likeliest. Raises ShapeError unless ids are (B, T), ArgumentError for a negative
        temperature or top_k < 1.
        """
        if ids.ndim != 2:
            raise ShapeError(
                f"generate takes ids of shape (batch, length), got {tuple(ids.shape)}."
            )
        if not temperature >= 0 or (top_k is not None and top_k < 1):
            raise ArgumentError(
                f"generate needs temperature ≥ 0 and top_k ≥ 1, got {temperature} and {top_k}."
            )
        random = rng(generator)
        text = np.asarray(ids.array)
        for _ in range(length):
            logits = self(wrap(text[:, -self.context :])).array[:, -1].astype(np.float64)
            if temperature == 0:
                following = logits.argmax(axis=1)
            else:
                if top_k is not None and top_k < logits.shape[1]:
                    least = np.partition(logits, -top_k, axis=1)[:, -top_k, None]
                    logits = np.where(logits < least, -np.inf, logits)
                # the largest of logits + Gumbel noise is a draw from their softmax
                noise = random.gumbel(size=logits.shape)
                following = (logits / temperature + noise).argmax(axis=1)
            text = np.concatenate([text, following[:, None]], axis=1)
        return wrap(text)
