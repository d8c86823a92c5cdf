"""The families of networks that a sweep runs: what a configuration is, and how one is trained."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from minigrad.data.text import corpus_of
from minigrad.errors import ArgumentError, meant
from minigrad.lab.trainability import train
from minigrad.lab.transformer_trainability import train_transformer
from minigrad.signal import configuration as mlp
from minigrad.signal.configuration import Configuration
from minigrad.signal.draw import DRAWS, draw
from minigrad.signal.predict import predict_many
from minigrad.signal.transformer import configuration as transformer
from minigrad.signal.transformer.configuration import TransformerConfiguration, draw_transformers
from minigrad.signal.transformer.predict import predict_transformers

Config = Configuration | TransformerConfiguration
Losses = list[float | None]


class Family(NamedTuple):
    """One family."""

    configuration: type[Any]
    train: Callable[[Any, int, int], Losses]  # of a configuration, a seed, steps
    draws: tuple[str, ...]
    draw: Callable[[str, int, int], Iterator[tuple[Any, int]]]  # of a kind: count, from a seed
    steps: int
    entropy: float  # of guessing, for the verdict
    probe: Callable[[], list[Losses]]  # a few steps of networks that have every choice
    foretell: Callable[[Any], list[Any]]  # predictions, of a sequence of configurations
    recorded: Path  # the sweep that ships
    fitted: tuple[str, ...]  # its groups that the odds are fitted on
    judging: tuple[str, ...]  # and those that nothing is, neither odds nor curve


# three steps of each tell whether the code still makes the same numbers
MLPS: tuple[dict[str, Any], ...] = (
    {"activation": "linear", "init": "xavier_uniform", "norm": "layernorm", "residual": "plain"},
    {"activation": "relu", "init": "orthogonal", "norm": "rmsnorm", "placement": "mid"},
    {"activation": "leaky_relu", "residual": "scaled", "optimizer": "adam"},
    {"activation": "tanh", "init": "lecun_normal", "norm": "layernorm", "placement": "post"},
    {"activation": "sigmoid", "init": "uniform", "norm": "rmsnorm", "optimizer": "adam"},
    {"activation": "gelu", "init": "trunc_normal", "norm": "layernorm", "placement": "mid"},
    {"activation": "silu", "init": "normal", "norm": "rmsnorm", "placement": "post"},
    {"activation": "tanh", "init": "xavier_normal", "norm": "layernorm", "residual": "scaled"},
    {"activation": "relu", "init": "kaiming_uniform", "norm": "rmsnorm", "placement": "mid"},
)
TRANSFORMERS: tuple[dict[str, Any], ...] = (
    {"dim": 32, "ffn": "relu", "norm": "layernorm", "init": "default", "warmup": 2},
    {"dim": 48, "ffn": "gelu", "norm": "rmsnorm", "init": "xavier", "placement": "post"},
    {"dim": 64, "ffn": "swiglu", "norm": "none", "init": "gpt2", "optimizer": "sgd", "clip": 0.1},
    {"dim": 32, "ffn": "relu", "norm": "layernorm", "init": "kaiming", "residual": "scaled"},
)


def _probe_mlps() -> list[Losses]:
    configs = [Configuration(depth=3, width=16, lr=0.05, **choices) for choices in MLPS]
    return [train(config, seed=0, steps=3) for config in configs]


def _probe_transformers() -> list[Losses]:
    letters = "".join(map(chr, range(32, 32 + transformer.VOCAB)))
    text = corpus_of(letters * 4, "every character in turn")
    configs = [TransformerConfiguration(layers=2, lr=0.01, **choices) for choices in TRANSFORMERS]
    return [train_transformer(config, seed=0, steps=3, text=text) for config in configs]


FAMILIES = {
    "mlp": Family(
        Configuration,
        train,
        DRAWS,
        draw,
        mlp.STEPS,
        math.log(mlp.CLASSES),
        _probe_mlps,
        predict_many,
        Path(__file__).with_name("recorded.csv"),
        ("grid", "wild-1", "lab-1"),
        ("wild-4", "lab-4"),
    ),
    "transformer": Family(
        TransformerConfiguration,
        train_transformer,
        ("wild",),
        draw_transformers,
        transformer.STEPS,
        transformer.ENTROPY,
        _probe_transformers,
        predict_transformers,
        Path(__file__).with_name("transformers.csv"),
        ("wild-1", "wild-5"),
        ("wild-2",),
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
        near = meant(name, FAMILIES)
        raise ArgumentError(f"family must be one of {', '.join(FAMILIES)}, got {name!r}.{near}")
    return FAMILIES[name]


def configured(values: dict[str, Any]) -> Config:
    """The configuration with these values, of the family whose fields they are."""
    name = "transformer" if "layers" in values else "mlp"
    made: Config = FAMILIES[name].configuration(**values)
    return made
