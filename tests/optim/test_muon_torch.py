"""Twenty steps beside PyTorch's Muon, which iterates in bfloat16: told to stay in float64, it goes
the same way to 1e-10; left alone, its first step differs by bfloat16's rounding."""

from typing import Any

import numpy as np
import pytest

import minigrad

torch: Any = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

RNG = np.random.default_rng(0)
START = [RNG.normal(size=shape) for shape in ((6, 4), (4, 6), (5, 5))]
GRADIENTS = [[RNG.normal(size=w.shape) for w in START] for _ in range(20)]


def trajectory(lib: Any, steps: int = 20, **options: Any) -> list[np.ndarray]:
    parameters = [lib.tensor(value, requires_grad=True) for value in START]
    optimizer = lib.optim.Muon(parameters, **options)
    for gradients in GRADIENTS[:steps]:
        for p, g in zip(parameters, gradients, strict=True):
            p.grad = lib.tensor(g)
        optimizer.step()
    return [np.array(p.detach().numpy()) for p in parameters]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"lr": 0.05, "momentum": 0.8, "nesterov": False, "weight_decay": 0.0},
        {"lr": 0.05, "adjust_lr_fn": "original", "ns_steps": 3},
        {"lr": 0.05, "adjust_lr_fn": "match_rms_adamw", "ns_coefficients": (2.0, -1.5, 0.5)},
    ],
)
def test_the_same_way_as_pytorchs(options: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
    ours, theirs = (trajectory(lib, **options) for lib in (minigrad, torch))
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-10)


def test_its_bfloat16_is_all_the_difference() -> None:
    ours, theirs = (trajectory(lib, 1, lr=1.0, weight_decay=0.0) for lib in (minigrad, torch))
    for mine, other in zip(ours, theirs, strict=True):
        assert 1e-6 < np.abs(mine - other).max() < 2**-4  # eight bits, through five iterations


def test_the_same_options_in_the_same_order() -> None:
    import inspect

    def signature(lib: Any) -> dict:
        named = inspect.signature(lib.optim.Muon).parameters
        return {name: p.default for name, p in named.items() if name != "params"}

    assert list(signature(minigrad).items()) == list(signature(torch).items())
