"""What `more` computes, as layers, with PyTorch's arguments and state."""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.core.random import Generator
from minigrad.core.tensor import Tensor, wrap
from minigrad.nn import init, more
from minigrad.nn.linear import Linear
from minigrad.nn.module import Module, Parameter


def _layer(
    name: str, function: Any, *positional: str, inplace: bool = False, **defaults: Any
) -> Any:
    """A layer without state: ``function(*inputs, **options)``, with the options it is made with:
    ``positional`` ones, and others by name."""
    places = (*positional, *(["inplace"] if inplace else []))

    def __init__(self: Any, *args: Any, **options: Any) -> None:
        Module.__init__(self)
        given = signature.bind(self, *args, **options)
        given.apply_defaults()
        self.options = {k: v for k, v in given.arguments.items() if k in defaults}

    def forward(self: Any, *inputs: Tensor) -> Tensor:
        return function(*inputs, **self.options)

    def extra_repr(self: Any) -> str:
        return ", ".join(f"{k}={v}" for k, v in self.options.items())

    kinds = inspect.Parameter
    listed = [kinds("self", kinds.POSITIONAL_OR_KEYWORD)]
    for option in (*places, *(n for n in defaults if n not in positional)):
        kind = kinds.POSITIONAL_OR_KEYWORD if option in places else kinds.KEYWORD_ONLY
        listed.append(kinds(option, kind, default=defaults.get(option, False)))
    signature = inspect.Signature(listed)
    __init__.__signature__ = signature  # type: ignore[attr-defined]
    body = {"__init__": __init__, "forward": forward, "extra_repr": extra_repr}
    return type(name, (Module,), {**body, "__doc__": function.__doc__, "__module__": __name__})


Softsign: Any = _layer("Softsign", more.softsign)
Tanhshrink: Any = _layer("Tanhshrink", more.tanhshrink)
LogSigmoid: Any = _layer("LogSigmoid", more.logsigmoid)
ReLU6: Any = _layer("ReLU6", more.relu6, inplace=True)
Hardsigmoid: Any = _layer("Hardsigmoid", more.hardsigmoid, inplace=True)
Hardswish: Any = _layer("Hardswish", more.hardswish, inplace=True)
SELU: Any = _layer("SELU", more.selu, inplace=True)
Mish: Any = _layer("Mish", more.mish, inplace=True)
CELU: Any = _layer("CELU", more.celu, "alpha", inplace=True, alpha=1.0)
GLU: Any = _layer("GLU", more.glu, "dim", dim=-1)
Softmin: Any = _layer("Softmin", more.softmin, "dim", dim=None)
Hardtanh: Any = _layer("Hardtanh", more.hardtanh, "min_val", "max_val", min_val=-1.0, max_val=1.0)
Threshold: Any = _layer(
    "Threshold", more.threshold, "threshold", "value", inplace=True,
    threshold=inspect.Parameter.empty, value=inspect.Parameter.empty,
)  # fmt: skip
CosineSimilarity: Any = _layer(
    "CosineSimilarity", more.cosine_similarity, "dim", "eps", dim=1, eps=1e-8
)
PairwiseDistance: Any = _layer(
    "PairwiseDistance", more.pairwise_distance, "p", "eps", "keepdim",
    p=2.0, eps=1e-6, keepdim=False,
)  # fmt: skip
HuberLoss: Any = _layer(
    "HuberLoss", more.huber_loss, "reduction", "delta", reduction="mean", delta=1.0
)
MarginRankingLoss: Any = _layer(
    "MarginRankingLoss", more.margin_ranking_loss, "margin", margin=0.0, reduction="mean"
)
HingeEmbeddingLoss: Any = _layer(
    "HingeEmbeddingLoss", more.hinge_embedding_loss, "margin", margin=1.0, reduction="mean"
)
CosineEmbeddingLoss: Any = _layer(
    "CosineEmbeddingLoss", more.cosine_embedding_loss, "margin", margin=0.0, reduction="mean"
)
TripletMarginLoss: Any = _layer(
    "TripletMarginLoss", more.triplet_margin_loss, "margin", "p", "eps", "swap",
    margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean",
)  # fmt: skip
PoissonNLLLoss: Any = _layer(
    "PoissonNLLLoss", more.poisson_nll_loss, "log_input", "full",
    log_input=True, full=False, eps=1e-8, reduction="mean",
)  # fmt: skip
GaussianNLLLoss: Any = _layer(
    "GaussianNLLLoss", more.gaussian_nll_loss, full=False, eps=1e-6, reduction="mean"
)


class PReLU(Module):
    """input where positive, weight · input elsewhere, with a weight that is learned."""

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        super().__init__()
        self.weight = Parameter(wrap(np.full(num_parameters, init, np.float32)))

    def forward(self, input: Tensor) -> Tensor:
        return more.prelu(input, self.weight)


class Unflatten(Module):
    """One dimension becomes several."""

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, input: Tensor) -> Tensor:
        dim = self.dim % input.ndim
        return input.reshape(*input.shape[:dim], *self.unflattened_size, *input.shape[dim + 1 :])


class GroupNorm(Module):
    """Groups of channels to mean 0 and variance 1, then a scale and a shift for each channel."""

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True
    ) -> None:
        super().__init__()
        self.num_groups, self.num_channels, self.eps = num_groups, num_channels, eps
        ones = np.ones(num_channels, np.float32)
        self.weight = Parameter(wrap(ones)) if affine else None
        self.bias = Parameter(wrap(ones * 0)) if affine else None

    def forward(self, input: Tensor) -> Tensor:
        return more.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)


class Bilinear(Module):
    """x1ᵀ W_o x2 + b_o for each output o; both uniform within 1/√in1."""

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        bound = 1 / math.sqrt(in1_features)
        shape = (out_features, in1_features, in2_features)
        self.weight = Parameter(wrap(np.empty(shape, np.float32)))
        init.uniform_(self.weight, -bound, bound, generator=generator)
        self.bias = Parameter(wrap(np.empty(out_features, np.float32))) if bias else None
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound, generator=generator)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return more.bilinear(input1, input2, self.weight, self.bias)


class LazyLinear(Linear):
    """A Linear whose inputs are counted when it first sees one: until then it has no weights, so
    make the optimizer after a first forward pass."""

    def __init__(self, out_features: int, bias: bool = True) -> None:
        Module.__init__(self)
        self.out_features, self.with_bias, self.in_features = out_features, bias, 0

    def forward(self, input: Tensor) -> Tensor:
        if not self.in_features:
            made = Linear(input.shape[-1], self.out_features, bias=self.with_bias)
            self.in_features, self.weight, self.bias = input.shape[-1], made.weight, made.bias
        return super().forward(input)
