"""Diverges, stalls or trains: the prediction for a transformer, before anything is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from minigrad.signal.calibration import VERDICTS, calibration, odds
from minigrad.signal.curve import Together
from minigrad.signal.fate import Fate
from minigrad.signal.quadrature import Array
from minigrad.signal.transformer.configuration import CHARACTERS, RATES, TransformerConfiguration
from minigrad.signal.transformer.dynamics import networks
from minigrad.signal.transformer.features import features_many
from minigrad.signal.transformer.reasons import explain
from minigrad.signal.transformer.recurrence import Signal, propagate
from minigrad.signal.transformer.theory_curve import two_plateaus


@dataclass(frozen=True)
class TransformerPrediction(Fate):
    """What theory says of one configuration; as `minigrad.predict` of an MLP."""

    config: TransformerConfiguration
    signal: Signal = field(repr=False)

    @cached_property
    def reason(self) -> str:
        """One sentence: which of the theory's numbers decided it."""
        return explain(self.config, self.signal, self.features, self.verdict)

    @property
    def forward(self) -> Array:
        """Mean square of the stream after each block at init, (layers,)."""
        return self.signal.q[2::2]

    @property
    def backward(self) -> Array:
        """Mean square at init of the loss's gradient (one position's) after each block."""
        return self.signal.G[2::2]

    @property
    def alike(self) -> Array:
        """1 − cos of two positions of one sequence after each block at init, (layers,)."""
        return self.signal.alike[2::2]

    @property
    def rates(self) -> tuple[float, float]:
        """The lowest and highest learning rate that a window is looked for in."""
        return RATES[self.config.optimizer]

    @property
    def changes(self) -> list[tuple[str, TransformerConfiguration]]:
        """Single changes other than of the rate, from the smallest: a name and a configuration."""
        return _changes(self.config)

    def foretell(self, configs: Sequence[TransformerConfiguration]) -> list[TransformerPrediction]:
        """The predictions of others."""
        return predict_transformers(configs)

    @property
    def by_depth(self) -> dict[str, Array]:
        """The signal's numbers by block, named for JSON."""
        return {name: getattr(self, name) for name in ("forward", "backward", "alike")}


def predict_transformer(
    config: TransformerConfiguration | None = None, /, **choices: Any
) -> TransformerPrediction:
    """Predict the verdict of 200 steps on Tiny Shakespeare's characters, from theory at init.

    Of a `TransformerConfiguration`, or of the values that make one: ``predict_transformer(layers=8,
    norm="layernorm", placement="post", lr=5e-3)``; with both, the values replace the
    configuration's. For the network, the names and their values see
    `minigrad.signal.transformer.configuration.TransformerConfiguration`, which raises
    ArgumentError for one that is not allowed. No training and no tape.
    """
    config = TransformerConfiguration(**choices) if config is None else replace(config, **choices)
    return predict_transformers([config])[0]


def predict_transformers(
    configs: Sequence[TransformerConfiguration],
) -> list[TransformerPrediction]:
    """The prediction of each, all at once."""
    if not configs:
        return []
    signal = propagate(networks(configs))
    known = features_many(configs, signal)
    alone = partial(two_plateaus, known, configs)
    shares = odds(known, calibration("transformer"))
    together = Together(known, shares, alone, CHARACTERS, "transformer")
    rows = zip(*(x.tolist() for x in known.values()), strict=True)
    return [
        TransformerPrediction(
            config,
            dict(zip(VERDICTS, share.tolist(), strict=True)),
            signal.of(j, config.layers),
            dict(zip(known, row, strict=True)),
            together,
            j,
        )
        for j, (config, share, row) in enumerate(zip(configs, shares, rows, strict=True))
    ]


def _changes(config: TransformerConfiguration) -> list[tuple[str, TransformerConfiguration]]:
    """Single changes other than of the rate, from the smallest."""
    out = [
        (f"warmup {steps}", replace(config, warmup=steps))
        for steps in (20, 100)
        if steps > config.warmup
    ]
    if config.clip is None:
        out.append(("clip 1", replace(config, clip=1.0)))
    if config.residual == "plain":
        out.append(("residual scaled", replace(config, residual="scaled")))
    out += [
        (f"init {init}", replace(config, init=init))
        for init in ("default", "xavier", "gpt2")
        if init != config.init
    ]
    if config.norm == "none":
        out.append(("norm layernorm, pre", replace(config, norm="layernorm", placement="pre")))
    elif config.placement != "pre":
        out.append(("placement pre", replace(config, placement="pre")))
    layers = config.layers // 2
    while layers >= 1:
        out.append((f"layers {layers}", replace(config, layers=layers)))
        layers //= 2
    return out
