"""One name leads to its code, its gradient, its theory and its exercises."""

import pytest

from minigrad.course.where import find_code


@pytest.mark.parametrize(
    ("name", "shows"),
    [
        ("matmul", ["linalg.py:", "dinput = G otherᵀ", "matmul_backward", "autograd.md#matrix"]),
        ("RMSNorm", ["class RMSNorm", "02-normalization.md#what-is-learned"]),
        ("kaiming_normal_", ["def kaiming_normal_", "exercises kaiming_normal"]),
        ("SGD", ["class SGD"]),
        ("var", ["reduce.py:", "def var("]),
        ("view", ["shape.py:", "def view(", "g.reshape(old)"]),
        ("backward", ["backward.py:", "def backward("]),
    ],
)
def test_where_shows_the_code_and_what_speaks_of_it(minigrad, name, shows):
    result = minigrad("where", name)
    assert result.exit_code == 0
    assert all(part in result.output for part in shows), result.output[-500:]


def test_where_refuses_what_it_does_not_know(minigrad):
    result = minigrad("where", "nonsense")
    assert result.exit_code == 2 and "called 'nonsense'" in result.output


def test_every_op_and_layer_that_an_exercise_names_exists(workspace):
    for exercise in workspace.course.exercises:
        for name in (*exercise.ops, *exercise.layers):
            assert find_code(name)
