"""dropout's mask, and gelu in float32 against the truth."""

import math

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad.functional.normal import normal_cdf, normal_pdf


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean_and_its_gradient_is_the_same_mask(p):
    n = 20_000
    x = mg.ones(n, requires_grad=True)
    y = F.dropout(x, p, generator=mg.Generator(0))
    y.sum().backward()
    np.testing.assert_allclose(np.unique(y.detach().numpy()), [0, 1 / (1 - p)], 1e-6)
    share = (y == 0).float().mean().item()
    assert abs(share - p) < 5 * math.sqrt(p * (1 - p) / n)
    assert x.grad.tolist() == y.tolist()


def test_dropout_out_of_training_passes_its_input_on():
    x = mg.ones(3)
    assert F.dropout(x, 0.5, False) is x
    assert F.dropout(x, 0.0) is x
    assert F.dropout(x, 1.0).tolist() == [0, 0, 0]


def truth(x):
    """Φ and φ in float64, by erfc, which keeps its digits in the tail."""
    x = np.asarray(x, np.float64)
    cdf = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in x.ravel()]).reshape(x.shape)
    return cdf, np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)


@pytest.mark.parametrize(("dtype", "bound"), [("float64", 2e-16), ("float32", 3e-7)])
def test_the_normal_distribution(dtype, bound):
    x = np.linspace(-12, 12, 20_001).astype(dtype)
    cdf, pdf = truth(x)
    assert np.abs(normal_cdf(x) - cdf).max() <= bound
    assert np.abs(normal_pdf(x) - pdf).max() <= bound
    assert normal_cdf(x).dtype == normal_pdf(x).dtype == np.dtype(dtype)


def test_gelu_in_float32_and_float16():
    grid = np.concatenate([np.linspace(-9, 9, 20_001), [-1e4, -100, 100, 1e4, 0.0]])
    for dtype, bound in (("float32", 4e-7), ("float16", 2e-3)):
        x = mg.tensor(grid, dtype=dtype, requires_grad=True)
        y = F.gelu(x)
        y.sum().backward()
        cdf, pdf = truth(x.array)
        scale = np.maximum(1, np.abs(grid))
        assert (np.abs(y.detach().numpy() - x.array * cdf) / scale).max() <= bound
        slope = cdf + np.float64(x.array) * pdf
        assert np.abs(x.grad.numpy() - slope).max() <= 2 * bound


def test_sigmoid_in_float16_reaches_into_the_tail():
    y = F.sigmoid(mg.tensor([-12.0, 12.0], dtype="float16"))
    np.testing.assert_allclose(y.numpy(), [6.14e-6, 1.0], rtol=0.01)
