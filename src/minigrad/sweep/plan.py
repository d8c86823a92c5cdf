"""What a sweep runs: every combination of a grid × seeds, and random draws, from a TOML file.

family = "mlp"                   # or "transformer"
seeds = 2                        # of every combination
steps = 300

[grid]                           # a list is an axis, a single value holds for all
depth = [2, 10, 50]
lr = [0.001, 0.01, 0.1]
norm = ["none", "rmsnorm"]
activation = "gelu"

[[sample]]                       # random configurations, each under a seed of its own
draw = "wild"                    # or "lab", for MLPs
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

from minigrad.errors import ArgumentError, meant
from minigrad.sweep.families import FAMILIES, Config, Family, family, name_of


@dataclass(frozen=True)
class Run:
    """One run to make: a pure function of these values and the code."""

    config: Config
    seed: int
    steps: int
    group: str = "grid"  # or the draw it comes from

    @property
    def key(self) -> str:
        """Hash of configuration, seed, steps and of what the code makes of such."""
        code = code_version(name_of(self.config))
        text = json.dumps([self.config.as_dict(), self.seed, self.steps, code])
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@lru_cache
def code_version(name: str) -> str:
    """Hash of what the code does for a family: the losses of its probes to three digits.

    A change that leaves them as they were leaves a sweep's results valid, whichever file it is in.
    """
    losses = FAMILIES[name].probe()
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
    unknown = set(plan) - {"family", "seeds", "steps", "grid", "sample"}
    if unknown:
        raise ArgumentError(
            "a plan holds family, seeds, steps, [grid] and [[sample]], got "
            f"{', '.join(sorted(unknown))}"
        )
    if not isinstance(plan.get("grid", {}), dict):
        raise ArgumentError(f"grid must be a table: write [grid], got {plan['grid']!r}")
    samples = plan.get("sample", [])
    if not isinstance(samples, list) or not all(isinstance(s, dict) for s in samples):
        raise ArgumentError("sample must be a list of tables: write [[sample]], in two brackets")
    of = family(plan.get("family", "mlp"))
    seeds, steps = _whole(plan, "seeds", 1), _whole(plan, "steps", of.steps)
    runs: list[Run] = []
    if "grid" in plan:
        axes = {k: v if isinstance(v, list) else [v] for k, v in plan["grid"].items()}
        for values in itertools.product(*axes.values()):
            config = _configure(of, dict(zip(axes, values, strict=True)))
            runs += [Run(config, seed, steps) for seed in range(seeds)]
    for sample in samples:
        unknown = set(sample) - {"draw", "count", "seed", "seeds"}
        if unknown:
            raise ArgumentError(
                f"a [[sample]] holds draw, count, seed and seeds, got {', '.join(sorted(unknown))}"
            )
        kind = sample.get("draw")
        if kind not in of.draws:
            near = meant(kind, of.draws)
            raise ArgumentError(f"draw must be one of {', '.join(of.draws)}, got {kind!r}.{near}")
        count, seed = _whole(sample, "count", 1), _whole(sample, "seed", 0, least=0)
        for config, first in of.draw(kind, count, seed):
            of_each = range(first, first + _whole(sample, "seeds", 1))
            runs += [Run(config, own, steps, f"{kind}-{seed}") for own in of_each]
    if not runs:
        raise ArgumentError("the plan asks for no run: give [grid] or [[sample]]")
    return list(dict.fromkeys(runs))


def _configure(of: Family, values: dict[str, Any]) -> Config:
    try:
        made: Config = of.configuration(**values)
        return made
    except TypeError as error:
        said = str(error).removeprefix(f"{of.configuration.__name__}.__init__() ")
        raise ArgumentError(f"[grid]: {said}") from None


def _whole(table: dict[str, Any], name: str, default: int, least: int = 1) -> int:
    value = table.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ArgumentError(f"{name} must be a whole number ≥ {least}, got {value!r}")
    return value
