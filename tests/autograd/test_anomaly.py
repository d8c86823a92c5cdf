"""detect_anomaly() names the first op that makes a NaN or inf, its inputs and the user's line."""

import re
from pathlib import Path

import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad.errors import AnomalyError

HERE = re.escape(Path(__file__).name)


def told(call):
    """The error's text."""
    with pytest.raises(AnomalyError) as caught, mg.detect_anomaly():
        call()
    return str(caught.value)


def test_forward_names_op_line_and_inputs():
    x = mg.tensor([[1.0, 0.0], [2.0, 3.0]])

    def loss():
        hidden = x * 2
        return mg.log(hidden).sum()  # the line

    text = told(loss)
    assert "forward: the result of 'log' holds inf, which is the first non-finite value" in text
    assert re.search(HERE + r":\d+: return mg\.log\(hidden\)\.sum\(\)  # the line", text)
    assert "input 0: shape (2, 2) float32, min 0, mean 3, max 6" in text
    assert "result: shape (2, 2) float32, min 0.693, mean 1.29, max 1.79, 0 NaN and 1 inf" in text
    assert "Look at what made these inputs" in text


def test_a_result_without_gradient_is_checked_too():
    with mg.no_grad():
        assert "'sqrt' holds NaN" in told(lambda: mg.sqrt(mg.tensor([-1.0])))


def test_the_op_inside_a_layer_is_named_and_the_line_is_the_users():
    net = mg.nn.Linear(2, 2)
    x = mg.full((1, 2), 3e38)
    net.weight.array[...] = 3.0
    text = told(lambda: net(x))  # the call
    assert "'linear' holds inf" in text
    assert "text = told(lambda: net(x))  # the call" in text
    assert "input 2: shape (2,) float32" in text  # weight and bias are listed


def test_a_nan_that_came_in_is_told_apart():
    text = told(lambda: mg.tensor([float("nan"), 1.0]) * 2)
    assert "'mul' holds NaN, which came in with an input" in text
    assert "1 NaN and 0 inf of 2" in text


@pytest.mark.parametrize("mask", ["where", "masked_fill", "added", "filled"])
def test_the_infinities_of_a_mask_are_the_callers_own(mask):
    scores = mg.randn(3, 3, requires_grad=True)
    hidden = mg.ones(3, 3).triu(1) == 1
    minus = mg.full((3, 3), -float("inf")).triu(1)
    with mg.detect_anomaly():
        masked = {
            "where": lambda: mg.where(hidden, -float("inf"), scores),
            "masked_fill": lambda: scores.masked_fill(hidden, -float("inf")),
            "added": lambda: scores + minus,
            "filled": lambda: scores + mg.zeros(3, 3).masked_fill(hidden, -float("inf")),
        }[mask]()
        out = F.softmax(masked / 2, -1)
        out.max().backward()
    assert mg.isfinite(scores.grad).all()


def test_a_mask_that_makes_a_nan_is_no_excuse():
    minus = mg.full((2,), -float("inf"))
    assert "'softmax' holds NaN" in told(lambda: F.softmax(minus, 0))
    assert "'mul' holds NaN" in told(lambda: mg.zeros(2) * minus)


def test_backward_names_the_op_and_the_line_that_called_it():
    x = mg.tensor([0.0, 1.0], requires_grad=True)

    def run():
        root = mg.sqrt(x)  # infinitely steep at 0
        (root * 3).sum().backward()

    text = told(run)
    assert "backward: the gradient of 'sqrt' holds inf" in text
    assert "root = mg.sqrt(x)  # infinitely steep at 0" in text
    assert "input 0: shape (2,) float32, min 0, mean 0.5, max 1" in text
    assert "gradient that came in: shape (2,) float32, min 3, mean 3, max 3" in text


def test_backward_of_a_graph_recorded_before():
    x = mg.tensor([0.0], requires_grad=True)
    y = mg.sqrt(x).sum()
    assert "a line that ran before detect_anomaly()" in told(y.backward)


def test_a_finite_run_passes_and_the_mode_ends():
    x = mg.randn(3, requires_grad=True)
    with mg.detect_anomaly():
        (x * x).sum().backward()
    assert mg.isfinite(x.grad).all()
    mg.log(mg.zeros(1))  # no longer checked
