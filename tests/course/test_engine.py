"""The learner's own engine: the pieces of the autograd lab together train lab 01's smallest net."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from minigrad.course import engine
from minigrad.course.table import load
from minigrad.course.workspace import TABLE, resources, solution_file
from minigrad.files import load_module


@pytest.fixture(scope="module")
def own():
    lab = load(resources() / TABLE).lab("autograd")
    return load_module(solution_file(lab), "solution_autograd")


def test_it_learns_and_gives_minigrads_losses(own):
    yours, theirs = engine.with_yours(own), engine.with_minigrad()
    np.testing.assert_allclose(yours, theirs, atol=1e-9)
    assert np.mean(yours[-16:]) < 0.5 * math.log(2) < yours[0]
    said = engine.report(yours, theirs)
    assert f"to loss {np.mean(yours[-16:]):.4f}" in said and "same losses" in said


@pytest.mark.parametrize("name", ["mul_backward", "matmul_backward", "unbroadcast", "backward",
                                  "cross_entropy", "cross_entropy_backward"])  # fmt: skip
def test_every_piece_is_used(own, name):
    called = []

    def spy(*args):
        called.append(name)
        return getattr(own, name)(*args)

    engine.with_yours(SimpleNamespace(**{**vars(own), name: spy}), steps=1)
    assert called


def test_a_wrong_gradient_is_seen(own):
    wrong = SimpleNamespace(**{**vars(own), "mul_backward": lambda g, x, y: (g * x, g * y)})
    said = engine.report(engine.with_yours(wrong, 5), engine.with_minigrad(5))
    assert "gives other losses from step 1 on" in said


def test_the_command_trains_once_all_pieces_have_passed(workspace, minigrad, solve):
    refused = minigrad("engine")
    assert refused.exit_code == 2 and "8 of the autograd lab's 8 pieces" in refused.stderr
    solve("autograd")
    done = minigrad("engine")
    assert done.exit_code == 0 and "Your engine trained lab 01's smallest net" in done.stdout
