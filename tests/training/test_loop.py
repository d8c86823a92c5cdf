import math
import warnings

import numpy as np
import pytest

from minigrad import Generator, from_numpy, nn, optim
from minigrad.data import toy
from minigrad.nn.functional import cross_entropy
from minigrad.training import Record, train, train_step


def small(seed=0):
    task = toy.toy(seed, n_train=100, n_val=10, dim=12)
    generator = Generator(seed)
    model = nn.Sequential(
        nn.Linear(12, 16, generator=generator), nn.ReLU(), nn.Linear(16, 2, generator=generator)
    )
    return model, toy.batches(task.x, task.y, 32, seed)


def run(steps, lr=0.1, **options):
    model, batches = small()
    optimizer = optim.SGD(model.parameters(), lr=lr)
    return model, train(model, optimizer, batches, steps, Record(0), **options)


def test_a_step_lowers_the_loss_and_returns_the_one_before():
    model, batches = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    x, y = map(from_numpy, next(batches))
    losses = [train_step(model, cross_entropy, optimizer, x, y) for _ in range(5)]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] == cross_entropy(small()[0](x), y).item()


def test_the_same_seed_gives_the_same_losses_bit_for_bit():
    assert run(30)[1] == run(30)[1]


def test_watched_numbers_and_callbacks_come_once_per_step():
    seen, twos = [], []
    _, record = run(5, watch=[(lambda: 2.0, twos)], on_step=seen.append)
    assert twos == [2.0] * 5
    assert seen == [1, 2, 3, 4, 5]
    assert len(record.losses) == 5 and record.diverged_at is None


def test_watching_sees_the_step_s_gradient():
    model, batches = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    weight = model[0].weight
    norms = []
    watch = [(lambda: float(np.linalg.norm(weight.grad.array)), norms)]
    train(model, optimizer, batches, 3, Record(0), watch=watch)
    assert len(norms) == 3 and min(norms) > 0


def test_it_stops_at_the_first_loss_that_is_not_finite_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, record = run(200, lr=1e12)
    assert record.diverged_at == len(record.losses) - 1 < 199
    assert not math.isfinite(record.losses[-1])
    assert all(map(math.isfinite, record.losses[:-1]))


def test_what_was_recorded_stays_when_it_is_stopped():
    record = Record(0)
    model, batches = small()

    def stop(taken):
        if taken == 4:
            raise KeyboardInterrupt

    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(KeyboardInterrupt):
        train(model, optimizer, batches, 10, record, on_step=stop)
    assert len(record.losses) == 4
