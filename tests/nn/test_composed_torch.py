"""Losses, normalize and BatchNorm1d beside PyTorch's: values and gradients in float64."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad

torch: Any = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))
P, Q = RNG.uniform(0.05, 0.95, (4, 3)), RNG.dirichlet(np.ones(3), 4)
Q[1] = [1, 0, 0]
W = RNG.uniform(1, 2, 3)


def agree(compute: Callable, *arrays: np.ndarray) -> None:
    """compute(lib, *tensors) and the gradient of every tensor are the same in both."""
    found = []
    for lib in (minigrad, torch):
        leaves = [lib.tensor(a, requires_grad=True) for a in arrays]
        out = compute(lib, *leaves)
        (out * lib.tensor(np.cos(np.arange(out.numel())).reshape(out.shape))).sum().backward()
        found.append([np.array(t.detach().numpy()) for t in (out, *(leaf.grad for leaf in leaves))])
    for ours, theirs in zip(*found, strict=True):
        assert ours.dtype == theirs.dtype and abs(theirs).max() > 0
        np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-12)


REDUCTIONS = ["mean", "sum", "none"]


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_distances(reduction: str) -> None:
    agree(lambda lib, x, y: lib.nn.L1Loss(reduction=reduction)(x, y), X, Y)
    for beta in (1.0, 0.3, 0.0):
        options = {"reduction": reduction, "beta": beta}
        agree(lambda lib, x, y, o=options: lib.nn.SmoothL1Loss(**o)(x, y), X, Y)


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")
@pytest.mark.parametrize("reduction", [*REDUCTIONS, "batchmean"])
def test_divergences(reduction: str) -> None:
    loss = {"reduction": reduction}
    logits = np.log(RNG.dirichlet(np.ones(3), 4))
    agree(lambda lib, x: lib.nn.KLDivLoss(**loss)(x, lib.tensor(Q)), logits)
    agree(lambda lib, x, y: lib.nn.KLDivLoss(**loss, log_target=True)(x, y), logits, X)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_losses_of_probabilities(reduction: str) -> None:
    loss = {"reduction": reduction}
    agree(lambda lib, p, t: lib.nn.BCELoss(**loss)(p, t), P, Q)
    agree(lambda lib, p: lib.nn.BCELoss(lib.tensor(W), **loss)(p, lib.tensor(Q)), P)


def test_a_probability_of_0_or_1_counts_as_100() -> None:
    p, t = [0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 0.0, 1.0]
    ours, theirs = (
        lib.nn.functional.binary_cross_entropy(
            lib.tensor(p), lib.tensor(t), reduction="none"
        ).tolist()
        for lib in (minigrad, torch)
    )
    assert ours == theirs == [100.0, 100.0, 0.0, 0.0]


@pytest.mark.parametrize("options", [{}, {"dim": 0}, {"p": 1.0, "dim": -1}])
def test_normalize(options: dict) -> None:
    agree(lambda lib, x: lib.nn.functional.normalize(x, **options), X)
    assert minigrad.nn.functional.normalize(minigrad.zeros(2, 3)).tolist() == [[0.0] * 3] * 2


@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 5)])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"momentum": None},
        {"momentum": 0.3, "eps": 1e-2},
        {"affine": False},
        {"track_running_stats": False},
    ],
    ids=str,
)
def test_batch_norm(shape: tuple[int, ...], options: dict) -> None:
    batches = [RNG.normal(1, 2, shape) for _ in range(3)]
    norms = {}

    def compute(lib: Any, *x: Any) -> Any:
        norm = norms[lib] = lib.nn.BatchNorm1d(3, **options, dtype=lib.float64)
        if norm.weight is not None:
            with lib.no_grad():
                norm.weight.copy_(lib.tensor(W))
                norm.bias.copy_(lib.tensor(-W))
        seen = [norm(batch) for batch in x[:2]]
        norm.eval()
        return lib.stack([*seen, norm(x[2])])

    agree(compute, *batches)
    ours, theirs = norms[minigrad], norms[torch]
    assert repr(ours) == repr(theirs) and list(ours.state_dict()) == list(theirs.state_dict())
    for name, tensor in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[name].array, tensor.numpy(), rtol=1e-12)
    if ours.weight is not None:
        assert ours.weight.grad is not None
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            np.testing.assert_allclose(mine.grad.array, other.grad.numpy(), rtol=1e-10, atol=1e-12)


def test_flatten() -> None:
    x = RNG.normal(size=(2, 3, 4, 5))
    for args in ((), (0,), (2,), (1, 2)):
        agree(lambda lib, t, a=args: lib.nn.Flatten(*a)(t), x)
        assert repr(minigrad.nn.Flatten(*args)) == repr(torch.nn.Flatten(*args))
