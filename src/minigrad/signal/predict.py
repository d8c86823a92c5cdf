"""Diverges, stalls or trains: the prediction, before anything is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from minigrad.signal.calibration import VERDICTS, odds
from minigrad.signal.configuration import OWN, Configuration
from minigrad.signal.curve import Together
from minigrad.signal.fate import Fate
from minigrad.signal.features import features_many
from minigrad.signal.optimizers import OPTIMIZERS
from minigrad.signal.quadrature import Array
from minigrad.signal.reasons import explain
from minigrad.signal.recurrence import Signal, propagate_many
from minigrad.signal.theory_curve import constant_kernel
from minigrad.signal.windows import TOY


@dataclass(frozen=True)
class Prediction(Fate):
    """What theory says of one configuration."""

    config: Configuration
    signal: Signal = field(repr=False)

    @cached_property
    def reason(self) -> str:
        """One sentence: which of the theory's numbers decided it."""
        return explain(self.config, self.signal, self.features, self.verdict)

    @property
    def forward(self) -> Array:
        """Mean square of each block's output at init, (depth,)."""
        return self.signal.forward.q

    @property
    def backward(self) -> Array:
        """Mean square at init of the loss's gradient (one example's) at each block's output."""
        return self.signal.backward.G

    @property
    def forward_band(self) -> Array:
        """Standard deviation over seeds of ln forward, (depth,): what width leaves to luck."""
        return self.signal.forward.spread

    @property
    def backward_band(self) -> Array:
        """Standard deviation over seeds of ln backward, (depth,)."""
        return self.signal.backward.spread

    @property
    def rates(self) -> tuple[float, float]:
        """The lowest and highest learning rate that a window is looked for in."""
        return OPTIMIZERS[self.config.optimizer].rates

    @property
    def changes(self) -> list[tuple[str, Configuration]]:
        """Single changes other than of the rate, from the smallest: a name and a configuration."""
        return _changes(self.config)

    def foretell(self, configs: Sequence[Configuration]) -> list[Prediction]:
        """The predictions of others."""
        return predict_many(configs)

    @property
    def by_depth(self) -> dict[str, Array]:
        """The signal's numbers by block, named for JSON."""
        names = ("forward", "forward_band", "backward", "backward_band")
        return {name: getattr(self, name) for name in names}


def predict(config: Configuration | None = None, /, **choices: Any) -> Prediction:
    """Predict the verdict of 300 steps on the labs' toy task, from theory at init.

    Of a `Configuration`, or of the values that make one: ``predict(depth=50, norm="rmsnorm")``;
    with both, the values replace the configuration's. For the network, the names and their values
    see `minigrad.signal.configuration.Configuration`, which raises ArgumentError for one that is
    not allowed. No training and no tape: a few milliseconds.
    """
    config = Configuration(**choices) if config is None else replace(config, **choices)
    return predict_many([config])[0]


def predict_many(configs: Sequence[Configuration]) -> list[Prediction]:
    """The prediction of each, all at once: of a thousand in about a second."""
    bands: dict[int, list[int]] = {}
    for j, config in enumerate(configs):  # of like depth, so that few wait for the deepest
        bands.setdefault(config.depth.bit_length(), []).append(j)
    found: dict[int, Prediction] = {}
    for band in bands.values():
        own = [configs[j] for j in band]
        nets: dict[tuple[Any, ...], int] = {}  # the signal at init knows no rate
        keys = [tuple(v for name, v in vars(c).items() if name != "lr") for c in own]
        columns = [nets.setdefault(key, len(nets)) for key in keys]
        first = dict(zip(reversed(columns), reversed(own), strict=True))
        signal = propagate_many([first[k] for k in range(len(nets))]).of(columns)
        known = features_many(own, signal)
        sgd = np.array([config.optimizer == "sgd" for config in own])
        alone = partial(constant_kernel, known, sgd)
        together = Together(known, odds(known), alone, TOY)
        for k, j in enumerate(band):
            fates = dict(zip(VERDICTS, together.odds[k].tolist(), strict=True))
            one, numbers = signal.of(k, own[k].depth), {n: float(x[k]) for n, x in known.items()}
            found[j] = Prediction(own[k], fates, one, numbers, together, k)
    return [found[j] for j in range(len(configs))]


def _changes(config: Configuration) -> list[tuple[str, Configuration]]:
    """Single changes other than of the rate, from the smallest."""
    out: list[tuple[str, Configuration]] = []
    for init in ("kaiming_normal", "xavier_normal", "orthogonal"):
        if init != config.init:
            out.append((f"init {init}", replace(config, init=init, gain=OWN, init_scale=OWN)))
    if config.norm == "none":
        out.append(("norm rmsnorm, pre", replace(config, norm="rmsnorm", placement="pre")))
    if config.residual != "scaled":
        out.append(("residual scaled", replace(config, residual="scaled")))
    if config.residual == "none":
        out.append(("residual plain", replace(config, residual="plain")))
    if config.norm != "none" and config.placement != "pre":
        out.append(("placement pre", replace(config, placement="pre")))
    for activation in ("relu", "tanh"):
        if activation != config.activation:
            out.append((f"activation {activation}", replace(config, activation=activation)))
    depth = config.depth // 2
    while depth >= 2:
        out.append((f"depth {depth}", replace(config, depth=depth)))
        depth //= 2
    return out
