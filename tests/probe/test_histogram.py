import numpy as np
import pytest

import minigrad.nn.functional as F
from minigrad import Generator, nn, no_grad, randn, tensor
from minigrad.probe import Histograms, histogram


def test_the_share_of_values_between_edges() -> None:
    values = [-9.0, -0.5, 0.0, 0.25, 0.75, 9.0, np.inf, np.nan]
    shares = histogram(values, [-1, 0, 0.5, 1])
    assert shares.tolist() == [2 / 8, 2 / 8, 3 / 8]  # what lies outside is at the ends, NaN nowhere


def test_positive_edges_count_sizes() -> None:
    shares = histogram([[-3e-3, 3e-3], [0.0, -0.5]], np.logspace(-4, 0, 5))
    assert shares.tolist() == pytest.approx([1 / 4, 2 / 4, 0, 1 / 4])


def test_of_each_layer_forward_and_back() -> None:
    generator = Generator(0)
    model = nn.Sequential(nn.Linear(4, 8, generator=generator), nn.Linear(8, 3))
    x = randn(5, 4, generator=generator)
    edges, sizes = np.linspace(-2, 2, 9), np.logspace(-6, 0, 7)
    kept = {}
    model[0].register_forward_hook(lambda m, i, out: kept.update(out=out))
    with Histograms({"first": model[0]}, edges, sizes) as seen:
        loss = F.cross_entropy(model(x), tensor([0, 1, 2, 0, 1]))
        kept["out"].retain_grad()
        loss.backward()
        first = seen.activations["first"]
        np.testing.assert_array_equal(first, histogram(kept["out"].array, edges))
        np.testing.assert_array_equal(
            seen.gradients["first"], histogram(kept["out"].grad.array, sizes)
        )
        assert seen.record()["activations"] == {"first": pytest.approx(first, abs=1e-5)}
        with no_grad():
            model(100 * x)  # an evaluation is not looked at
        assert seen.activations["first"] is first
    model(100 * x)
    assert seen.activations["first"] is first and seen.activations.keys() == {"first"}
