"""A transformer of the family whose fate is predicted, and how it is trained; checked as made."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from minigrad.errors import ArgumentError, meant
from minigrad.signal.draw import log_uniform
from minigrad.signal.optimizers import MOMENTUM as MOMENTUM
from minigrad.signal.windows import WINDOWS, Task

VOCAB, CONTEXT, BATCH, HEADS = 65, 32, 8, 4  # Tiny Shakespeare's characters
STEPS = 200  # of a run
ENTROPY = 3.347  # nats: the loss of guessing characters by their frequency
CHARACTERS = Task((*WINDOWS[:9], (STEPS - 16, STEPS)), ENTROPY)
HEAD_STD = 0.02  # of the head's weights, whatever the init

CHOICES: dict[str, tuple[Any, ...]] = {
    "dim": (32, 48, 64),
    "norm": ("none", "layernorm", "rmsnorm"),
    "placement": ("pre", "post"),
    "ffn": ("relu", "gelu", "swiglu"),
    "init": ("default", "xavier", "gpt2", "kaiming"),
    "residual": ("plain", "scaled"),
    "optimizer": ("adam", "sgd"),
}
LAYERS = (1, 24)
RATES = {"adam": (1e-4, 0.1), "sgd": (1e-3, 3.0)}  # of the recorded draws, and of a window
WARMUPS, CLIPS = (0, 20, 100), (None, 1.0)  # of the draws
LARGEST_RATE = 1e6


def _choice(name: str, default: Any) -> Any:
    return field(default=default, metadata={"help": ", ".join(map(str, CHOICES[name]))})


@dataclass(frozen=True, kw_only=True)
class TransformerConfiguration:
    """One `models.CharGPT` and how it is trained on Tiny Shakespeare's characters.

    Blocks of attention and FFN, each branch f beside the stream, with s = 1 (residual "plain") or
    1/√(2·layers) ("scaled"):

        pre   x ← x + s·f(N(x)), and a last N before the head
        post  x ← N(x + s·f(x))

    ``init`` is a law of `CharGPT.init_weights`. Context 32, batch 8, 4 heads, 200 steps; sgd has
    momentum 0.9, adam its defaults; the rate rises linearly over ``warmup`` steps and is constant
    then; ``clip`` bounds the gradient's norm, None leaves it.

    Raises ArgumentError, naming the allowed values, for one that is not.
    """

    layers: int = field(metadata={"help": f"Blocks, {LAYERS[0]} to {LAYERS[1]}."})
    dim: int = _choice("dim", 48)
    norm: str = _choice("norm", "layernorm")
    placement: str = _choice("placement", "pre")
    ffn: str = _choice("ffn", "gelu")
    init: str = _choice("init", "default")
    residual: str = _choice("residual", "plain")
    optimizer: str = _choice("optimizer", "adam")
    lr: float = field(default=1e-3, metadata={"help": "Learning rate."})
    warmup: int = field(default=0, metadata={"help": "Steps over which the rate rises to lr."})
    clip: float | None = field(default=None, metadata={"help": "Bound on the gradient's norm."})

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if (value := getattr(self, name)) not in allowed or isinstance(value, bool):
                names = ", ".join(map(str, allowed))
                near = meant(value, allowed)
                raise ArgumentError(f"{name} must be one of {names}, got {value!r}.{near}")
        for name, (low, high) in {"layers": LAYERS, "warmup": (0, STEPS)}.items():
            size = getattr(self, name)
            if isinstance(size, bool) or not isinstance(size, int) or not low <= size <= high:
                raise ArgumentError(
                    f"{name} must be a whole number from {low} to {high}, got {size!r}"
                )
        for name in ("lr", "clip"):
            number = getattr(self, name)
            if name == "clip" and number is None:
                continue
            fits = isinstance(number, int | float) and not isinstance(number, bool)
            if not fits or not 0 < number <= LARGEST_RATE:
                raise ArgumentError(
                    f"{name} must be a number > 0 and ≤ {LARGEST_RATE:g}"
                    f"{' (or None)' if name == 'clip' else ''}, got {number!r}"
                )
            object.__setattr__(self, name, float(number))

    @property
    def branch_scale(self) -> float:
        """s, the factor on each branch."""
        return 1 / math.sqrt(2 * self.layers) if self.residual == "scaled" else 1.0

    def as_dict(self) -> dict[str, Any]:
        """Its values by name."""
        return asdict(self)


def draw_transformers(
    kind: str, count: int, seed: int
) -> Iterator[tuple[TransformerConfiguration, int]]:
    """``count`` configurations, each with the seed of its run.

    Layers and rate log-uniform, the rest uniform over the choices; ``kind`` has one value, "wild".
    """
    rng = np.random.default_rng([2, seed])  # 0 and 1 are the MLPs'
    for _ in range(count):
        layers = round(log_uniform(rng, *LAYERS))
        picked = {name: rng.choice(allowed).item() for name, allowed in CHOICES.items()}
        lr = float(f"{log_uniform(rng, *RATES[picked['optimizer']]):.3g}")
        warmup = WARMUPS[int(rng.integers(len(WARMUPS)))]
        clip = CLIPS[int(rng.integers(len(CLIPS)))]
        config = TransformerConfiguration(layers=layers, lr=lr, warmup=warmup, clip=clip, **picked)
        yield config, int(rng.integers(2**31))
