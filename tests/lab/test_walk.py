"""A stack's bands: what 80 % of drawn stacks give, layer by layer."""

from types import SimpleNamespace

import numpy as np

from minigrad.lab.walk import bands, watched
from minigrad.probe import Probe


def settings(width=256, depth=4):
    return SimpleNamespace(width=width, depth=depth, batch=32)


def test_most_stacks_lie_in_their_band_and_the_mean_square_is_the_roots_square():
    s = settings()
    found = bands(s, "Kaiming", "ReLU")
    for low, high in found.values():
        assert low.shape == high.shape == (4,) and (low < high).all()
    for of_square, of_root in zip(found["variance"], found["forward_rms"], strict=True):
        np.testing.assert_allclose(of_square, of_root**2)
    inside = []
    for seed in range(5):
        see = watched(s, "Kaiming", "none", "ReLU", seed, lambda m: Probe(dict(enumerate(m))))
        rms = np.array([x[0].rms for x in see.activations.values()])
        inside.append((rms >= found["forward_rms"][0]) & (rms <= found["forward_rms"][1]))
    assert np.mean(inside) > 0.5


def test_there_is_none_for_inputs_of_another_width():
    assert bands(settings(width=16), "Kaiming") is None
