"""What a sweep runs: every combination of a grid × seeds, and random draws, from a TOML file.

seeds = 2                        # of every combination
steps = 300

[grid]                           # a list is an axis, a single value holds for all
depth = [2, 10, 50]
lr = [0.001, 0.01, 0.1]
norm = ["none", "rmsnorm"]
activation = "gelu"

[[sample]]                       # random configurations, each under a seed of its own
draw = "wild"                    # or "lab"
count = 100
seed = 1
seeds = 4                        # and under three more: what is left to chance
"""

from __future__ import annotations

import hashlib
import itertools
import json
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from minigrad.errors import ArgumentError
from minigrad.lab.trainability import train
from minigrad.signal.configuration import STEPS, Configuration
from minigrad.signal.draw import DRAWS, draw


@dataclass(frozen=True)
class Run:
    """One run to make: a pure function of these values and the code."""

    config: Configuration
    seed: int
    steps: int = STEPS
    group: str = "grid"  # or the draw it comes from

    @property
    def key(self) -> str:
        """Hash of configuration, seed, steps and of what the code makes of such."""
        text = json.dumps([self.config.as_dict(), self.seed, self.steps, code_version()])
        return hashlib.sha256(text.encode()).hexdigest()[:32]


# three steps of each tell whether the code still makes the same numbers
PROBES: tuple[dict[str, Any], ...] = (
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


@lru_cache
def code_version() -> str:
    """Hash of what the code does: the losses of PROBES to three digits.

    A change that leaves them as they were leaves a sweep's results valid, whichever file it is in.
    """
    configs = [Configuration(depth=3, width=16, lr=0.05, **choices) for choices in PROBES]
    losses = [train(config, seed=0, steps=3) for config in configs]
    text = json.dumps([[f"{x:.3g}" for x in run if x is not None] for run in losses])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_plan(path: Path | str) -> list[Run]:
    """The runs a TOML file asks for. Raises ArgumentError saying what is wrong in it."""
    try:
        plan = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ArgumentError(f"cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ArgumentError(f"{path} is not valid TOML: {error}") from None
    return expand(plan)


def expand(plan: dict[str, Any]) -> list[Run]:
    """The runs of a plan, each once."""
    unknown = set(plan) - {"seeds", "steps", "grid", "sample"}
    if unknown:
        raise ArgumentError(
            f"a plan holds seeds, steps, [grid] and [[sample]], got {', '.join(sorted(unknown))}"
        )
    if not isinstance(plan.get("grid", {}), dict):
        raise ArgumentError(f"grid must be a table: write [grid], got {plan['grid']!r}")
    samples = plan.get("sample", [])
    if not isinstance(samples, list) or not all(isinstance(s, dict) for s in samples):
        raise ArgumentError("sample must be a list of tables: write [[sample]], in two brackets")
    seeds, steps = _whole(plan, "seeds", 1), _whole(plan, "steps", STEPS)
    runs: list[Run] = []
    if "grid" in plan:
        axes = {k: v if isinstance(v, list) else [v] for k, v in plan["grid"].items()}
        for values in itertools.product(*axes.values()):
            config = _configure(dict(zip(axes, values, strict=True)))
            runs += [Run(config, seed, steps) for seed in range(seeds)]
    for sample in samples:
        unknown = set(sample) - {"draw", "count", "seed", "seeds"}
        if unknown:
            raise ArgumentError(
                f"a [[sample]] holds draw, count, seed and seeds, got {', '.join(sorted(unknown))}"
            )
        kind = sample.get("draw")
        if kind not in DRAWS:
            raise ArgumentError(f"draw must be one of {', '.join(DRAWS)}, got {kind!r}")
        count, seed = _whole(sample, "count", 1), _whole(sample, "seed", 0, least=0)
        for config, first in draw(kind, count=count, seed=seed):
            of_each = range(first, first + _whole(sample, "seeds", 1))
            runs += [Run(config, own, steps, f"{kind}-{seed}") for own in of_each]
    if not runs:
        raise ArgumentError("the plan asks for no run: give [grid] or [[sample]]")
    return list(dict.fromkeys(runs))


def _configure(values: dict[str, Any]) -> Configuration:
    try:
        return Configuration(**values)
    except TypeError as error:
        said = str(error).removeprefix("Configuration.__init__() ")
        raise ArgumentError(f"[grid]: {said}") from None


def _whole(table: dict[str, Any], name: str, default: int, least: int = 1) -> int:
    value = table.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ArgumentError(f"{name} must be a whole number ≥ {least}, got {value!r}")
    return value
