"""The families of networks that a sweep runs: what a configuration is, and how one is trained."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from minigrad.errors import ArgumentError
from minigrad.lab.trainability import train
from minigrad.lab.transformer_trainability import train_transformer
from minigrad.signal import configuration as mlp
from minigrad.signal.transformer import configuration as transformer
from minigrad.signal.configuration import Configuration
from minigrad.signal.draw import DRAWS, draw
from minigrad.signal.transformer.configuration import TransformerConfiguration, draw_transformers

Config = Configuration | TransformerConfiguration


class Family(NamedTuple):
    """One family."""

    configuration: type[Any]
    train: Callable[[Any, int, int], list[float | None]]  # losses, of a configuration, seed, steps
    draws: tuple[str, ...]
    draw: Callable[[str, int, int], Iterator[tuple[Any, int]]]  # of a kind: count, from a seed
    steps: int
    entropy: float  # of guessing, for the verdict
    source: tuple[str, ...]  # of a run's numbers, beside the engine's


FAMILIES = {
    "mlp": Family(
        Configuration,
        train,
        DRAWS,
        draw,
        mlp.STEPS,
        math.log(mlp.CLASSES),
        (
            "lab/trainability.py",
            *(f"signal/{name}.py" for name in ("configuration", "norms", "optimizers", "weights")),
        ),
    ),
    "transformer": Family(
        TransformerConfiguration,
        train_transformer,
        ("wild",),
        draw_transformers,
        transformer.STEPS,
        transformer.ENTROPY,
        (
            *("lab/transformer_trainability.py", "signal.transformer.configuration.py"),
            *("models", "training/language.py"),
        ),
    ),
}


def name_of(config: Config) -> str:
    """The name of a configuration's family."""
    return next(name for name, f in FAMILIES.items() if isinstance(config, f.configuration))


def family_of(config: Config) -> Family:
    """The family of a configuration."""
    return FAMILIES[name_of(config)]


def family(name: Any) -> Family:
    """The family of that name. Raises ArgumentError, naming them, where there is none."""
    if name not in FAMILIES:
        raise ArgumentError(f"family must be one of {', '.join(FAMILIES)}, got {name!r}")
    return FAMILIES[name]


def configured(values: dict[str, Any]) -> Config:
    """The configuration with these values, of the family whose fields they are."""
    name = "transformer" if "layers" in values else "mlp"
    made: Config = FAMILIES[name].configuration(**values)
    return made
