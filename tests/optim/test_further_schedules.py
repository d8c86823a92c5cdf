"""The further schedules beside PyTorch's, step by step."""

from typing import Any

import pytest

import minigrad

torch: Any = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step:UserWarning"),
]

MAKE = {
    "exponential": lambda s, o: s.ExponentialLR(o, 0.9),
    "constant": lambda s, o: s.ConstantLR(o, 0.5, 4),
    "polynomial": lambda s, o: s.PolynomialLR(o, 8, 2.0),
    "multiplicative": lambda s, o: s.MultiplicativeLR(o, lambda t: 0.5 + 1 / t),
    "restarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, 2, 0.01),
    "one cycle": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=20, cycle_momentum=False),
    "line": lambda s, o: s.OneCycleLR(
        o, [0.5, 0.2], epochs=4, steps_per_epoch=5, anneal_strategy="linear", cycle_momentum=False
    ),
    "cycled momentum": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=20),
    "chained": lambda s, o: s.ChainedScheduler([s.ConstantLR(o), s.ExponentialLR(o, 0.9)]),
    "plateau": lambda s, o: s.ReduceLROnPlateau(o, patience=1, cooldown=1, min_lr=0.004),
    "plateau, up": lambda s, o: s.ReduceLROnPlateau(
        o, "max", patience=0, threshold_mode="abs", threshold=0.3
    ),
}
LOSSES = [3, 2, 2, 2, 2, 1.9999, 2, 2, 1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5]


@pytest.mark.parametrize("name", MAKE)
def test_every_rate_is_pytorchs(name):
    seen = []
    for lib in (torch, minigrad):
        p = [lib.ones(1, requires_grad=True) for _ in range(2)]
        optimizer = lib.optim.SGD([{"params": p[:1], "lr": 0.3}, {"params": p[1:]}], lr=0.1)
        schedule = MAKE[name](lib.optim.lr_scheduler, optimizer)
        rates = []
        for loss in LOSSES:
            rates += [group[key] for group in optimizer.param_groups for key in ("lr", "momentum")]
            schedule.step(loss) if "plateau" in name else schedule.step()
        seen.append(rates)
    assert seen[1] == pytest.approx(seen[0], rel=1e-9)


def test_one_cycle_moves_adams_first_beta():
    seen = []
    for lib in (torch, minigrad):
        optimizer = lib.optim.Adam([lib.ones(1, requires_grad=True)], lr=0.1)
        schedule = lib.optim.lr_scheduler.OneCycleLR(optimizer, 0.5, total_steps=9)
        betas = []
        for _ in range(9):  # one after each of its steps
            schedule.step()
            betas += optimizer.param_groups[0]["betas"]
        seen.append(betas)
    assert seen[1] == pytest.approx(seen[0], rel=1e-9)


def test_what_a_schedule_refuses():
    p = minigrad.ones(1, requires_grad=True)
    optimizer, s = minigrad.optim.SGD([p], lr=0.1), minigrad.optim.lr_scheduler
    for make in (
        lambda: s.OneCycleLR(optimizer, 0.1),
        lambda: s.ConstantLR(optimizer, 2.0),
        lambda: s.ReduceLROnPlateau(optimizer, factor=1.5),
        lambda: s.CosineAnnealingWarmRestarts(optimizer, 0),
    ):
        with pytest.raises(minigrad.errors.ArgumentError):
            make()
