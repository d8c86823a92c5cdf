import numpy as np
import pytest

import minigrad
from minigrad.core.random import Generator
from minigrad.errors import ArgumentError, DtypeError, IndexRangeError, ShapeError
from minigrad.nn import Embedding, Linear


def test_linear_is_input_times_weight_transposed_plus_bias() -> None:
    layer = Linear(2, 3)
    layer.weight.array[...] = [[1, 2], [3, 4], [5, 6]]
    layer.bias.array[...] = [10, 20, 30]
    assert layer(minigrad.tensor([1.0, -1.0])).tolist() == [9.0, 19.0, 29.0]
    assert layer(minigrad.zeros(4, 0, 2)).shape == (4, 0, 3)
    assert [name for name, _ in Linear(2, 3, bias=False).named_parameters()] == ["weight"]
    assert Linear(2, 3, dtype=minigrad.float64).bias.dtype == np.float64


def test_linear_starts_as_pytorch_does() -> None:
    """U(±1/√in) for both: mean square 1/(3 in), which divides E[x²] by 3 at each layer."""
    draws = np.stack([Linear(50, 80, generator=Generator(s)).weight.array for s in range(20)])
    assert abs(draws).max() <= 1 / np.sqrt(50) and abs(draws).max() > 0.999 / np.sqrt(50)
    assert abs((draws**2).mean() * 150 - 1) < 0.01  # sampling error 0.9/√80000 = 0.003
    bias = np.stack([Linear(50, 80, generator=Generator(s)).bias.array for s in range(20)])
    assert abs((bias**2).mean() * 150 - 1) < 0.1 and abs(bias).max() <= 1 / np.sqrt(50)
    x = minigrad.randn(200, 50, generator=Generator(0))
    y = Linear(50, 4000, bias=False, generator=Generator(1))(x)
    assert abs((y.array**2).mean() / (x.array**2).mean() - 1 / 3) < 0.02


@pytest.mark.parametrize("kind", [Linear, Embedding])
def test_a_generator_decides_the_draw(kind: type) -> None:
    a, b, c = (kind(5, 4, generator=Generator(seed)) for seed in (1, 1, 2))
    for p, q, r in zip(a.parameters(), b.parameters(), c.parameters(), strict=True):
        assert (p.array == q.array).all() and (p.array != r.array).any()
    minigrad.manual_seed(3)
    d = kind(5, 4)
    e = kind(5, 4)
    minigrad.manual_seed(3)
    assert (kind(5, 4).weight.array == d.weight.array).all()
    assert (d.weight.array != e.weight.array).all()  # two layers never start equal


def test_reset_parameters_draws_anew() -> None:
    layer = Linear(5, 4)
    before = layer.weight.array.copy()
    layer.reset_parameters()
    assert (layer.weight.array != before).all() and layer.weight.requires_grad


@pytest.mark.parametrize("size", [0, -1, 2.0, "2", None])
def test_sizes_must_be_positive_ints(size: object) -> None:
    with pytest.raises(ArgumentError, match="Linear: in_features must be a positive int, got"):
        Linear(size, 1)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="Linear: out_features must be a positive int, got"):
        Linear(1, size)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="Embedding: embedding_dim must be a positive int"):
        Embedding(1, size)  # type: ignore[arg-type]
    Linear(np.int64(2), 1)  # type: ignore[arg-type]


def test_linear_says_what_does_not_fit() -> None:
    with pytest.raises(ShapeError, match=r"must end in the second size of weight"):
        Linear(3, 2)(minigrad.ones(2, 4))
    with pytest.raises(DtypeError, match="one dtype"):
        Linear(3, 2)(minigrad.ones(2, 3, dtype=minigrad.float64))
    with pytest.raises(DtypeError):
        Linear(3, 2)(np.ones((2, 3), np.float32))  # type: ignore[arg-type]


def test_embedding_rows_and_their_gradients() -> None:
    layer = Embedding(4, 2)
    ids = minigrad.tensor([[1, 3], [1, 1]])
    out = layer(ids)
    assert out.shape == (2, 2, 2) and (out.array == layer.weight.array[ids.array]).all()
    out.sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.tolist() == [[0, 0], [3, 3], [0, 0], [1, 1]]
    draws = np.stack([Embedding(40, 50, generator=Generator(s)).weight.array for s in range(20)])
    assert abs(draws.mean()) < 0.03 and abs(draws.std() - 1) < 0.02


@pytest.mark.parametrize("padding", [1, -3])
def test_the_padding_row_starts_at_zero_and_stays(padding: int) -> None:
    layer = Embedding(4, 2, padding_idx=padding)
    assert layer.weight.tolist()[1] == [0, 0] and layer.weight.array[[0, 2, 3]].all()
    layer(minigrad.tensor([1, 2, 1])).sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.tolist() == [[0, 0], [0, 0], [1, 1], [0, 0]]


def test_embedding_errors() -> None:
    for padding in (4, -5):
        with pytest.raises(
            ArgumentError, match=f"padding_idx must be one of 4 rows, got {padding}"
        ):
            Embedding(4, 2, padding_idx=padding)
    with pytest.raises(IndexRangeError, match=r"indices must lie in \[0, 3\], got 4"):
        Embedding(4, 2)(minigrad.tensor([0, 4]))
    with pytest.raises(IndexRangeError, match=r"indices must lie in \[0, 3\], got -1"):
        Embedding(4, 2)(minigrad.tensor([-1]))
    with pytest.raises(DtypeError, match=r"indices must be integers, got float32"):
        Embedding(4, 2)(minigrad.ones(2))
