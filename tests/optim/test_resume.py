"""A run stopped, saved to a file and resumed goes on with the same numbers, bit for bit."""

import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad import nn, optim
from minigrad.optim import lr_scheduler

OPTIMIZERS = {
    "sgd": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "adamw": lambda p: optim.AdamW(p, lr=0.01, amsgrad=True),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.01, momentum=0.5),
}
SCHEDULES = {
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 12),
    "steps": lambda o: lr_scheduler.MultiStepLR(o, [3, 9], 0.5),
    "warmup, then cosine": lambda o: lr_scheduler.SequentialLR(
        o,
        [lr_scheduler.LinearLR(o, 0.1, total_iters=5), lr_scheduler.CosineAnnealingLR(o, 9)],
        [5],
    ),
}


def made(optimizer, schedule):
    """A small run: (model, optimizer, schedule, generator of its data)."""
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 2))
    o = OPTIMIZERS[optimizer](model.parameters())
    return model, o, SCHEDULES[schedule](o), mg.Generator().manual_seed(7)


def train(model, optimizer, schedule, generator, steps):
    losses = []
    for _ in range(steps):
        x = mg.randn(8, 3, generator=generator)
        y = mg.randint(0, 2, (8,), generator=generator)
        loss = F.cross_entropy(F.dropout(model(x), 0.1, generator=generator), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append((loss.item(), optimizer.param_groups[0]["lr"]))
    return losses


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_resumed_run_goes_on_as_if_it_had_not_stopped(optimizer, schedule, tmp_path):
    whole = made(optimizer, schedule)
    expected = train(*whole, 14)

    stopped = made(optimizer, schedule)
    assert train(*stopped, 6) == expected[:6]
    model, o, s, generator = stopped
    parts = {
        "model": model.state_dict(),
        "optimizer": o.state_dict(),
        "schedule": s.state_dict(),
        "generator": generator.get_state(),
    }
    mg.save(parts, tmp_path / "run.npz")
    del stopped, model, o, s, generator

    resumed = made(optimizer, schedule)
    state = mg.load(tmp_path / "run.npz")
    for part, key in zip(resumed[:3], ("model", "optimizer", "schedule"), strict=True):
        part.load_state_dict(state[key])
    resumed[3].set_state(state["generator"])
    assert train(*resumed, 8) == expected[6:]
    for a, b in zip(whole[0].parameters(), resumed[0].parameters(), strict=True):
        assert a.tolist() == b.tolist()
