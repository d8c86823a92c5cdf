"""Twenty steps beside PyTorch's optimizers and schedules, in float64, to 1e-6 all along."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad

torch: Any = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

STEPS = 20
RNG = np.random.default_rng(0)
SHAPES = [(4, 3), (4,), (2, 4), ()]
START = [RNG.normal(size=shape) for shape in SHAPES]
BATCHES = [(RNG.normal(size=(8, 3)), RNG.normal(size=(8, 2))) for _ in range(STEPS)]


def parameters(lib: Any) -> list[Any]:
    return [lib.tensor(value, requires_grad=True) for value in START]


def loss_of(lib: Any, p: list[Any], step: int) -> Any:
    x, y = (lib.tensor(part) for part in BATCHES[step])
    out = lib.tanh(x @ p[0].T + p[1]) @ p[2].T * p[3]
    return ((out - y) ** 2).mean()


def trajectory(lib: Any, make: Callable, after: Callable | None = None) -> list[list[np.ndarray]]:
    """The parameters after each step; `after` is called between backward and step."""
    p = parameters(lib)
    optimizer = make(lib.optim, p)
    seen = []
    for step in range(STEPS):
        optimizer.zero_grad(set_to_none=step % 2 == 0)
        loss_of(lib, p, step).backward()
        if after:
            after(lib, p, step)
        optimizer.step()
        seen.append([np.array(t.detach().numpy()) for t in p])
    return seen


def agree(make: Callable, after: Callable | None = None) -> None:
    ours, theirs = (trajectory(lib, make, after) for lib in (minigrad, torch))
    for step, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        for mine, other in zip(a, b, strict=True):
            assert mine.shape == other.shape
            np.testing.assert_allclose(mine, other, rtol=0, atol=1e-6, err_msg=f"step {step}")
    assert all(abs(ours[9][i] - START[i]).max() > 1e-5 for i in range(4))


CASES = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.2}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "fused": False}),
    ("SGD", {"lr": 0.1, "dampening": 0.5, "foreach": True}),
    ("Adam", {"lr": 0.05, "amsgrad": True, "betas": (0.5, 0.7)}),
    ("AdamW", {"lr": 0.05, "amsgrad": True, "maximize": True, "betas": (0.5, 0.7)}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.02, "alpha": 0.7, "weight_decay": 0.1, "maximize": True}),
    ("RMSprop", {"lr": 0.02, "momentum": 0.8, "centered": True, "eps": 1e-3}),
    ("Adam", {"lr": 0.05}),
    ("Adam", {}),
    ("Adam", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3}),
    ("Adam", {"lr": 0.05, "betas": (0.0, 0.5), "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.05}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0.5, "betas": (0.5, 0.9)}),
]
each = pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{c[0]}{c[1]}" for c in CASES])


@each
def test_twenty_steps(name: str, options: dict) -> None:
    agree(lambda lib, p: getattr(lib, name)(p, **options))


@each
def test_twenty_steps_uphill(name: str, options: dict) -> None:
    agree(lambda lib, p: getattr(lib, name)(p, **(options | {"lr": 0.001, "maximize": True})))


@each
def test_twenty_steps_in_groups_with_options_of_their_own(name: str, options: dict) -> None:
    def make(lib: Any, p: list[Any]) -> Any:
        groups = [{"params": p[:2], "lr": 0.02, "weight_decay": 0.3}, {"params": p[2]}]
        optimizer = getattr(lib, name)(groups, **options)
        optimizer.add_param_group({"params": [p[3]], "lr": 0.5})
        return optimizer

    agree(make)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_a_nan_or_inf_gradient_does_what_it_does_in_torch(name: str, bad: float) -> None:
    def poison(lib: Any, p: list[Any], step: int) -> None:
        if step == 10:
            p[1].grad[2] = bad

    options = {"momentum": 0.9} if name == "SGD" else {}
    agree(lambda lib, p: getattr(lib, name)(p, lr=0.05, **options), poison)


def test_a_gradient_that_comes_and_goes() -> None:
    def drop(lib: Any, p: list[Any], step: int) -> None:
        if step % 3 == 0:
            p[0].grad = None

    for name, options in CASES:
        agree(lambda lib, p, n=name, o=options: getattr(lib, n)(p, **o), drop)


@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.0, math.inf])
def test_clip_grad_norm(norm_type: float) -> None:
    norms: dict[Any, list[float]] = {minigrad: [], torch: []}

    def clip(lib: Any, p: list[Any], step: int) -> None:
        max_norm = [0.1, 100.0, 0.0][step % 3]
        total = lib.nn.utils.clip_grad_norm_(p, max_norm, norm_type)
        norms[lib].append(float(total))

    agree(lambda lib, p: lib.SGD(p, lr=0.05, momentum=0.9), clip)
    assert norms[minigrad] == pytest.approx(norms[torch], rel=1e-12)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_clipping_a_norm_that_is_not_finite(bad: float) -> None:
    found = []
    for lib in (minigrad, torch):
        p = parameters(lib)
        loss_of(lib, p, 0).backward()
        p[0].grad[0, 0] = bad
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            total = lib.nn.utils.clip_grad_norm_(p, 1.0)
        found.append([np.array(t.grad.detach().numpy()) for t in p] + [np.array(float(total))])
        with pytest.raises(RuntimeError):
            lib.nn.utils.clip_grad_norm_(p, 1.0, error_if_nonfinite=True)
    for mine, other in zip(*found, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_float16_adam_does_what_it_does_in_torch() -> None:
    """eps = 1e-8 is 0 in float16: 0/0 where the gradient is 0."""
    found = []
    for lib in (minigrad, torch):
        p = lib.ones(3, dtype=lib.float16).requires_grad_()
        p.grad = lib.tensor([0.0, 1.0, -0.5], dtype=lib.float16)
        lib.optim.Adam([p]).step()
        found.append(p.tolist())
    assert str(found[0][0]) == str(found[1][0]) == "nan"
    assert found[0][1:] == pytest.approx(found[1][1:], abs=2**-10)


def test_it_shows_the_options_of_its_groups_as_pytorch_does():
    theirs = str(torch.optim.SGD([torch.nn.Parameter(torch.ones(2))], lr=0.1, momentum=0.9))
    ours = str(minigrad.optim.SGD([minigrad.nn.Parameter(minigrad.ones(2))], lr=0.1, momentum=0.9))
    assert ours.splitlines()[:2] == theirs.splitlines()[:2] == ["SGD (", "Parameter Group 0"]
    assert "    lr: 0.1" in ours and "    momentum: 0.9" in ours
    names = [{line.partition(":")[0] for line in text.splitlines()} for text in (ours, theirs)]
    assert names[0] <= names[1]
