"""What the best constant answer costs, and whether the loss punishes a confident mistake."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.diagnose.session import Array, Session, array

KICK = 1e3  # size of the logits that ask the second question


def guessing(session: Session, head: str) -> tuple[float, bool]:
    """The loss of the best constant in place of the last layer's output, for the first batch, and
    whether a softmax of a softmax stands before the loss. Of cross-entropy the constant follows
    from the gradient at 0, 1/classes less each label's share (their entropy, less the bias of a
    small batch: Miller 1955); of other losses a parabola along the gradient is minimized.
    """
    engine = session.engine
    module = next(module for name, module, _ in session.modules if name == head)
    grads = [p.grad for p in session.parameters]
    for p in session.parameters:
        p.grad = None
    blank = engine.zeros(1)

    def replaced(run: Callable[[Any], Any], by: Callable[[Any], Any]) -> Any:
        """A pass in which `by` makes something else of the last layer's output."""
        if session.answer is not None and session.answer[0] == head:
            with session.answering(by(session.answer[1])):
                return run(session.batches[0])
        handle = module.register_forward_hook(lambda module, inputs, output: by(output))
        try:
            return run(session.batches[0])
        finally:
            handle.remove()

    def zeros(output: Any) -> Any:
        nonlocal blank
        blank = engine.zeros_like(output.detach()).requires_grad_()
        return blank

    backwards = session.backwards
    cost, _ = replaced(session.differentiate, zeros)
    session.backwards = backwards  # it goes no further than the last layer
    for p, grad in zip(session.parameters, grads, strict=True):
        p.grad = grad
    if blank.grad is None or not math.isfinite(cost):
        return cost, False

    def loss(values: Array) -> float:
        with engine.no_grad():
            constant = blank.detach().clone().copy_(engine.tensor(values))
        return float(replaced(session.evaluate, lambda output: constant))

    shape = tuple(blank.shape)
    axis = 1 if len(shape) == 4 else len(shape) - 1  # a picture's channels, else the last
    classes, rows = shape[axis], math.prod(shape) // shape[axis]
    others = tuple(i for i in range(len(shape)) if i != axis)
    slope = array(blank.grad).astype(np.float64).sum(axis=others)
    share = 1 / classes - slope
    best = cost
    if share.min() > -1e-4 and abs(share.sum() - 1) < 1e-3:
        seen = share[share > 0.1 / rows]
        best = float(-(seen * np.log(seen)).sum() + (len(seen) - 1) / (2 * rows))
    elif slope @ slope > 0:
        step = 0.5
        along = np.expand_dims(slope, others)
        tried = loss(np.broadcast_to(-step * along, shape))
        fall = float(slope @ slope)
        bend = tried - cost + step * fall
        if bend > 0:
            best = max(cost - (fall * step) ** 2 / (4 * bend), 0.0)
    twice = False
    if abs(cost - math.log(classes)) < 1e-2:
        wave = KICK * np.cos(1.7 * np.arange(math.prod(shape))).reshape(shape)
        top = math.log(classes - 1 + math.e)  # of two softmaxes: all of it on a wrong label
        twice = top - 1.01 < loss(wave) < top + 0.01
    return max(best, 1e-12), twice
