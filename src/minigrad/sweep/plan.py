"""What a sweep runs: every combination of a grid × seeds, and random draws, from a TOML file.

family = "mlp"                   # or "transformer"
seeds = 2                        # of every combination
steps = 300

[grid]                           # a list is an axis, a single value holds for all
depth = [2, 10, 50]
lr = [0.001, 0.01, 0.1]
norm = ["none", "rmsnorm"]
activation = "gelu"

[[sample]]                       # random configurations
draw = "wild"                    # or "lab", for MLPs
count = 100
seed = 1
seeds = 1                        # of each configuration
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

import minigrad
from minigrad.errors import ArgumentError
from minigrad.sweep.families import Config, Family, family, family_of

ENGINE = ("core", "functional", "nn", "optim", "data")  # what every run's numbers depend on


@dataclass(frozen=True)
class Run:
    """One run to make: a pure function of these values and the code."""

    config: Config
    seed: int
    steps: int
    group: str = "grid"  # or the draw it comes from

    @property
    def key(self) -> str:
        """Hash of configuration, seed, steps and the code that turns them into losses."""
        text = json.dumps([self.config.as_dict(), self.seed, self.steps, self.code])
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    @property
    def code(self) -> str:
        """The version of the code that its numbers depend on."""
        return code_version(family_of(self.config).source)


@lru_cache
def code_version(source: tuple[str, ...]) -> str:
    """minigrad's version and a hash of the engine's source files and these."""
    root = Path(minigrad.__file__).parent
    digest = hashlib.sha256()
    for name in (*ENGINE, *source):
        path = root / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return f"{minigrad.__version__}+{digest.hexdigest()[:12]}"


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
            raise ArgumentError(f"draw must be one of {', '.join(of.draws)}, got {kind!r}")
        count, seed = _whole(sample, "count", 1), _whole(sample, "seed", 0, least=0)
        each = range(_whole(sample, "seeds", 1))
        drawn = of.draw(kind, count, seed)
        runs += [Run(c, s + i, steps, f"{kind}-{seed}") for c, s in drawn for i in each]
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
