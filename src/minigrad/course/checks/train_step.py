"""Checks of lab 01's training step."""

from types import SimpleNamespace
from typing import Any

import minigrad
from minigrad.course.check import check, drawn, edit, probe, solutions
from minigrad.course.values import a_kind, array

lab = solutions("01_init_ablation")


def training(train_step: Any, *given: float, by: float = 0.0) -> tuple[Any, Any]:
    """Three steps on the loss (wx)² − y from w = start, of an optimizer that moves w by ``by``: the
    gradients that the steps saw, and the answers."""
    start, x, y = given
    weight, seen = minigrad.tensor(start, requires_grad=True), list[float]()

    def zero_grad(set_to_none: bool = True) -> None:
        weight.grad = None

    def step() -> None:
        seen.append(0.0 if weight.grad is None else float(weight.grad.array))
        weight.data = weight.data + by

    optimizer = SimpleNamespace(zero_grad=zero_grad, step=step)
    answers = [
        train_step(lambda x: weight * x, lambda p, y: p * p - y, optimizer, x, y) for _ in range(3)
    ]
    return seen, answers


def gradients(train_step: Any, *given: float) -> Any:
    return training(train_step, *given)[0]


def losses(train_step: Any, *given: float) -> Any:
    answers = training(train_step, *given, by=-1.0)[1]
    return [a if a is None else float(array(a)) for a in answers]


def returned(train_step: Any) -> str:
    """What kind of thing a step returns: "a number" is right."""
    return a_kind(training(train_step, 3.0, 1.0, 0.0)[1][0])


# fmt: off
CHECKS = {
    "train_step": check(lab.train_step, [
        probe("the gradients that three steps saw, for the loss w² at w = 3", 3.0, 1.0, 0.0,
            run=gradients),
        drawn("the gradients that three steps saw, for the loss (wx)² − y at w = {:.4g}, "
            "x = {:.4g}, y = {:.4g}", lambda rng: rng.uniform(1.2, 3, 3).tolist(), gradients),
        probe("what a step returns", run=returned),
        probe("the losses of three steps that move w from 3 by −1 each", 3.0, 1.0, 0.0,
            run=losses),
        drawn("the losses (wx)² − y of three steps that move w from {:.4g} by −1 each, "
            "x = {:.4g}, y = {:.4g}", lambda rng: rng.uniform(1.2, 3, 3).tolist(), losses),
    ], [
        (edit("optimizer.zero_grad()", "pass"),
         "the gradients of earlier steps are still in it",
         "x² at 3 has the gradient 6, yet the second step saw 12. What adds up?"),
        (edit("loss.backward()", "loss.backward(); optimizer.zero_grad()"),
         "the update saw no gradient: it was gone, or not there yet",
         "In which order must zero_grad, backward and step come?"),
        (edit("loss.backward()", "pass", "optimizer.step()", "optimizer.step(); loss.backward()",
              "optimizer.zero_grad()", "pass"),
         "the step comes before backward: it uses the gradients of the step before",
         "Which of the two uses what the other computes?"),
        (edit("optimizer.step()", "pass"),
         "no update was made",
         "Which call changes the parameters?"),
        (edit("loss_fn(model(x), y)", "loss_fn(y, model(x))"),
         "loss_fn was given y first, and the prediction second",
         "loss_fn(prediction, y): a cross-entropy tells its two arguments apart. Does the order "
             "hold?"),
        (edit("loss_fn(model(x), y)", "loss_fn(model(x), x)"),
         "the loss compares the prediction with x, not with y",
         "What should the model have said about x?"),
        (edit("loss.backward()", "loss.backward(); loss_fn(model(x), y).backward()"),
         "backward ran twice: the update saw twice the gradient",
         "What does a second backward do to grad?"),
        (edit("optimizer.step()", "optimizer.step(); optimizer.step()"),
         "two updates were made",
         "How often does one step of training change the parameters?"),
        (edit("model(x)", "model(y)"),
         "the model was given y, not x",
         "What does the model predict from?"),
        ("loss",
         "the loss was returned as a Tensor, which keeps its whole graph alive",
         "Which method of a Tensor with one entry gives that entry as a Python number?"),
        (edit("return loss.item()", "loss.item()"),
         "a `return` is missing",
         "What is asked for besides the update?"),
        ("loss_fn(model(x), y).item()",
         "the loss was computed again after the update",
         "Which loss do the gradients belong to?"),
    ]),
}
