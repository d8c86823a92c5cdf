import json
import math
from typing import Any

import pytest

import minigrad
from minigrad.errors import ArgumentError, DtypeError, StateDictError
from minigrad.nn import Parameter
from minigrad.optim import SGD
from minigrad.optim.lr_scheduler import (
    CosineAnnealingLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    SequentialLR,
    StepLR,
)


def sgd(*rates: float) -> SGD:
    return SGD([{"params": [Parameter(minigrad.ones(1))], "lr": lr} for lr in rates])


def run(schedule: Any, steps: int) -> list[float]:
    """The first group's rate at each step."""
    rates = [schedule.get_last_lr()[0]]
    for _ in range(steps):
        schedule.step()
        rates.append(schedule.get_last_lr()[0])
    return rates


def test_the_rate_is_set_in_every_group_from_the_start() -> None:
    optimizer = sgd(1.0, 0.1)
    schedule = LambdaLR(optimizer, lambda step: 1 / (step + 2))
    assert [g["lr"] for g in optimizer.param_groups] == [0.5, 0.05] == schedule.get_last_lr()
    schedule.step()
    assert schedule.get_last_lr() == pytest.approx([1 / 3, 1 / 30])
    p = optimizer.param_groups[0]["params"][0]
    p.grad = minigrad.ones(1)
    optimizer.step()
    assert p.item() == pytest.approx(1 - 1 / 3)


def test_linear_warmup() -> None:
    rates = run(LinearLR(sgd(1.0), start_factor=0.25, total_iters=3), 4)
    assert rates == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0])
    assert run(LinearLR(sgd(1.0), 1.0, 0.0, 2), 3) == pytest.approx([1.0, 0.5, 0.0, 0.0])
    assert run(LinearLR(sgd(1.0), 0.5, total_iters=0), 1) == [0.5, 0.5]  # as PyTorch's


def test_cosine() -> None:
    rates = run(CosineAnnealingLR(sgd(1.0), T_max=4, eta_min=0.2), 8)
    assert rates[::2] == pytest.approx([1.0, 0.6, 0.2, 0.6, 1.0])
    assert rates[:5] == sorted(rates[:5], reverse=True)


def test_steps() -> None:
    assert run(StepLR(sgd(1.0), 2, 0.5), 5) == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    assert run(MultiStepLR(sgd(1.0), [3, 1, 3], 0.5), 4) == [1.0, 0.5, 0.5, 0.125, 0.125]


def warmup_cosine(optimizer: SGD) -> SequentialLR:
    parts = [LinearLR(optimizer, 0.25, total_iters=3), CosineAnnealingLR(optimizer, 4, 0.2)]
    return SequentialLR(optimizer, parts, [3])


def test_warmup_then_cosine() -> None:
    rates = run(warmup_cosine(sgd(1.0)), 8)
    assert rates == pytest.approx([0.25, 0.5, 0.75, *run(CosineAnnealingLR(sgd(1.0), 4, 0.2), 5)])


def test_two_schedules_multiply_and_a_rate_changed_by_hand_stays() -> None:
    optimizer = sgd(1.0)
    warmup, cosine = LinearLR(optimizer, 0.25, total_iters=3), CosineAnnealingLR(optimizer, 8)
    for step in range(1, 8):
        warmup.step()
        cosine.step()
        factor = min(0.25 + 0.25 * step, 1) * 0.5 * (1 + math.cos(math.pi * step / 8))
        assert cosine.get_last_lr()[0] == pytest.approx(factor * (0.1 if step > 4 else 1))
        if step == 4:
            optimizer.param_groups[0]["lr"] *= 0.1


def test_the_first_rate_stays_with_the_group() -> None:
    optimizer = sgd(1.0, 0.5)
    LinearLR(optimizer, 0.1)
    assert [g["lr"] for g in optimizer.param_groups] == pytest.approx([0.1, 0.05])
    assert CosineAnnealingLR(optimizer, 8).base_lrs == [1.0, 0.5]


MAKERS: dict[str, Any] = {
    "LambdaLR": lambda o, e=-1: LambdaLR(o, lambda step: 1 / (step + 1), last_epoch=e),
    "LinearLR": lambda o, e=-1: LinearLR(o, 0.2, 1.0, 9, last_epoch=e),
    "CosineAnnealingLR": lambda o, e=-1: CosineAnnealingLR(o, 4, 0.1, last_epoch=e),
    "StepLR": lambda o, e=-1: StepLR(o, 3, 0.5, last_epoch=e),
    "MultiStepLR": lambda o, e=-1: MultiStepLR(o, [2, 6, 8], 0.5, last_epoch=e),
    "SequentialLR": warmup_cosine,
}


@pytest.mark.parametrize("stop", [1, 3, 6])
@pytest.mark.parametrize("name", MAKERS)
def test_a_run_resumed_with_its_schedule_goes_on_with_the_same_rates(name: str, stop: int) -> None:
    whole = run(MAKERS[name](sgd(0.8)), 12)
    stopped = sgd(0.8)
    schedule = MAKERS[name](stopped)
    run(schedule, stop)
    states = json.loads(json.dumps(schedule.state_dict())), stopped.state_dict()
    resumed = sgd(0.8)
    again = MAKERS[name](resumed)
    again.load_state_dict(states[0])
    resumed.load_state_dict(states[1])
    assert run(again, 12 - stop) == whole[stop:]
    if name != "SequentialLR":  # or from the number of steps taken alone
        resumed = sgd(0.1)
        resumed.load_state_dict(states[1])
        assert run(MAKERS[name](resumed, stop - 1), 12 - stop) == whole[stop:]


def test_errors() -> None:
    with pytest.raises(DtypeError, match="a schedule takes an optimizer first, got list"):
        LambdaLR([], lambda step: 1.0)  # type: ignore[arg-type]
    for factors in ((0.0, 1.0), (1.5, 1.0), (0.5, -0.1), (0.5, 1.1)):
        with pytest.raises(ArgumentError, match=r"LinearLR: start_factor must lie in \(0, 1\]"):
            LinearLR(sgd(1.0), *factors)
    with pytest.raises(ArgumentError, match="LinearLR: total_iters must be ≥ 0, got -1"):
        LinearLR(sgd(1.0), total_iters=-1)
    with pytest.raises(ArgumentError, match="CosineAnnealingLR: T_max must be at least 1, got 0"):
        CosineAnnealingLR(sgd(1.0), T_max=0)
    with pytest.raises(ArgumentError, match="StepLR: step_size must be at least 1, got 0"):
        StepLR(sgd(1.0), 0)
    with pytest.raises(ArgumentError, match=r"one for each of 2 groups, got 1"):
        LambdaLR(sgd(1.0, 2.0), [lambda step: 1.0])
    with pytest.raises(StateDictError, match="last_epoch=5 group 0 must have its initial_lr"):
        StepLR(sgd(1.0), 2, last_epoch=5)
    optimizer = sgd(1.0)
    with pytest.raises(ArgumentError, match="one milestone fewer than schedules, got 1 and 1"):
        SequentialLR(optimizer, [StepLR(optimizer, 2)], [3])
    with pytest.raises(ArgumentError, match="must be of the optimizer it is given"):
        SequentialLR(optimizer, [StepLR(sgd(1.0), 2)], [])
    with pytest.raises(ArgumentError, match=r"LRScheduler must define get_lr\(\)"):
        LRScheduler(optimizer)
