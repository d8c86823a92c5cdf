"""Linear and Embedding."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.core.device import device as cpu
from minigrad.core.random import Generator
from minigrad.core.tensor import Tensor
from minigrad.errors import ArgumentError
from minigrad.functional.creation import empty
from minigrad.functional.index import embedding
from minigrad.functional.linalg import linear
from minigrad.nn import init
from minigrad.nn.module import Module, Parameter


def _positive(name: str, **sizes: Any) -> None:
    for label, n in sizes.items():
        if not isinstance(n, int | np.integer) or n < 1:
            raise ArgumentError(f"{name}: {label} must be a positive int, got {n!r}")


class Linear(Module):
    """(..., in_features) -> (..., out_features): input · weightᵀ + bias.

    weight (out, in) and bias (out) start from U(±1/√in), PyTorch's default (which is neither
    Xavier nor Kaiming: it divides the mean square by 3).
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        cpu.check(device)
        _positive("Linear", in_features=in_features, out_features=out_features)
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(empty(out_features, in_features, dtype=dtype))
        self.bias = Parameter(empty(out_features, dtype=dtype)) if bias else None
        self.reset_parameters(generator) if generator else self.reset_parameters()

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw weight and bias anew."""
        bound = 1 / math.sqrt(self.in_features)
        init.uniform_(self.weight, -bound, bound, generator=generator)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound, generator=generator)

    def forward(self, input: Tensor) -> Tensor:
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        bias = self.bias is not None
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={bias}"


class Embedding(Module):
    """Integers (...) -> rows of weight (num_embeddings, embedding_dim): (..., embedding_dim).

    weight starts from N(0, 1), the row of `padding_idx` from 0; that row gets no gradient.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        device: Any = None,
        dtype: Any = None,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        cpu.check(device)
        _positive("Embedding", num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ArgumentError(
                f"Embedding: padding_idx must be one of {num_embeddings} rows, got {padding_idx}"
            )
        self.padding_idx = padding_idx
        self.weight = Parameter(empty(num_embeddings, embedding_dim, dtype=dtype))
        self.reset_parameters(generator) if generator else self.reset_parameters()

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw the weight anew."""
        init.normal_(self.weight, generator=generator)
        if self.padding_idx is not None:
            self.weight.array[self.padding_idx] = 0

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None
    ) -> Embedding:
        """Rows that are there already, (rows, dim): its weight, which learns unless `freeze`."""
        rows, dim = embeddings.shape
        layer = cls(rows, dim, padding_idx, dtype=embeddings.dtype)
        layer.weight = Parameter(embeddings.detach(), requires_grad=not freeze)
        return layer

    def forward(self, input: Tensor) -> Tensor:
        return embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
