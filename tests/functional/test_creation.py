"""New tensors: values, both ways of writing a shape, and the laws of what is drawn."""

import math

import numpy as np
import pytest

import minigrad as mg

SHAPED = {
    "zeros": mg.zeros,
    "ones": mg.ones,
    "empty": mg.empty,
    "rand": mg.rand,
    "randn": mg.randn,
}


@pytest.mark.parametrize("name", SHAPED)
def test_a_shape_is_several_ints_or_one_tuple(name):
    make = SHAPED[name]
    assert make(2, 3).shape == make((2, 3)).shape == make([2, 3]).shape == (2, 3)
    assert make().shape == make(()).shape == ()
    assert make(0, 2).shape == (0, 2)
    assert make(2, dtype="float64").dtype == mg.float64
    assert make(2, requires_grad=True).requires_grad


def test_values():
    assert mg.zeros(2).tolist() == [0, 0] and mg.ones(2).tolist() == [1, 1]
    assert mg.full((2, 2), 7).tolist() == [[7, 7], [7, 7]]
    assert mg.full((), 1.5).item() == 1.5
    assert mg.full(3, True).tolist() == [True] * 3
    assert mg.full((2,), 1, dtype="float16").dtype == mg.float16
    assert mg.arange(3).tolist() == [0, 1, 2]
    assert mg.arange(end=3).tolist() == [0, 1, 2]
    assert mg.arange(1, 7, 2).tolist() == [1, 3, 5]
    assert mg.arange(5, 2, -1).tolist() == [5, 4, 3]
    assert mg.arange(0, 1, 0.25).tolist() == [0, 0.25, 0.5, 0.75]
    assert mg.arange(2, 2).tolist() == []
    assert mg.linspace(0, 1, 5).tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert mg.linspace(2, 3, 1).tolist() == [2]
    assert mg.eye(2, 3).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert mg.nn.functional.one_hot(mg.tensor([[0, 2]])).tolist() == [[[1, 0, 0], [0, 0, 1]]]


def test_like():
    x = mg.ones(2, 3, dtype="float16", requires_grad=True)
    for make in (mg.zeros_like, mg.ones_like, mg.empty_like, mg.rand_like, mg.randn_like):
        made = make(x)
        assert (made.shape, made.dtype, made.requires_grad) == ((2, 3), mg.float16, False)
        assert make(x, dtype="float64", requires_grad=True).dtype == mg.float64
    assert mg.full_like(x, 2).tolist() == [[2] * 3] * 2
    assert mg.randint_like(x, 5).dtype == mg.float16
    assert mg.randint_like(x, 3, 4, dtype="int64").tolist() == [[3] * 3] * 2


def test_tensor_copies_and_shares_nothing():
    array = np.ones(2, np.float32)
    x = mg.tensor(array)
    y = mg.tensor(x)
    array[0] = x.array[1] = 5
    assert (x.tolist(), y.tolist()) == ([1, 5], [1, 1])


N = 40_000


@pytest.mark.parametrize(
    ("draw", "mean", "std", "low", "high"),
    [
        (lambda g: mg.rand(N, generator=g), 0.5, math.sqrt(1 / 12), 0, 1),
        (lambda g: mg.randn(N, generator=g), 0, 1, -6, 6),
        (lambda g: mg.randint(6, (N,), generator=g).float(), 2.5, math.sqrt(35 / 12), 0, 5),
        (lambda g: mg.randint(-2, 2, (N,), generator=g).float(), -0.5, math.sqrt(5 / 4), -2, 1),
        (lambda g: mg.bernoulli(mg.full((N,), 0.3), generator=g), 0.3, math.sqrt(0.21), 0, 1),
        (lambda g: mg.rand(N, dtype="float16", generator=g).float(), 0.5, math.sqrt(1 / 12), 0, 1),
    ],
)
def test_what_is_drawn_has_the_moments_of_its_law(draw, mean, std, low, high):
    """Within five standard errors of the mean, over three seeds; std within 2 %."""
    for seed in range(3):
        x = draw(mg.Generator(seed))
        assert abs(x.mean().item() - mean) < 5 * std / math.sqrt(N)
        assert x.std().item() == pytest.approx(std, rel=0.02)
        assert low <= x.min().item() and x.max().item() <= high


def test_randperm_is_a_permutation():
    order = mg.randperm(50, generator=mg.Generator(0))
    assert order.dtype == mg.int64
    assert sorted(order.tolist()) == list(range(50)) != order.tolist()
    assert mg.randperm(0).shape == (0,)
