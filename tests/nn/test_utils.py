import math
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad.errors import ArgumentError, GraphError
from minigrad.nn import Parameter
from minigrad.nn.utils import clip_grad_norm_


def with_grads(*grads: Any, dtype: Any = None) -> list[Parameter]:
    parameters = []
    for g in grads:
        grad = minigrad.tensor(g, dtype=dtype)
        parameters.append(Parameter(minigrad.zeros(*grad.shape, dtype=grad.dtype)))
        parameters[-1].grad = grad
    return parameters


def grads(parameters: list[Parameter]) -> list:
    return [None if p.grad is None else p.grad.tolist() for p in parameters]


def test_it_returns_the_joint_norm_before_and_scales_all_alike() -> None:
    parameters = with_grads([3.0, 0.0], [[0.0, 4.0]])
    assert clip_grad_norm_(parameters, 1.0).item() == 5.0
    assert grads(parameters) == [pytest.approx([0.6, 0.0]), [pytest.approx([0.0, 0.8])]]
    assert clip_grad_norm_(parameters, 1.0).item() == pytest.approx(1.0)


def test_small_gradients_and_missing_ones_are_left_alone() -> None:
    parameters = [*with_grads([0.3, 0.4]), Parameter(minigrad.zeros(2))]
    assert clip_grad_norm_(iter(parameters), 1.0).item() == pytest.approx(0.5)
    assert grads(parameters) == [pytest.approx([0.3, 0.4], rel=1e-7), None]
    assert clip_grad_norm_([Parameter(minigrad.zeros(2))], 1.0).item() == 0.0
    assert clip_grad_norm_([], 1.0).item() == 0.0
    (single,) = with_grads([3.0, 4.0])
    assert clip_grad_norm_(single, 0.0).item() == 5.0 and grads([single]) == [[0.0, 0.0]]


def test_other_norms() -> None:
    for norm_type, total in ((1, 7.0), (math.inf, 4.0), (3.0, 91 ** (1 / 3)), (0.5, 13.9282)):
        parameters = with_grads([3.0], [-4.0])
        found = clip_grad_norm_(parameters, 2.0, norm_type=norm_type).item()
        assert found == pytest.approx(total, rel=1e-5)
        assert grads(parameters)[0] == pytest.approx([3 * 2 / total], rel=1e-5)


def test_the_square_of_a_large_or_small_gradient_is_no_problem() -> None:
    parameters = with_grads([3e25, 4e25])  # squares: inf in float32
    assert clip_grad_norm_(parameters, 1.0).item() == pytest.approx(5e25)
    assert grads(parameters) == [pytest.approx([0.6, 0.8])]
    assert clip_grad_norm_(with_grads([3e-30, 4e-30]), 1.0).item() == pytest.approx(5e-30)
    half = with_grads([60000.0, 60000.0], dtype=minigrad.float16)
    assert clip_grad_norm_(half, 1.0).item() == pytest.approx(60000 * math.sqrt(2), rel=1e-3)
    assert half[0].grad is not None and half[0].grad.dtype == np.float16
    assert half[0].grad.tolist() == pytest.approx([0.7071, 0.7071], rel=1e-2)


@pytest.mark.parametrize("norm_type", [1, 2, math.inf])
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_norm_that_is_not_finite_is_reported(norm_type: float, bad: float) -> None:
    for order in ([1.0], [bad]), ([bad], [1.0]):
        warning = pytest.warns(UserWarning, match=f"norm of the gradients is {bad}, so clipping")
        with np.errstate(invalid="ignore"), warning:
            total = clip_grad_norm_(with_grads(*order), 1.0, norm_type).item()
        assert math.isnan(total) if math.isnan(bad) else total == bad
        untouched = with_grads(*order)
        with pytest.raises(GraphError, match=r"its cause with minigrad\.detect_anomaly\(\)"):
            clip_grad_norm_(untouched, 1.0, norm_type, error_if_nonfinite=True)
        assert str(grads(untouched)) == str(list(order))


def test_errors() -> None:
    for max_norm in (-1.0, math.nan):
        with pytest.raises(ArgumentError, match="clip_grad_norm_: max_norm must be ≥ 0, got"):
            clip_grad_norm_(with_grads([1.0]), max_norm)
    for norm_type in (0, -1.0, math.nan):
        with pytest.raises(ArgumentError, match="clip_grad_norm_: norm_type must be > 0, got"):
            clip_grad_norm_(with_grads([1.0]), 1.0, norm_type)
