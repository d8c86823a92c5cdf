"""What each init preserves, measured through a layer, forward and backward, over seeds.

A ratio averaged over 5 seeds has a standard error of 0.15 to 0.35 % (measured over 20 such
averages); the bound on it is 1.5 %.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.core.random import Generator
from minigrad.nn import init


def through(layer: nn.Module, act: Callable, x: Any) -> tuple[float, float]:
    """E[φ(y)²]/E[x²] forward, and E[(dL/dx)²]/E[(dL/dφ)²] backward for an independent dL/dφ."""
    x = minigrad.tensor(x.array, requires_grad=True)
    out = act(layer(x))
    g = minigrad.randn(*out.shape, generator=Generator(1))
    out.backward(g)
    assert x.grad is not None
    return (
        float((out.array**2).mean() / (x.array**2).mean()),
        float((x.grad.array**2).mean() / (g.array**2).mean()),
    )


def ratios(
    fill: Callable, act: Callable, n_in: int, n_out: int, seeds: int = 5
) -> tuple[float, float]:
    """The two ratios of through(), averaged over seeds, for Gaussian input."""
    found = []
    for seed in range(seeds):
        layer = nn.Linear(n_in, n_out, bias=False)
        fill(layer.weight, generator=Generator(seed))
        x = minigrad.randn(400, n_in, generator=Generator(100 + seed))
        found.append(through(layer, act, x))
    forward, backward = np.mean(found, axis=0)
    return float(forward), float(backward)


def identity(x: Any) -> Any:
    return x


def test_lecun_keeps_the_mean_square_forward() -> None:
    forward, backward = ratios(init.lecun_normal_, identity, 200, 500)
    assert forward == pytest.approx(1, rel=0.015) and backward == pytest.approx(2.5, rel=0.015)


@pytest.mark.parametrize("fill", [init.xavier_normal_, init.xavier_uniform_])
def test_xavier_keeps_both_on_squares_and_compromises_elsewhere(fill: Callable) -> None:
    assert ratios(fill, identity, 300, 300) == pytest.approx((1, 1), rel=0.015)
    forward, backward = ratios(fill, identity, 200, 600)
    assert forward == pytest.approx(0.5, rel=0.015)  # 2 n_in/(n_in + n_out)
    assert backward == pytest.approx(1.5, rel=0.015)  # 2 n_out/(n_in + n_out)
    assert ratios(fill, minigrad.relu, 300, 300)[0] == pytest.approx(0.5, rel=0.015)


@pytest.mark.parametrize("fill", [init.kaiming_normal_, init.kaiming_uniform_])
def test_kaiming_keeps_forward_by_fan_in_and_backward_by_fan_out(fill: Callable) -> None:
    def by(mode: str) -> Callable:
        return lambda w, generator: fill(w, mode=mode, nonlinearity="relu", generator=generator)

    assert ratios(by("fan_in"), minigrad.relu, 200, 500)[0] == pytest.approx(1, rel=0.015)
    assert ratios(by("fan_in"), minigrad.relu, 200, 500)[1] == pytest.approx(2.5, rel=0.015)
    assert ratios(by("fan_out"), minigrad.relu, 200, 500)[1] == pytest.approx(1, rel=0.015)
    leaky = nn.LeakyReLU(0.5)
    forward, _ = ratios(lambda w, generator: fill(w, a=0.5, generator=generator), leaky, 200, 500)
    assert forward == pytest.approx(1, rel=0.015)


@pytest.mark.parametrize(("name", "act"), [("gelu", nn.GELU()), ("silu", nn.SiLU())])
def test_the_gains_of_gelu_and_silu_keep_pre_activations_of_variance_1(
    name: str, act: Callable
) -> None:
    """And of no other variance: unlike relu's, their outputs do not scale with their inputs."""

    def next_variance(std: float, seed: int) -> float:
        generator = Generator(seed)
        z = std * minigrad.randn(400, 300, generator=generator)
        w = init.kaiming_normal_(minigrad.empty(300, 300), nonlinearity=name, generator=generator)
        return float(((act(z) @ w.T).array ** 2).mean()) / std**2

    assert np.mean([next_variance(1.0, seed) for seed in range(5)]) == pytest.approx(1, rel=0.015)
    assert np.mean([next_variance(0.5, seed) for seed in range(5)]) < 0.85
    assert np.mean([next_variance(2.0, seed) for seed in range(5)]) > 1.05


def test_orthogonal_keeps_every_length() -> None:
    layer = nn.Linear(32, 32, bias=False, dtype=minigrad.float64)
    init.orthogonal_(layer.weight, gain=1.5, generator=Generator(0))
    x = minigrad.randn(50, 32, dtype=minigrad.float64)
    lengths = np.linalg.norm(layer(x).array, axis=1) / np.linalg.norm(x.array, axis=1)
    assert abs(lengths - 1.5).max() < 1e-12


def test_a_residual_branch_that_ends_in_zeros_starts_as_the_identity() -> None:
    branch = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8))
    init.zeros_(branch[2].weight)
    init.zeros_(branch[2].bias)
    x = minigrad.randn(4, 8)
    assert (nn.Residual(branch)(x).array == x.array).all()


def test_twenty_relu_layers_keep_or_lose_what_the_init_says() -> None:
    """Averaged over 5 seeds, the mean square after 20 layers of width 256: factor^20."""
    for fill, factor in ((init.kaiming_normal_, 1.0), (init.lecun_normal_, 0.5)):
        logs = []
        for seed in range(5):
            generator = Generator(seed)
            x = minigrad.randn(64, 256, generator=generator)
            for _ in range(20):
                w = fill(minigrad.empty(256, 256), generator=generator)
                x = minigrad.relu(x @ w.T)
            logs.append(math.log10((x.array**2).mean()))
        # each layer adds √(5/256) nats of spread: 0.27 decades over 20, 0.12 for the mean of 5
        assert abs(np.mean(logs) - 20 * math.log10(factor)) < 0.4
