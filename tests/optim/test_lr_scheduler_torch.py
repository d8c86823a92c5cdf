"""Every schedule beside PyTorch's: alone, two on one optimizer, changed by hand, resumed."""

import warnings
from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest

import minigrad

torch: Any = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.torch,
    # PyTorch's: these tests ask for rates alone, and take no step of the optimizer
    pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step:UserWarning"),
]

STEPS = 20
SCHEDULES: dict[str, tuple[str, tuple, dict]] = {
    "lambda": ("LambdaLR", (lambda step: 0.9**step,), {}),
    "lambdas": ("LambdaLR", ([lambda step: 0.9**step, lambda step: 1 / (step + 1)],), {}),
    "linear": ("LinearLR", (), {}),
    "slow": ("LinearLR", (0.1, 0.5, 12), {}),
    "none": ("LinearLR", (0.5,), {"total_iters": 0}),
    "to 0": ("LinearLR", (), {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 7}),
    "cosine": ("CosineAnnealingLR", (20,), {}),
    "twice": ("CosineAnnealingLR", (), {"T_max": 7, "eta_min": 0.01}),
    "waves": ("CosineAnnealingLR", (3,), {}),
    "steps": ("StepLR", (4,), {"gamma": 0.5}),
    "milestones": ("MultiStepLR", ([11, 3, 3],), {}),
}
each = pytest.mark.parametrize("name", SCHEDULES)


def optimizer_of(lib: Any) -> Any:
    p = [lib.ones(2, requires_grad=True) for _ in range(3)]
    return lib.optim.SGD([{"params": p[:2], "lr": 0.3}, {"params": p[2:]}], lr=0.1)


def make(lib: Any, optimizer: Any, name: str, **more: Any) -> Any:
    kind, args, options = SCHEDULES[name]
    return getattr(lib.optim.lr_scheduler, kind)(optimizer, *args, **options, **more)


def rates(lib: Any, build: Callable, by_hand: dict[int, float], steps: int = STEPS) -> list:
    """Every group's rate at each step; `by_hand`: step -> the factor it is changed by."""
    optimizer = optimizer_of(lib)
    schedules = build(lib, optimizer)
    seen = []
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] *= by_hand.get(step, 1.0)
        seen += [group["lr"] for group in optimizer.param_groups]
        for schedule in schedules:
            schedule.step()
            assert schedule.get_last_lr() == [group["lr"] for group in optimizer.param_groups]
    return seen


def agree(build: Callable, by_hand: dict[int, float] | None = None) -> None:
    ours, theirs = (rates(lib, build, by_hand or {}) for lib in (minigrad, torch))
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12)
    assert len(set(ours)) > 2 or "none" in repr(build)


@each
@pytest.mark.parametrize("by_hand", [{}, {2: 0.1}, {0: 3.0, 9: 0.5}])
def test_alone(name: str, by_hand: dict[int, float]) -> None:
    ours, theirs = (
        rates(lib, lambda lib, o: [make(lib, o, name)], by_hand) for lib in (minigrad, torch)
    )
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12)


PAIRS = list(combinations(SCHEDULES, 2))


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_two_on_one_optimizer(pair: tuple[str, str]) -> None:
    for order in (pair, pair[::-1]):
        agree(lambda lib, o, names=order: [make(lib, o, name) for name in names], {6: 0.5})


@pytest.mark.parametrize("milestones", [[5], [1], [4, 9]])
@pytest.mark.parametrize("by_hand", [{}, {3: 0.1, 12: 2.0}])
def test_one_after_the_other(milestones: list[int], by_hand: dict[int, float]) -> None:
    def build(lib: Any, optimizer: Any) -> list:
        names = ["slow", "twice", "steps"][: len(milestones) + 1]
        parts = [make(lib, optimizer, name) for name in names]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [lib.optim.lr_scheduler.SequentialLR(optimizer, parts, milestones)]

    agree(build, by_hand)


@each
@pytest.mark.parametrize("stop", [5, 7, 13])
def test_resumed_from_the_optimizers_state(name: str, stop: int) -> None:
    """After a number of steps at which StepLR and MultiStepLR change nothing: there PyTorch's
    would lower a rate that the state has lowered already."""
    found = []
    for lib in (minigrad, torch):
        first, second = optimizer_of(lib), optimizer_of(lib)
        schedule = make(lib, first, name)
        for _ in range(stop):
            schedule.step()
        second.load_state_dict(first.state_dict())
        again = make(lib, second, name, last_epoch=stop - 1)
        seen = []
        for _ in range(STEPS):
            seen += again.get_last_lr()
            again.step()
        found.append(seen)
    assert found[0] == pytest.approx(found[1], rel=1e-9, abs=1e-12)
