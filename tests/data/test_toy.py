from itertools import islice

import numpy as np

from minigrad.data.toy import batches, toy


def test_shapes_types_and_the_rule():
    task = toy(0)
    assert task.x.shape == (1000, 256) and task.x.dtype == np.float32
    assert task.x_val.shape == (200, 256)
    assert task.y.shape == (1000,) and task.y.dtype == np.int64
    assert np.array_equal(task.y, (task.x[:, :10].sum(axis=1) > 0).astype(np.int64))
    assert np.array_equal(task.y_val, (task.x_val[:, :10].sum(axis=1) > 0).astype(np.int64))


def test_classes_are_balanced_and_inputs_are_standard_normal():
    # 20 seeds × 1,000 labels: the share of ones has a standard error of 0.0035
    assert abs(np.mean([toy(seed).y.mean() for seed in range(20)]) - 0.5) < 0.015
    x = toy(1).x
    assert abs(x.mean()) < 0.01 and abs(x.std() - 1) < 0.01


def test_the_seed_decides_everything():
    assert all(np.array_equal(a, b) for a, b in zip(toy(3), toy(3), strict=True))
    assert not np.array_equal(toy(3).x, toy(4).x)
    x, y = toy(0).x, toy(0).y
    first = [b[1] for b in islice(batches(x, y, 64, seed=5), 20)]
    again = [b[1] for b in islice(batches(x, y, 64, seed=5), 20)]
    other = [b[1] for b in islice(batches(x, y, 64, seed=6), 20)]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_an_epoch_shows_every_example_once_and_the_next_in_another_order():
    x = np.arange(1000, dtype=np.float32)[:, None]
    stream = batches(x, np.zeros(1000, np.int64), 64, seed=0)
    epochs = [np.concatenate([xb[:, 0] for xb, _ in islice(stream, 16)]) for _ in range(2)]
    for epoch in epochs:
        assert np.array_equal(np.sort(epoch), np.arange(1000))
    assert not np.array_equal(epochs[0], epochs[1])
