"""What the check of symptoms_without_skip calls right is what networks do, in every seed."""

import types

import numpy as np
import pytest

import minigrad
from minigrad import nn, optim
from minigrad.course.check import solutions
from minigrad.course.checks.residual_depth import CHECKS
from minigrad.course.verdict import run_check
from minigrad.data import toy
from minigrad.training.loop import Record, train

SYMPTOMS = solutions("03_residual_depth").symptoms_without_skip()


def run_without_skips(seed: int, blocks: int = 50, width: int = 32) -> tuple[list[float], float]:
    """Layer 1's gradient norm at each step, and the mean of the last ten losses."""
    task, gradients = toy.toy(seed), []
    minigrad.manual_seed(seed)
    first, *layers = nn.Linear(256, width), *(nn.Linear(width, width) for _ in range(blocks))
    for layer in (first, *layers):
        nn.init.kaiming_normal_(layer.weight)
        nn.init.zeros_(layer.bias)
    branches = [x for layer in layers for x in (nn.RMSNorm(width), layer, nn.GELU())]
    model = nn.Sequential(first, *branches, nn.RMSNorm(width), nn.Linear(width, 2))
    watch = [(lambda: float(np.linalg.norm(first.weight.grad.array)), gradients)]
    record, batches = Record(seed), toy.batches(task.x, task.y, 64, seed)
    train(model, optim.Adam(model.parameters(), lr=1e-2), batches, 25, record, watch=watch)
    return gradients, float(np.mean(record.losses[-10:]))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_gradient_is_healthy_before_and_gone_after_ten_updates(seed):
    gradients, loss = run_without_skips(seed)
    before = "healthy" if gradients[0] > 0.1 else "vanished"
    after = "vanished" if gradients[10] < 0.01 * gradients[0] else "healthy"
    fate = "stalled" if 0.9 * np.log(2) < loss < 2 * np.log(2) else "other"
    assert {"gradient before": before, "gradient after": after, "loss": fate} == SYMPTOMS


@pytest.mark.parametrize("wrong", SYMPTOMS)
def test_a_wrong_prediction_is_not_told_the_answer(wrong):
    words = {"gradient before": "vanished", "gradient after": "healthy", "loss": "diverged"}
    module = types.SimpleNamespace(
        __file__="", symptoms_without_skip=lambda: SYMPTOMS | {wrong: words[wrong]}
    )
    said = run_check("symptoms_without_skip", CHECKS, module)
    assert not said.passed and "not what" in said.mistake and said.question
    assert SYMPTOMS[wrong] not in "\n".join(said.lines())
