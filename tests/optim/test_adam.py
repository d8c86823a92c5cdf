import math

import numpy as np
import pytest

import minigrad
from minigrad.nn import Parameter
from minigrad.optim import Adam, AdamW


def test_the_first_step_has_the_size_of_the_learning_rate() -> None:
    """m̂ = g and v̂ = g², whatever the gradient's size: p moves by lr · sign(g)."""
    for g in (1e-6, 1.0, 1e6):
        p = Parameter(minigrad.tensor([1.0, 1.0]))
        p.grad = minigrad.tensor([g, -g])
        Adam([p], lr=0.1, eps=0.0).step()
        assert p.tolist() == pytest.approx([0.9, 1.1], rel=1e-5)


def test_the_second_step_by_hand() -> None:
    p = Parameter(minigrad.tensor([1.0], dtype=minigrad.float64))
    optimizer = Adam([p], lr=0.1, betas=(0.5, 0.75), eps=0.01)
    at, m, v = 1.0, 0.0, 0.0
    for t, g in enumerate((1.0, -3.0), start=1):
        p.grad = minigrad.tensor([g], dtype=minigrad.float64)
        optimizer.step()
        m, v = 0.5 * m + 0.5 * g, 0.75 * v + 0.25 * g * g
        at -= 0.1 * (m / (1 - 0.5**t)) / (math.sqrt(v / (1 - 0.75**t)) + 0.01)
        assert p.item() == pytest.approx(at, rel=1e-12)


def test_adamw_decays_the_parameter_and_adam_the_gradient() -> None:
    for kind, expected in ((AdamW, 2 * (1 - 0.1 * 0.5) - 0.1), (Adam, 2 - 0.1)):
        p = Parameter(minigrad.tensor([2.0], dtype=minigrad.float64))
        p.grad = minigrad.tensor([3.0], dtype=minigrad.float64)
        kind([p], lr=0.1, weight_decay=0.5, eps=0.0).step()
        assert p.item() == pytest.approx(expected, rel=1e-12)
        assert p.grad.tolist() == [3.0]
    assert AdamW([p]).defaults["weight_decay"] == 0.01 and Adam([p]).defaults["weight_decay"] == 0


def test_float16_loses_its_eps() -> None:
    """float16(1e-8) is 0, so a gradient of 0 gives 0/0 at the first step."""
    p = Parameter(minigrad.ones(2, dtype=minigrad.float16))
    p.grad = minigrad.tensor([0.0, 1.0], dtype=minigrad.float16)
    Adam([p]).step()
    assert p.dtype == np.float16 and math.isnan(p.tolist()[0]) and p.tolist()[1] < 1
