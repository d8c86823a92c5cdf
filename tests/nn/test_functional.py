import importlib

import minigrad
import minigrad.nn.functional as F


def test_every_name_is_the_op_itself() -> None:
    ops = {}
    for name in ("activation", "attention", "index", "linalg", "loss", "norm", "softmax"):
        ops.update(vars(importlib.import_module(f"minigrad.functional.{name}")))
    for name in ("composed", "more", "weighted"):
        ops.update(vars(importlib.import_module(f"minigrad.nn.{name}")))
    assert len(set(F.__all__)) == len(F.__all__)
    for name in F.__all__:
        assert getattr(F, name) is ops[name]


def test_a_net_written_with_functions() -> None:
    x = minigrad.randn(5, 3)
    w = minigrad.randn(4, 3, requires_grad=True)
    loss = F.cross_entropy(F.relu(F.linear(x, w)), minigrad.tensor([0, 1, 2, 3, 0]))
    loss.backward()
    assert w.grad is not None and w.grad.shape == (4, 3)
