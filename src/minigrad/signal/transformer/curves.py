"""The signal at init of any CharGPT, on random tokens."""

from __future__ import annotations

import numpy as np

from minigrad.errors import ArgumentError
from minigrad.signal.transformer.recurrence import Shape, Signal, propagate, sigma2

CHOICES = {
    "norm": (None, "rmsnorm", "layernorm"),
    "placement": ("pre", "post"),
    "ffn": ("relu", "gelu", "swiglu"),
    "law": ("gpt2", "default", "xavier", "kaiming"),
}


def transformer(
    layers: int,
    *,
    vocab: int = 65,
    context: int = 64,
    dim: int = 64,
    norm: str | None = "rmsnorm",
    placement: str = "pre",
    ffn: str = "gelu",
    law: str = "default",
    embedding_std: float | None = None,
    head_std: float = 0.02,
    residual_scale: float = 1.0,
    zero_branches: bool = False,
) -> Signal:
    """The curves of a CharGPT with these arguments after `init_weights(law, …)`, tokens random.

    ``zero_branches`` starts the last matrix of each branch at 0. Raises ArgumentError, naming the
    allowed values, for one that is not.
    """
    given = {"norm": norm, "placement": placement, "ffn": ffn, "law": law}
    for name, value in given.items():
        if value not in CHOICES[name]:
            allowed = ", ".join(map(str, CHOICES[name]))
            raise ArgumentError(f"{name} must be one of {allowed}, got {value!r}")
    for name, size in (("layers", layers), ("dim", dim), ("context", context), ("vocab", vocab)):
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ArgumentError(f"{name} must be a whole number ≥ 1, got {size!r}")
    shape = Shape(
        layers, dim, norm is not None, placement == "pre", ffn, residual_scale, context, vocab
    )
    std = embedding_std if embedding_std is not None else (0.02 if law == "gpt2" else 1.0)
    last = np.array([1.0, 0.0, 1.0, 0.0]) if zero_branches else 1.0
    return propagate(shape, sigma2(law, shape) * last, std, head_std, repeated=1 / vocab)
