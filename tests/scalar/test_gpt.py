import math

import pytest

from minigrad.scalar import GPT, Value
from minigrad.scalar.gpt import cross_entropy, rms_norm, softmax


def test_rms_norm_of_3_4_0() -> None:
    assert [round(v.data, 3) for v in rms_norm([Value(3), Value(4), Value(0)])] == [1.039, 1.386, 0]


def test_softmax_survives_large_numbers_and_sums_to_one() -> None:
    p = [v.data for v in softmax([Value(1000.0), Value(1001.0)])]
    assert p == pytest.approx([1 / (1 + math.e), math.e / (1 + math.e)])


def test_cross_entropy_keeps_what_a_clipped_softmax_loses() -> None:
    assert cross_entropy([Value(100.0), Value(0.0)], 1).data == pytest.approx(100.0)
    assert cross_entropy([Value(0.0)] * 10, 3).data == pytest.approx(math.log(10))


def test_the_default_model_has_the_documented_shape() -> None:
    model = GPT(27)
    assert {name: (len(w), len(w[0])) for name, w in model.weights.items()} == {
        "token_embedding.weight": (27, 16),
        "position_embedding.weight": (8, 16),
        "head.weight": (27, 16),
        "blocks.0.attention.qkv.weight": (48, 16),
        "blocks.0.attention.proj.weight": (16, 16),
        "blocks.0.ffn.up.weight": (64, 16),
        "blocks.0.ffn.down.weight": (16, 64),
    }
    assert len(model.parameters()) == 4064


def test_a_position_sees_nothing_that_comes_after_it() -> None:
    model = GPT(9)
    a, b = model([1, 2, 3, 4]), model([1, 2, 7, 8])
    assert [[v.data for v in row] for row in a[:2]] == [[v.data for v in row] for row in b[:2]]
    assert [v.data for v in a[2]] != [v.data for v in b[2]]


def test_gradients_agree_with_central_differences() -> None:
    model = GPT(5, context=4, dim=4, heads=2, std=0.5)
    ids = [0, 3, 1, 4, 0]
    model.loss(ids).backward()
    for name, matrix in model.weights.items():
        value = matrix[1][2]
        at, h = value.data, 1e-5
        value.data = at + h
        up = model.loss(ids).data
        value.data = at - h
        down = model.loss(ids).data
        value.data = at
        assert value.grad == pytest.approx((up - down) / (2 * h), abs=1e-8), name


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="multiple of heads, got dim=6, heads=4"):
        GPT(5, dim=6)
    with pytest.raises(ValueError, match=r"1 to 8 ids \(the context\), got 9"):
        GPT(5)([0] * 9)
    with pytest.raises(ValueError, match=r"0 … 4 \(the vocabulary\), got \[1, 5\]"):
        GPT(5)([1, 5])
