"""Random configurations: "wild" ones, and "lab"-like ones with ordinary sizes and rates."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from minigrad.signal.configuration import CHOICES, Configuration
from minigrad.signal.optimizers import OPTIMIZERS

DRAWS = ("wild", "lab")
# what the odds were not fitted on: close relatives of others, and the init that never trains
UNDRAWN = {"leaky_relu", "trunc_normal", "lecun_normal", "zeros"}
DRAWN = {name: [c for c in choices if c not in UNDRAWN] for name, choices in CHOICES.items()}


def draw(kind: str, count: int, seed: int) -> Iterator[tuple[Configuration, int]]:
    """``count`` configurations, each with the seed of its run.

    wild: depth 2–100 and the rate log-uniform, width mostly 64–128; lab: depth 3–50, width
    64–128, rates of 1 and 3 per decade. The rest is uniform over the choices.
    """
    rng = np.random.default_rng([DRAWS.index(kind), seed])
    wild = kind == "wild"
    for _ in range(count):
        depth = log_uniform(rng, *((2, 100) if wild else (3, 50)))
        usual = not wild or rng.random() < 0.9
        width = int(rng.choice((64, 96, 128) if usual else (32, 192, 256)))
        config = network(rng, round(depth), width, digits=3 if wild else None)
        yield config, int(rng.integers(2**31))


def network(
    rng: np.random.Generator, depth: int, width: int, digits: int | None, gains: bool = True
) -> Configuration:
    """A configuration of that size, all else drawn.

    The rate is log-uniform, rounded to ``digits``, or for None one of the optimizer's usual ones;
    without ``gains`` orthogonal keeps its own.
    """
    init = str(rng.choice(DRAWN["init"]))
    name = str(rng.choice(DRAWN["optimizer"]))
    optimizer = OPTIMIZERS[name]
    if digits is None:
        lr = float(rng.choice(optimizer.usual))
    else:
        lr = float(f"{log_uniform(rng, *optimizer.rates):.{digits}g}")
    rest: dict[str, Any] = {"activation": str(rng.choice(DRAWN["activation"]))}
    if gains and init == "orthogonal":
        rest["gain"] = float(rng.choice((0.9, 1.0, math.sqrt(2))))
    rest |= {x: str(rng.choice(DRAWN[x])) for x in ("norm", "placement", "residual")}
    return Configuration(depth=depth, width=width, init=init, optimizer=name, lr=lr, **rest)


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Uniform in the logarithm."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))
