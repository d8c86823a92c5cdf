"""A configuration of the family whose fate is predicted: its values are checked as it is made."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from minigrad.errors import ArgumentError, meant
from minigrad.signal.moments import ACTIVATIONS
from minigrad.signal.norms import NORMS
from minigrad.signal.optimizers import OPTIMIZERS
from minigrad.signal.weights import DEFAULT_GAIN, DEFAULT_SCALE, INITS, weight_variance

INPUTS, CLASSES = 256, 2  # of the toy task
STEPS, BATCH = 300, 64  # of a run on it

# each from the table that implements it, where there is one
CHOICES: dict[str, tuple[str, ...]] = {
    "activation": tuple(ACTIVATIONS),
    "init": tuple(INITS),
    "norm": tuple(NORMS),
    "placement": ("pre", "post", "mid"),
    "residual": ("none", "plain", "scaled"),
    "optimizer": tuple(OPTIMIZERS),
}
LARGEST = 1e30  # its square, and what 256 of them add up to, is still a float
RANGES = {"depth": (1, 1000), "width": (2, 16384)}
OWN: Any = None  # the init's own


def _choice(name: str, default: str) -> Any:
    return field(default=default, metadata={"help": ", ".join(CHOICES[name])})


def _number(default: Any, about: str) -> Any:
    return field(default=default, metadata={"help": about})


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """One network of the family and how it is trained.

    Block 1 is Linear(256 → width) and the activation φ; blocks 2…depth are

        pre   h ← [h +] s·φ(W·N(h)), and a last N before the head
        mid   h ← [h +] s·φ(N(W·h))
        post  h ← N([h +] s·φ(W·h))

    then a head Linear(width → 2). residual "none" leaves h out, "plain" has s = 1, "scaled"
    s = 1/√depth. Every weight has the same init, biases start at 0. sgd has momentum 0.9, adam
    its defaults. ``init_scale`` is uniform's bound (0.5), normal's (0.01) or trunc_normal's (0.02)
    standard deviation, 0 for the others; ``gain`` the factor of Kaiming (√2), Xavier, LeCun and
    orthogonal (1), 1 for the others; None takes the init's own.

    Raises ArgumentError, naming the allowed values, for one that is not.
    """

    depth: int = field(metadata={"help": "Blocks before the head."})
    width: int = _number(128, "Neurons per block.")
    activation: str = _choice("activation", "relu")
    init: str = _choice("init", "kaiming_normal")
    init_scale: float = _number(OWN, "uniform's bound (0.5), normal's std (0.01).")
    gain: float = _number(OWN, "Factor of kaiming (√2), xavier and orthogonal (1).")
    norm: str = _choice("norm", "none")
    placement: str = _choice("placement", "pre")
    residual: str = _choice("residual", "none")
    optimizer: str = _choice("optimizer", "sgd")
    lr: float = _number(1e-2, "Learning rate.")

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if (value := getattr(self, name)) not in allowed:
                why = (
                    " (theory needs weights drawn at random, mean 0; or all 0)"
                    if name == "init"
                    else ""
                )
                raise ArgumentError(
                    f"{name} must be one of {', '.join(allowed)}{why}, got {value!r}."
                    f"{meant(value, allowed)}"
                )
        for name, (low, high) in RANGES.items():
            size = getattr(self, name)
            if isinstance(size, bool) or not isinstance(size, int) or not low <= size <= high:
                raise ArgumentError(
                    f"{name} must be a whole number from {low} to {high}, got {size!r}"
                )
        own = {
            "init_scale": DEFAULT_SCALE.get(self.init, 0.0),
            "gain": DEFAULT_GAIN.get(self.init, 1.0),
            "lr": self.lr,
        }
        for name, default in own.items():
            number = default if getattr(self, name) is None else getattr(self, name)
            if not isinstance(number, (int, float)) or not 0 <= number <= LARGEST:
                raise ArgumentError(
                    f"{name} must be a finite number from 0 to {LARGEST:g}, got {number!r}"
                )
            object.__setattr__(self, name, float(number))
        if self.init not in DEFAULT_SCALE and self.init_scale != own["init_scale"]:
            raise ArgumentError(
                f"init_scale belongs to {', '.join(DEFAULT_SCALE)}; {self.init} is scaled by gain"
            )
        if self.init in DEFAULT_SCALE and self.gain != own["gain"]:
            raise ArgumentError(f"{self.init} is scaled by init_scale, not by gain")
        if self.lr <= 0:
            raise ArgumentError(f"lr must be > 0, got {self.lr!r}")

    @property
    def skip(self) -> float:
        """1 with a residual connection, 0 without."""
        return 0.0 if self.residual == "none" else 1.0

    @property
    def branch_scale(self) -> float:
        """s, the factor on the residual branch."""
        return 1 / math.sqrt(self.depth) if self.residual == "scaled" else 1.0

    def variance(self, fan_in: int, fan_out: int) -> float:
        """Var W of an entry of one of its weights."""
        return weight_variance(self.init, fan_in, fan_out, self.init_scale, self.gain)

    def sigma2(self, fan_in: int, fan_out: int) -> float:
        """σ_w² = fan_in · Var W."""
        return fan_in * self.variance(fan_in, fan_out)

    def as_dict(self) -> dict[str, Any]:
        """Its values by name."""
        return asdict(self)
