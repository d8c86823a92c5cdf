import gc
import math
import weakref

import numpy as np
import pytest

from minigrad import Generator, nn, no_grad, ones, randn
from minigrad.probe import Probe, gradient_norm


def network():
    generator = Generator(0)
    return nn.Sequential(
        nn.Linear(4, 8, generator=generator), nn.ReLU(), nn.Linear(8, 3, generator=generator)
    )


def test_activations_and_gradients_by_layer():
    model, x = network(), randn(5, 4, generator=Generator(1))
    hidden = np.maximum(x.array @ model[0].weight.array.T + model[0].bias.array, 0)
    with Probe({"relu": model[1], "head": model[2]}) as probe:
        model(x).sum().backward()
    (seen,), (gradient,) = probe.activations["relu"], probe.gradients["relu"]
    assert seen.mean == pytest.approx(hidden.mean(), rel=1e-5)
    assert seen.rms == pytest.approx(math.sqrt((hidden**2).mean()), rel=1e-5)
    assert seen.zeros == (hidden == 0).mean() > 0
    expected = np.broadcast_to(model[2].weight.array.sum(axis=0), (5, 8))  # of the sum's gradient
    assert gradient.rms == pytest.approx(math.sqrt((expected**2).mean()), rel=1e-5)
    assert probe.gradients["head"][0].min == probe.gradients["head"][0].max == 1


def test_all_modules_of_a_class_under_their_names():
    model = nn.Sequential(network(), nn.ReLU())
    probe = Probe.of(model, nn.ReLU)
    model(randn(2, 4, generator=Generator(1)).detach())
    assert list(probe.activations) == ["0.1", "1"]
    assert [len(seen) for seen in probe.activations.values()] == [1, 1]


def test_hooks_go_and_what_was_measured_stays():
    model, x = network(), randn(2, 4, generator=Generator(1))
    with Probe.of(model, nn.Linear) as probe:
        model(x)
    model(x)
    assert [len(seen) for seen in probe.activations.values()] == [1, 1]
    assert not any(module._forward_hooks for module in model.modules())


def test_without_gradients_only_activations_are_seen():
    model = network()
    with Probe.of(model, nn.ReLU) as probe, no_grad():
        model(randn(2, 4, generator=Generator(1)))
    assert len(probe.activations["1"]) == 1 and probe.gradients["1"] == []


def test_a_probe_changes_nothing_and_keeps_no_tensor():
    model, x = network(), randn(2, 4, generator=Generator(1))
    plain = model(x).array
    gc.disable()
    try:
        with Probe.of(model, nn.ReLU):
            out = model(x)
        assert np.array_equal(out.array, plain)
        gone = weakref.ref(out)
        del out
        assert gone() is None
    finally:
        gc.enable()


def test_the_gradient_norm_is_over_all_parameters():
    a, b = (ones(1, requires_grad=True) for _ in range(2))
    assert gradient_norm([a, b]) == 0
    (3 * a + 4 * b).sum().backward()
    assert gradient_norm([a, b]) == 5
    assert gradient_norm(iter([b])) == 4
