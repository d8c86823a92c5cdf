"""Random configurations: "wild" ones, and "lab"-like ones with ordinary sizes and rates."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from minigrad.signal.configuration import Configuration, configuration

DRAWS = ("wild", "lab")
ACTIVATIONS = ("linear", "relu", "tanh", "gelu", "sigmoid", "silu")
INITS = (
    "uniform",
    "normal",
    "xavier_normal",
    "xavier_uniform",
    "kaiming_normal",
    "kaiming_uniform",
    "orthogonal",
)
LAB_RATES = {"sgd": (1e-3, 3e-3, 1e-2, 3e-2, 1e-1), "adam": (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)}
WILD_RATES = {"sgd": (1e-3, 1.0), "adam": (1e-4, 0.1)}


def draw(kind: str, count: int, seed: int) -> Iterator[tuple[Configuration, int]]:
    """``count`` configurations, each with the seed of its run.

    wild: depth 2–100 and the rate log-uniform, width mostly 64–128; lab: depth 3–50, width
    64–128, rates of 1 and 3 per decade. The rest is uniform over the choices.
    """
    rng = np.random.default_rng([DRAWS.index(kind), seed])
    for _ in range(count):
        yield _one(kind, rng), int(rng.integers(2**31))


def _one(kind: str, rng: np.random.Generator) -> Configuration:
    wild = kind == "wild"
    low, high = (2, 100) if wild else (3, 50)
    depth = round(math.exp(rng.uniform(math.log(low), math.log(high))))
    usual = not wild or rng.random() < 0.9
    width = int(rng.choice((64, 96, 128) if usual else (32, 192, 256)))
    init = str(rng.choice(INITS))
    optimizer = str(rng.choice(("sgd", "adam")))
    if wild:
        slow, fast = WILD_RATES[optimizer]
        lr = float(f"{math.exp(rng.uniform(math.log(slow), math.log(fast))):.3g}")
    else:
        lr = float(rng.choice(LAB_RATES[optimizer]))
    return configuration(
        depth=depth,
        width=width,
        activation=str(rng.choice(ACTIVATIONS)),
        init=init,
        gain=float(rng.choice((0.9, 1.0, math.sqrt(2)))) if init == "orthogonal" else None,
        norm=str(rng.choice(("none", "layernorm", "rmsnorm"))),
        placement=str(rng.choice(("pre", "post", "mid"))),
        residual=str(rng.choice(("none", "plain", "scaled"))),
        optimizer=optimizer,
        lr=lr,
    )
