import math

import numpy as np
import pytest

import minigrad.nn.functional as F
from minigrad import Generator, float64, nn, no_grad, optim, randn, tensor
from minigrad.probe import LayerHistory


def network():
    generator = Generator(0)
    return nn.Sequential(
        nn.Linear(4, 8, generator=generator), nn.ReLU(), nn.Linear(8, 3, generator=generator)
    )


def train(model, seen, steps=3, lr=0.1, between=lambda: None):
    optimizer = optim.SGD(model.parameters(), lr=lr)
    generator = Generator(1)
    for _ in range(steps):
        loss = F.cross_entropy(model(randn(5, 4, generator=generator)), tensor([0, 1, 2, 0, 1]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        between()
        seen.step()


def test_the_three_figures_of_each_layer_at_each_step():
    model, stds = network(), []
    model[0].register_forward_hook(lambda m, i, out: stds.append(out.array.std()))
    before = [p.array.copy() for p in model[0].parameters()]
    with LayerHistory({"first": model[0], "head": model[2]}) as seen:
        train(model, seen, steps=1)
        norm = math.sqrt(sum((p.grad.array**2).sum() for p in model[0].parameters()))
        size = math.sqrt(sum((w**2).sum() for w in before))
        # SGD's step is lr times the gradient
        assert seen.update_ratio["first"][0] == pytest.approx(0.1 * norm / size, rel=1e-5)
        assert seen.gradient_norm["first"] == [pytest.approx(norm, rel=1e-6)]
        train(model, seen, steps=2)
    assert seen.activation_std["first"] == pytest.approx(stds, rel=1e-5)
    for figures in (seen.activation_std, seen.gradient_norm, seen.update_ratio):
        assert {name: len(values) for name, values in figures.items()} == {"first": 3, "head": 3}


@pytest.mark.parametrize("shape", [(5, 8), (2, 5, 8)])
@pytest.mark.parametrize("size", [1.0, 1e-6])  # 1 − cos is about size²: 1 − 1e-12 would lose it
def test_how_far_apart_the_rows_of_an_output_are(shape, size):
    rows = np.ones(shape[-1]) + size * np.random.default_rng(0).normal(size=shape)
    layer = nn.Identity()
    with LayerHistory({"layer": layer}) as seen:
        layer(tensor(rows, dtype=float64, requires_grad=True))
        seen.step()
    unit = rows / np.linalg.norm(rows, axis=-1, keepdims=True)
    pairs = [
        0.5 * ((unit[..., i, :] - unit[..., j, :]) ** 2).sum(-1).mean()
        for i in range(5)
        for j in range(i)
    ]
    assert seen.apart["layer"] == [pytest.approx(np.mean(pairs), rel=1e-6)]


def test_alike_rows_are_not_apart_and_a_single_one_has_no_other():
    for shape, right in (((4, 3), 0.0), ((1, 3), math.nan), ((3,), math.nan)):
        layer = nn.Identity()
        with LayerHistory({"layer": layer}) as seen:
            layer(tensor(np.ones(shape), requires_grad=True))
            seen.step()
        assert seen.apart["layer"] == [pytest.approx(right, nan_ok=True)]


def test_a_ratio_is_of_one_step_and_not_of_all_since_the_start():
    model = network()
    seen = LayerHistory({"first": model[0]})
    seen.step()
    assert seen.update_ratio["first"] == [0]
    for p in model[0].parameters():
        p.array *= 1.5
    seen.step()
    seen.step()
    assert seen.update_ratio["first"] == [0, pytest.approx(0.5), 0]


def test_an_evaluation_between_the_steps_is_not_looked_at():
    def evaluate(model):
        with no_grad():
            model(100 * randn(9, 4, generator=Generator(2)))

    plain, evaluated = network(), network()
    one, other = (LayerHistory({"first": model[0]}) for model in (plain, evaluated))
    train(plain, one)
    train(evaluated, other, between=lambda: evaluate(evaluated))
    assert one.activation_std == other.activation_std


def test_hooks_go_and_a_layer_without_parameters_has_no_ratio():
    model = network()
    with LayerHistory({"relu": model[1]}) as seen:
        train(model, seen, steps=1)
    assert not any(module._forward_hooks for module in model.modules())
    assert seen.activation_std["relu"][0] > 0
    assert seen.gradient_norm["relu"] == [0] and np.isnan(seen.update_ratio["relu"][0])
