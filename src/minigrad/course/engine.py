"""`minigrad engine`: the learner's own functions of the autograd lab, put together, train a net.

The network is lab 01's in small: two ReLU layers of width 64 under Kaiming's init, on lab 01's
task, by SGD. Its forward pass is NumPy; every gradient is the learner's. minigrad's own engine
trains the same network beside it, from the same weights on the same batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np

from minigrad.course.progress import here
from minigrad.course.runner import check
from minigrad.course.table import CourseError
from minigrad.data.toy import batches, toy
from minigrad.files import load_module
from minigrad.lab.say import say

WIDTHS = (256, 64, 64, 2)
STEPS, BATCH, RATE, SEED = 200, 64, 0.05, 0


def start() -> list[np.ndarray]:
    """The weights (in, out) and biases (out,) of each layer, in float64."""
    rng = np.random.default_rng(SEED)
    layers = pairwise(WIDTHS)
    pairs = [(rng.normal(0, np.sqrt(2 / n), (n, m)), np.zeros(m)) for n, m in layers]
    return [array for pair in pairs for array in pair]


def data() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    task = toy(SEED)
    return batches(task.x.astype(float), task.y, BATCH, SEED)


def with_yours(own: ModuleType, steps: int = STEPS) -> list[float]:
    """The losses of training on the learner's Node, backward and the gradients of the ops."""
    node = own.Node

    def linear(x: Any, w: Any, b: Any) -> Any:
        product = x.value @ w.value
        return node(
            product + b.value,
            [
                (x, lambda g: own.matmul_backward(g, x.value, w.value)[0]),
                (w, lambda g: own.matmul_backward(g, x.value, w.value)[1]),
                (b, lambda g: own.unbroadcast(g, b.value.shape)),
            ],
        )

    def relu(x: Any) -> Any:
        on = (x.value > 0).astype(float)
        return node(x.value * on, [(x, lambda g: own.mul_backward(g, x.value, on)[0])])

    def loss_of(logits: Any, labels: np.ndarray) -> Any:
        pull = lambda g: g * own.cross_entropy_backward(logits.value, labels)  # noqa: E731
        return node(own.cross_entropy(logits.value, labels), [(logits, pull)])

    weights, losses = start(), []
    for _, (x, y) in zip(range(steps), data(), strict=False):
        leaves = [node(w) for w in weights]
        h = node(x)
        for i in range(0, len(leaves), 2):
            h = linear(relu(h) if i else h, leaves[i], leaves[i + 1])
        loss = loss_of(h, y)
        own.backward(loss)
        losses.append(float(loss.value))
        weights = [leaf.value - RATE * leaf.grad for leaf in leaves]
    return losses


def with_minigrad(steps: int = STEPS) -> list[float]:
    """The losses of the same training on minigrad's engine."""
    import minigrad
    import minigrad.nn.functional as F

    weights, losses = [minigrad.tensor(w, requires_grad=True) for w in start()], []
    for _, (x, y) in zip(range(steps), data(), strict=False):
        h = minigrad.tensor(x)
        for i in range(0, len(weights), 2):
            h = (F.relu(h) if i else h) @ weights[i] + weights[i + 1]
        loss = F.cross_entropy(h, minigrad.tensor(y))
        gradients = minigrad.autograd.grad(loss, weights)
        losses.append(loss.item())
        for weight, g in zip(weights, gradients, strict=True):
            weight.array -= RATE * g.array
    return losses


def report(yours: list[float], theirs: list[float]) -> str:
    """What the learner's engine did, in words."""
    apart = max(abs(a - b) for a, b in zip(yours, theirs, strict=True))
    sizes = " → ".join(map(str, WIDTHS))
    said = (
        f"Your engine trained lab 01's smallest net ({sizes}, ReLU, Kaiming) to loss "
        f"{np.mean(yours[-16:]):.4f} in {len(yours)} steps; it began at {yours[0]:.4f}, and "
        "guessing costs 0.6931.\n"
    )
    if apart < 1e-9:
        return said + (
            "minigrad's engine, from the same weights on the same batches, gives the same losses "
            f"(largest difference {apart:.0e}).\nEvery gradient in it was yours: "
            "mul, matmul, unbroadcast, cross_entropy, and backward over the graph."
        )
    step = next(i for i, (a, b) in enumerate(zip(yours, theirs, strict=True)) if abs(a - b) > 1e-9)
    return said + f"minigrad's engine gives other losses from step {step} on: which gradient?"


def engine() -> None:
    """Train a network on your own engine: the pieces of the autograd lab, put together.

    Lab 01's smallest net, every gradient yours; minigrad's engine trains it beside yours.
    """
    progress = here()
    lab = progress.workspace.course.lab("autograd")
    results = list(check(lab, lab.exercises))
    progress.record(results)
    if left := [r for r in results if not r.passed]:
        raise CourseError(
            f"{len(left)} of the autograd lab's {len(results)} pieces are not right yet; "
            "`minigrad check autograd` names them."
        )
    own = load_module(lab.file, "exercise_autograd")
    say(report(with_yours(own), with_minigrad()))
    say("Next: `minigrad where backward` shows minigrad's own.")
