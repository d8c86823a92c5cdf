"""Lab 11: a loss curve from theory's numbers: its start, its plateau, its tail."""

import numpy as np


def initial_loss(variance):
    """The mean cross-entropy of two classes before the first update, in nats.

    variance: of each of the two logits, which know nothing of the label yet. The margin t, the
    right logit less the other, is N(0, 2·variance); the loss is E ln(1 + e^-t), here a weighted
    mean over a grid. Returns a float.
    """
    # TODO: how far does the difference of the two logits vary? Then the mean over t.
    z = np.linspace(-8, 8, 2001)
    weight = np.exp(-(z**2) / 2)
    margin = np.sqrt(2 * variance) * z
    return float(weight @ np.logaddexp(0, -margin) / weight.sum())


def plateau_rate(distinct, lr, momentum, inputs):
    """How far the time τ of the constant-kernel equation goes in one step, once momentum is up.

    distinct: each layer's part of the tangent kernel that tells inputs apart, an array (L + 1,);
    inputs: how many directions an input has, among which it is shared.
    """
    # TODO: which rate has SGD in effect? And the layers' kernels add up.
    return lr / (1 - momentum) * np.sum(distinct) / inputs


def time_to_learn(rate, loss, momentum):
    """The step at which a margin that starts at 0 has come to this loss in nats, below ln 2.

    rate: by how much τ grows per step; m + e^m = 1 + τ, loss = ln(1 + e^-m). With momentum the
    steps are β/(1 − β) behind.
    """
    # TODO: first the margin with that loss, then its τ, then the steps.
    margin = -np.log(np.expm1(loss))
    time = margin + np.exp(margin) - 1
    return time / rate + momentum / (1 - momentum)


def tail_slope(steps, losses):
    """The slope of the straight line nearest to the points (ln step, ln loss): least squares.

    steps, losses: arrays (N,), all above 0. Returns a float: -1 for a loss that goes as 1/step.
    """
    # TODO: which of the two is to be a straight line: the loss, or its logarithm?
    x, y = np.log(steps), np.log(losses)
    x = x - x.mean()
    return float(x @ y / (x @ x))


def forecast(variance, rate, steps, momentum):
    """The loss at each step, had the tangent kernel stayed as at init: an array as `steps`.

    At step 0 the initial loss of logits of this variance, which the first updates forget. From then
    on m + e^m = 1 + τ, loss = ln(1 + e^-m), τ = rate·(t − β(1 − β^t)/(1 − β)). steps: (N,).
    """
    # TODO: τ; then m, by halving an interval that holds it; then the loss, and the first one.
    time = rate * (steps - momentum * (1 - momentum**steps) / (1 - momentum))
    low, high = np.zeros_like(time), np.log1p(time)
    for _ in range(60):
        middle = (low + high) / 2
        below = middle + np.exp(middle) < 1 + time
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.where(steps == 0, initial_loss(variance), np.log1p(np.exp(-low)))
