"""The signal at init of any CharGPT, on random tokens."""

from __future__ import annotations

import numpy as np

from minigrad.errors import ArgumentError, meant
from minigrad.signal.transformer.recurrence import MATRICES, Moved, Networks, Signal, propagate

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
            near = meant(value, CHOICES[name])
            raise ArgumentError(f"{name} must be one of {allowed}, got {value!r}.{near}")
    for name, size in (("layers", layers), ("dim", dim), ("context", context), ("vocab", vocab)):
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ArgumentError(f"{name} must be a whole number ≥ 1, got {size!r}")
    std = embedding_std if embedding_std is not None else (0.02 if law == "gpt2" else 1.0)
    one = Networks(
        layers=np.array([layers]),
        dim=np.array([float(dim)]),
        norm=np.array([norm is not None]),
        pre=np.array([placement == "pre"]),
        ffn=np.array([ffn]),
        branch=np.array([residual_scale]),
        law=np.array([law]),
        embedding_std=np.array([std]),
        head_std=np.array([head_std]),
        context=context,
        vocab=vocab,
    )
    last = np.array([[name in ("proj", "down")] for name in MATRICES])
    moved = Moved(kick=-one.sigma2 * last) if zero_branches else None
    return propagate(one, moved, repeated=1 / vocab).of(0, layers)
