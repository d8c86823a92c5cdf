"""Dropout within attention, and what it never looks at."""

import numpy as np

import minigrad as mg
from minigrad.nn.functional import scaled_dot_product_attention


def test_dropout_drops_weights_and_rescales():
    q, k = mg.zeros(500, 1, 4), mg.zeros(500, 8, 4)  # all weights equal
    v = mg.eye(8).expand(500, 8, 8)  # and what comes out are the weights
    out = scaled_dot_product_attention(q, k, v, dropout_p=0.25, generator=mg.Generator(0))
    weights = out.numpy().ravel()
    np.testing.assert_allclose(np.unique(weights.round(6)), [0, round(1 / 8 / 0.75, 6)], atol=1e-6)
    assert abs((weights == 0).mean() - 0.25) < 5 * (0.25 * 0.75 / 4000) ** 0.5
    everything = scaled_dot_product_attention(q, k, v, dropout_p=1.0)
    assert not everything.any()


def test_a_position_never_sees_those_after_it():
    q, k, v = (mg.randn(2, 5, 4, requires_grad=True) for _ in range(3))
    out = scaled_dot_product_attention(q, k, v, is_causal=True)
    out[:, 2].sum().backward()
    for tensor in (k, v):
        assert tensor.grad[:, :3].abs().sum().item() > 0
        assert tensor.grad[:, 3:].abs().sum().item() == 0


def test_what_a_mask_hides_gets_no_gradient():
    q, k, v = (mg.randn(3, 4, requires_grad=True) for _ in range(3))
    mask = mg.tensor([[True, True, False]]).expand(3, 3)
    scaled_dot_product_attention(q, k, v, mask).sum().backward()
    assert k.grad[2].tolist() == v.grad[2].tolist() == [0] * 4


def test_a_row_that_sees_nothing_gives_zeros_and_gradients_stay_finite():
    q, k, v = (mg.randn(2, 4, requires_grad=True) for _ in range(3))
    mask = mg.tensor([[False, False], [True, True]])
    for given in (mask, mg.zeros(2, 2).masked_fill(~mask, -float("inf"))):
        out = scaled_dot_product_attention(q, k, v, given)
        assert out[0].tolist() == [0] * 4
        out.sum().backward()
        assert all(mg.isfinite(x.grad).all() for x in (q, k, v))
        assert q.grad[0].tolist() == [0] * 4


def test_an_added_mask_that_learns():
    q, k, v = (mg.randn(2, 3, 4, dtype="float64") for _ in range(3))
    bias = mg.zeros(3, 3, dtype="float64", requires_grad=True)
    attend = scaled_dot_product_attention
    assert mg.autograd.gradcheck(lambda b: attend(q, k, v, b, scale=0.0), bias)
    assert mg.autograd.gradcheck(lambda b: attend(q, k, v, b), bias)
