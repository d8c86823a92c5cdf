from typing import Any

import pytest

import minigrad
from minigrad.errors import ArgumentError, DtypeError
from minigrad.nn import Parameter
from minigrad.optim import SGD
from minigrad.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LinearLR, warmup_cosine


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
    assert run(LinearLR(sgd(1.0), 0.5, total_iters=0), 1) == [1.0, 1.0]


def test_cosine() -> None:
    rates = run(CosineAnnealingLR(sgd(1.0), T_max=4, eta_min=0.2), 8)
    assert rates[::2] == pytest.approx([1.0, 0.6, 0.2, 0.6, 1.0])
    assert rates[:5] == sorted(rates[:5], reverse=True)


def test_warmup_then_cosine() -> None:
    rates = run(warmup_cosine(sgd(2.0), warmup=4, total=10, floor=0.1), 12)
    assert rates[:5] == pytest.approx([0.5, 1.0, 1.5, 2.0, 2.0])
    assert rates[7] == pytest.approx(2.0 * (0.1 + 0.9 / 2))  # half way down
    assert rates[10:] == pytest.approx([0.2, 0.2, 0.2])
    falling = rates[4:11]
    assert falling == sorted(falling, reverse=True) and len(set(falling)) == 7
    assert run(warmup_cosine(sgd(1.0), 0, 2), 3) == pytest.approx([1.0, 0.5, 0.0, 0.0])
    assert run(warmup_cosine(sgd(1.0), 2, 2), 3) == pytest.approx([0.5, 1.0, 0.0, 0.0])


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
    for warmup, total in ((-1, 5), (6, 5)):
        with pytest.raises(ArgumentError, match="warmup_cosine: needs 0 ≤ warmup ≤ total, got"):
            warmup_cosine(sgd(1.0), warmup, total)
