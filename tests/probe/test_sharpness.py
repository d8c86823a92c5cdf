import numpy as np
import pytest

import minigrad
from minigrad import float64, tensor
from minigrad.autograd.functional import hessian
from minigrad.probe import sharpness


def test_of_a_parabola_and_along_its_axes() -> None:
    """½ (9 a² + 4 b² + b²): 9 along a, 5 along b; measured in units of 3 along a: 1."""
    a, b = (tensor([1.0], dtype=float64, requires_grad=True) for _ in range(2))

    def loss() -> minigrad.Tensor:
        return (9 * a * a + 5 * b * b).sum() / 2

    value, vector = sharpness(loss, [a, b], np.ones(2), 60)
    assert value == pytest.approx(9) and np.abs(vector) == pytest.approx([1, 0], abs=1e-6)
    value, vector = sharpness(loss, [a, b], np.ones(2), 60, unit=np.array([3.0, 1.0]))
    assert value == pytest.approx(5) and np.abs(vector) == pytest.approx([0, 1], abs=1e-6)


def test_a_ridge_is_negative() -> None:
    a = tensor([1.0, 1.0], dtype=float64, requires_grad=True)
    assert sharpness(lambda: -(a * a).sum(), [a], np.ones(2), 3)[0] == pytest.approx(-2)


def test_of_a_network_as_its_whole_hessian_says() -> None:
    rng = np.random.default_rng(0)
    x = tensor(rng.normal(size=(8, 3)))
    first, second = (tensor(rng.normal(size=s), requires_grad=True) for s in ((4, 3), (1, 4)))

    def cost(w: minigrad.Tensor, u: minigrad.Tensor) -> minigrad.Tensor:
        return ((minigrad.tanh(x @ w.T) @ u.T - 1) ** 2).mean()

    parts = hessian(cost, (first, second))
    sizes = [12, 4]
    whole = np.block(
        [[parts[i][j].array.reshape(sizes[i], sizes[j]) for j in range(2)] for i in range(2)]
    )
    values = np.linalg.eigvalsh(whole)
    found, _ = sharpness(lambda: cost(first, second), [first, second], rng.normal(size=16), 300)
    assert found == pytest.approx(values[np.abs(values).argmax()], rel=1e-6)
