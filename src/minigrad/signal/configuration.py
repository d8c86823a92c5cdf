"""A configuration of the family whose fate is predicted, with every value checked."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from minigrad.errors import ArgumentError
from minigrad.signal.moments import ACTIVATIONS
from minigrad.signal.weights import DEFAULT_GAIN, DEFAULT_SCALE, INITS, weight_variance

INPUTS, CLASSES = 256, 2  # of the toy task

CHOICES = {
    "activation": ACTIVATIONS,
    "init": INITS,
    "norm": ("none", "layernorm", "rmsnorm"),
    "placement": ("pre", "post", "mid"),
    "residual": ("none", "plain", "scaled"),
    "optimizer": ("sgd", "adam"),
}
LARGEST = 1e30  # its square, and what 256 of them add up to, is still a float
RANGES = {"depth": (1, 1000), "width": (2, 16384)}


@dataclass(frozen=True)
class Configuration:
    """One network of the family and how it is trained.

    Block 1 is Linear(256 → width) and the activation φ; blocks 2…depth are

        pre   h ← [h +] s·φ(W·N(h)), and a last N before the head
        mid   h ← [h +] s·φ(N(W·h))
        post  h ← N([h +] s·φ(W·h))

    then a head Linear(width → 2). residual "none" leaves h out, "plain" has s = 1, "scaled"
    s = 1/√depth. Every weight has the same init, biases start at 0. sgd has momentum 0.9.
    """

    depth: int
    width: int = 128
    activation: str = "relu"
    init: str = "kaiming_normal"
    init_scale: float = 0.0
    gain: float = 1.0
    norm: str = "none"
    placement: str = "pre"
    residual: str = "none"
    optimizer: str = "sgd"
    lr: float = 1e-2

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


def configuration(
    *,
    depth: int,
    width: int = 128,
    activation: str = "relu",
    init: str = "kaiming_normal",
    init_scale: float | None = None,
    gain: float | None = None,
    norm: str = "none",
    placement: str = "pre",
    residual: str = "none",
    optimizer: str = "sgd",
    lr: float = 1e-2,
) -> Configuration:
    """A checked Configuration; ``init_scale`` and ``gain`` left out take the init's own.

    Raises ArgumentError, naming the allowed values, for one that is not.
    """
    given = {
        "activation": activation,
        "init": init,
        "norm": norm,
        "placement": placement,
        "residual": residual,
        "optimizer": optimizer,
    }
    for name, value in given.items():
        if value not in CHOICES[name]:
            why = (
                " (theory needs weights drawn at random, mean 0; or all 0)"
                if name == "init"
                else ""
            )
            allowed = ", ".join(CHOICES[name])
            raise ArgumentError(f"{name} must be one of {allowed}{why}, got {value!r}")
    for name, size in (("depth", depth), ("width", width)):
        low, high = RANGES[name]
        if isinstance(size, bool) or not isinstance(size, int) or not low <= size <= high:
            raise ArgumentError(f"{name} must be a whole number from {low} to {high}, got {size!r}")
    scale = DEFAULT_SCALE.get(init, 0.0) if init_scale is None else init_scale
    factor = DEFAULT_GAIN.get(init, 1.0) if gain is None else gain
    for name, number in (("init_scale", scale), ("gain", factor), ("lr", lr)):
        if not isinstance(number, (int, float)) or not 0 <= number <= LARGEST:
            raise ArgumentError(
                f"{name} must be a finite number from 0 to {LARGEST:g}, got {number!r}"
            )
    if init_scale is not None and init not in DEFAULT_SCALE:
        raise ArgumentError(
            f"init_scale belongs to {', '.join(DEFAULT_SCALE)}; {init} is scaled by gain"
        )
    if gain is not None and init in DEFAULT_SCALE:
        raise ArgumentError(f"{init} is scaled by init_scale, not by gain")
    if lr <= 0:
        raise ArgumentError(f"lr must be > 0, got {lr!r}")
    return Configuration(
        depth=depth, width=width, init_scale=float(scale), gain=float(factor), lr=float(lr), **given
    )
