import numpy as np
import pytest

import minigrad
from minigrad.errors import ArgumentError, ShapeError
from minigrad.nn import Parameter
from minigrad.optim import Muon
from minigrad.optim.muon import orthogonal


def parameter(*shape: int) -> Parameter:
    return Parameter(minigrad.zeros(*shape, dtype=minigrad.float64))


@pytest.mark.parametrize("shape", [(30, 30), (20, 50), (50, 20)])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_the_singular_values_come_near_one_and_the_vectors_stay(
    shape: tuple[int, int], size: float
) -> None:
    g = size * np.random.default_rng(0).normal(size=shape)
    u, s, vt = np.linalg.svd(g, full_matrices=False)
    inside = u.T @ orthogonal(g) @ vt.T  # diagonal where the vectors are the same
    np.testing.assert_allclose(inside, np.diag(np.diag(inside)), atol=1e-10)
    large = np.diag(inside)[s > 0.05 * s.max()]  # five steps do not lift the smallest to 1
    assert large.min() > 0.6 and large.max() < 1.25


def test_a_step_has_the_rates_spectral_norm_whatever_the_gradients_size() -> None:
    g = np.random.default_rng(0).normal(size=(40, 10))
    for size in (1e-3, 1e3):
        p = parameter(40, 10)
        p.grad = minigrad.tensor(size * g)
        Muon([p], lr=0.1, weight_decay=0.0).step()
        assert np.linalg.norm(p.array, 2) == pytest.approx(0.1 * np.sqrt(40 / 10), rel=0.25)


def test_two_steps_by_hand() -> None:
    """Rank one: u vᵀ has the one singular value 1 before the iteration, and f(1) after a step."""
    a, b, c = 3.4445, -4.775, 2.0315
    once, lr, decay = a + b + c, 0.1, 0.5
    p = parameter(1, 2)
    optimizer = Muon([p], lr=lr, momentum=0.5, weight_decay=decay, nesterov=False, ns_steps=1)
    at, mean = np.zeros(2), np.zeros(2)
    for g in (np.array([3.0, 4.0]), np.array([-3.0, 4.0])):
        p.grad = minigrad.tensor(g[None])
        optimizer.step()
        mean = 0.5 * mean + 0.5 * g
        at = at * (1 - lr * decay) - lr * once * mean / np.linalg.norm(mean)
        np.testing.assert_allclose(p.array[0], at, rtol=1e-12)


def test_a_gradient_of_zero_moves_nothing() -> None:
    p = parameter(3, 2)
    p.grad = minigrad.zeros(3, 2, dtype=minigrad.float64)
    Muon([p]).step()
    assert not p.array.any()


def test_what_is_no_matrix_is_refused_and_leaves_no_group() -> None:
    with pytest.raises(ShapeError, match=r"Muon takes matrices, got a parameter of shape \(3,\)"):
        Muon([parameter(2, 2), parameter(3)])
    optimizer = Muon([parameter(2, 2)])
    with pytest.raises(ShapeError):
        optimizer.add_param_group({"params": [parameter(3)]})
    assert len(optimizer.param_groups) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"lr": -1.0}, "lr must be ≥ 0"),
        ({"adjust_lr_fn": "mine"}, "adjust_lr_fn must be 'original', 'match_rms_adamw' or None"),
        ({"ns_steps": 100}, "ns_steps must be an int from 0 to 99, got 100"),
    ],
)
def test_options_that_mean_nothing_are_refused(wrong: dict, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        Muon([parameter(2, 2)], **wrong)
