"""Dtype changes keep the graph; half precision is computed in float32; `shared` computes once."""

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad.errors import DtypeError
from minigrad.functional.operands import shared, to


def test_a_gradient_comes_back_in_its_inputs_dtype():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    (x.double() * mg.tensor([0.1, 0.2], dtype="float64")).sum().backward()
    assert x.grad.dtype == mg.float32
    np.testing.assert_allclose(x.grad.numpy(), [0.1, 0.2], 1e-7)


@pytest.mark.parametrize("convert", ["half", "float", "double", "long", "bool"])
def test_conversions(convert):
    x = mg.tensor([1.0, 0.0], requires_grad=True)
    out = getattr(x, convert)()
    expected = {
        "half": mg.float16,
        "float": mg.float32,
        "double": mg.float64,
        "long": mg.int64,
        "bool": mg.bool,
    }[convert]
    assert out.dtype == x.to(expected).dtype == expected
    assert out.requires_grad == mg.zeros(1, dtype=expected).is_floating_point()
    assert (out is x) == (convert == "float")


def test_mixed_dtypes_meet_in_the_wider_and_part_again():
    a = mg.ones(2, dtype="float16", requires_grad=True)
    b = mg.ones(2, dtype="float64", requires_grad=True)
    out = a * b + a.float()
    out.sum().backward()
    assert (out.dtype, a.grad.dtype, b.grad.dtype) == (mg.float64, mg.float16, mg.float64)


LONG = {  # 4,000 terms: their sum has no digits left in float16, or is beyond its largest number
    "mean": (lambda x: x.mean(), 30.0, 30.0),
    "sum": (lambda x: x.sum(), 1.0, 4000.0),
    "sum of rows": (lambda x: x.reshape(-1, 1).sum(0), 1.0, 4000.0),
    "var": (lambda x: (x + mg.tensor([1.0, -1.0] * 2000).half()).var(), 30.0, 1.0),
    "norm": (lambda x: x.norm(), 30.0, 30 * 4000**0.5),
    "logsumexp": (lambda x: x.logsumexp(0), 3.0, 3 + np.log(4000)),
    "cumsum": (lambda x: x.cumsum(0)[-1], 1.0, 4000.0),
    "softmax": (lambda x: x.softmax(0).sum(), 3.0, 1.0),
    "mse_loss": (lambda x: F.mse_loss(x, mg.zeros_like(x)), 200.0, 40_000.0),
    "cross_entropy": (lambda x: F.cross_entropy(x, mg.tensor(3)), 3.0, np.log(4000)),
    "layer_norm": (lambda x: F.layer_norm(x, (4000,)).norm() + x.sum(), 1.0, 4000.0),
    "rms_norm": (lambda x: F.rms_norm(x, (4000,)).mean(), 300.0, 1.0),
    "broadcast": (lambda x: (x * 0 + mg.ones(1).half()).sum(), 1.0, 4000.0),
}


@pytest.mark.parametrize("name", LONG)
def test_float16_is_summed_in_float32_and_comes_back(name):
    op, value, expected = LONG[name]
    x = mg.full((4000,), value, dtype="float16", requires_grad=True)
    out = op(x)
    out.sum().backward()
    assert out.dtype == x.grad.dtype == mg.float16
    assert out.item() == pytest.approx(expected, rel=2e-3)
    assert mg.isfinite(x.grad).all()


def test_the_gradient_of_a_float16_bias_counts_every_row():
    bias = mg.zeros(3, dtype="float16", requires_grad=True)
    (mg.ones(4096, 3, dtype="float16") + bias).sum().backward()
    assert bias.grad.tolist() == [4096] * 3
    weight = mg.zeros(3, 2, dtype="float16", requires_grad=True)
    bias.grad = None
    F.linear(mg.ones(4096, 2, dtype="float16"), weight, bias).sum().backward()
    assert bias.grad.tolist() == [4096] * 3


def test_half_may_be_given_by_keyword():
    x = mg.ones(3, dtype="float16")
    assert F.softmax(input=x, dim=0).dtype == mg.float16
    q = mg.ones(2, 3, dtype="float16")
    assert F.scaled_dot_product_attention(query=q, key=q, value=q).dtype == mg.float16


def test_a_row_of_zeros_in_float16_gives_zeros():
    x = mg.zeros(2, 8, dtype="float16", requires_grad=True)
    for norm in (F.layer_norm, F.rms_norm):
        for eps in (1e-5, 1e-8):  # 1e-8 is 0 in float16
            out = norm(x, (8,), eps=eps)
            out.sum().backward()
            assert out.dtype == mg.float16
            assert not out.any() and mg.isfinite(x.grad).all()


def test_shared_computes_once_per_gradient():
    calls = []

    @shared
    def squared(g):
        calls.append(g)
        return g * g

    g, h = np.ones(2), np.zeros(2)
    assert squared(g) is squared(g)
    assert len(calls) == 1
    squared(h), squared(g)
    assert len(calls) == 3


def test_what_is_no_operand():
    for other in ("a", None, [1], {}, 1j):
        with pytest.raises(DtypeError, match="add: an operand must be a Tensor or a number"):
            mg.ones(2) + other
    with pytest.raises(DtypeError, match="add: one operand must be a Tensor"):
        mg.add(1, 2)
    with pytest.raises(DtypeError, match=r"exp: input must be a Tensor, got float: wrap it"):
        mg.exp(1.0)
    with pytest.raises(DtypeError, match=r"mean: input must be floating point, got int64"):
        mg.tensor([1, 2]).mean()
    assert to(mg.ones(1), mg.float32) is not None


def test_a_reduction_takes_numpys_names_of_its_arguments_as_pytorch_does():
    x = mg.randn(2, 3)
    for op in (mg.sum, mg.mean, mg.std, mg.amax, mg.logsumexp, mg.norm):
        same = op(x, axis=1, keepdims=True) == op(x, dim=1, keepdim=True)
        assert same.shape == (2, 1) and same.all()
    assert (mg.cat([x, x], axis=1) == mg.cat([x, x], dim=1)).all()
