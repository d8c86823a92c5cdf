"""The variance that theory gives each init, against what nn.init draws."""

import math

import numpy as np
import pytest

import minigrad
from minigrad.errors import ArgumentError
from minigrad.nn import init
from minigrad.signal.weights import INITS, weight_variance

SHAPES = [(96, 256), (128, 128), (2, 96)]  # (out, in): first layer, hidden, head


def drawn(name, shape, scale, gain, seed):
    weight = minigrad.empty(*shape)
    generator = minigrad.Generator().manual_seed(seed)
    if name == "zeros":
        return init.zeros_(weight)
    if name == "uniform":
        return init.uniform_(weight, -scale, scale, generator=generator)
    if name == "normal":
        return init.normal_(weight, 0.0, scale, generator=generator)
    if name == "trunc_normal":
        return init.trunc_normal_(weight, 0.0, scale, -2 * scale, 2 * scale, generator=generator)
    if name.startswith(("xavier", "orthogonal")):
        return getattr(init, name + "_")(weight, gain, generator=generator)
    return getattr(init, name + "_")(weight, generator=generator)  # Kaiming's gain is ReLU's


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", INITS)
def test_variance_of_every_init(name, shape):
    scale, gain = 0.3, {"kaiming": math.sqrt(2), "lecun_n": 1.0}.get(name[:7], 1.3)
    out, into = shape
    theory = weight_variance(name, into, out, scale, gain)
    seeds = 8
    found = np.mean([np.mean(drawn(name, shape, scale, gain, s).array ** 2) for s in range(seeds)])
    # a mean of N squares of a Gaussian scatters by √(2/N); five of those
    assert abs(found - theory) <= 5 * math.sqrt(2 / (seeds * out * into)) * theory


@pytest.mark.parametrize("name", ["constant", "ones", "eye", "dirac", "sparse", "he"])
def test_inits_that_theory_does_not_cover(name):
    with pytest.raises(ArgumentError) as error:
        minigrad.predict(depth=3, init=name)
    said = str(error.value)
    assert said.startswith("init must be one of uniform, normal") and "zeros" in said
    assert "drawn at random, mean 0" in said and name in said and "\n" not in said
