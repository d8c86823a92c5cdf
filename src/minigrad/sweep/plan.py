"""What a sweep runs: every combination of a grid × seeds, and random draws, from a TOML file.

seeds = 2                        # of every combination
steps = 300

[grid]                           # a list is an axis, a single value holds for all
depth = [2, 10, 50]
lr = [0.001, 0.01, 0.1]
norm = ["none", "rmsnorm"]
activation = "gelu"

[[sample]]                       # random configurations, one seed each
draw = "wild"                    # or "lab"
count = 100
seed = 1
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
from minigrad.signal.configuration import STEPS, Configuration
from minigrad.signal.draw import DRAWS, draw

NUMBERS_DEPEND_ON = (
    *("core", "functional", "nn", "optim", "data", "lab/trainability.py"),
    *(f"signal/{name}.py" for name in ("configuration", "norms", "optimizers", "weights")),
)


@dataclass(frozen=True)
class Run:
    """One run to make: a pure function of these values and the code."""

    config: Configuration
    seed: int
    steps: int = STEPS
    group: str = "grid"  # or the draw it comes from

    @property
    def key(self) -> str:
        """Hash of configuration, seed, steps and the code that turns them into losses."""
        text = json.dumps([self.config.as_dict(), self.seed, self.steps, code_version()])
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@lru_cache
def code_version() -> str:
    """minigrad's version and a hash of every source file that a run's numbers depend on."""
    root = Path(minigrad.__file__).parent
    digest = hashlib.sha256()
    for name in NUMBERS_DEPEND_ON:
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
        unknown = set(sample) - {"draw", "count", "seed"}
        if unknown:
            raise ArgumentError(
                f"a [[sample]] holds draw, count and seed, got {', '.join(sorted(unknown))}"
            )
        kind = sample.get("draw")
        if kind not in DRAWS:
            raise ArgumentError(f"draw must be one of {', '.join(DRAWS)}, got {kind!r}")
        count, seed = _whole(sample, "count", 1), _whole(sample, "seed", 0, least=0)
        runs += [Run(c, s, steps, f"{kind}-{seed}") for c, s in draw(kind, count=count, seed=seed)]
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
