"""Checks of lab 00's walks through many layers, predicted and measured."""

import math
from typing import Any

import numpy as np

from minigrad.course.check import check, drawn, edit, instead, probe, solutions

lab = solutions("00_variance_walk")


def relu(z: Any) -> Any:
    return np.maximum(z, 0)


def identity(z: Any) -> Any:
    return z


def saturating(v: Any) -> Any:
    return v / (1 + v)


def network(rng: np.random.Generator, activation: Any, layers: int = 3) -> tuple[Any, ...]:
    weights = [rng.normal(size=(32, 32)) * math.sqrt(2 / 32) for _ in range(layers)]
    return rng.normal(size=(20, 32)) + 0.3, weights, activation


# fmt: off
ROOT = ("a root was taken: the size, not the mean square",
    "The recurrence multiplies mean squares. Is a root needed anywhere before the end?")
START_TOO = ("the list begins with the input itself, before any layer",
    "How many layers does a list of `depth` numbers describe?")
FLAT = ("every layer starts from the first input: the walk does not walk",
    "What is the input of layer 2?")
NO_ACTIVATION = ("the activation is missing", "Which two steps make one layer?")
ORDER = ("the activation came before the matrix",
    "A layer is φ(W h). Which of the two does h meet first?")
EARLY_RETURN = ("only the first layer is in the list",
    "Is the `return` inside the loop, or after it?")
LAST_ONLY = ("the last layer alone", "How many numbers does a walk of `depth` layers have?")

LAYER = "activation_moment(linear_moment(q, fan_in, var_w))"

CHECKS = {
    "predicted_walk": check(lab.predicted_walk, [
        probe("a linear walk of 4 layers, fan_in 256, var_w = 1/12", 4, 256, 1 / 12, identity),
        probe("ten ReLU layers under Xavier, fan_in 256, var_w = 1/256",
            *(10, 256, 1 / 256, lab.relu_moment), atol=1e-9),
        probe("three layers of fan_in 4, var_w = 1/2 and an activation that makes v/(1 + v) of v",
              *(3, 4, 0.5, saturating)),
        drawn("{} layers of fan_in {}, var_w = {:.4g} and that activation",
            lambda rng: (int(rng.integers(3, 6)), 30, rng.uniform(0.02, 0.1), saturating)),
    ], [
        (edit("linear_moment(q,", "linear_moment(1.0,"), *FLAT),
        ([edit("1.0, []", "1.0, [1.0]"),
          edit("q = act", "walk.append(q); q = act", "        walk.append(q)\n", "")], *START_TOO),
        (edit("activation_moment(linear", "(linear"), *NO_ACTIVATION),
        (edit(LAYER, "linear_moment(activation_moment(q), fan_in, var_w)"), *ORDER),
        (edit("linear_moment(q, fan_in, var_w)", "q"),
         "the matrix is missing: only the activation acts",
         "Which two steps make one layer?"),
        (edit("    return walk", "        return walk"), *EARLY_RETURN),
        ("q", *LAST_ONLY),
        (edit("range(depth)", "range(depth - 1)"),
         "one layer is missing at the end",
         "How often does range(depth − 1) run?"),
        (edit("q, walk = 1.0", "q, walk = 0.0"),
         "the walk starts from 0, and stays there",
         "Which mean square does the input have?"),
        ([edit("q = act", "q = q * act"), edit("append(q)", "append(q * sum(walk or [1.0]))")],
         "each layer's number is multiplied by those before it once more",
         "What does a layer get: the mean square before it, or all of them multiplied?"),
        (edit(LAYER, f"activation_moment({LAYER})"),
         "the activation acts twice in a layer",
         "How many activations stand between two matrices?"),
        (edit("q = act", "q = q + act"),
         "the layers are added up: there is no skip here",
         "What is the input of layer 2: layer 1's output, or the sum of all before?"),
        (instead("q, fan_in,", "q, 1,", "q, depth,"),
         "fan_in is not what linear_moment gets",
         "How many terms does one output of a layer sum?"),
        (edit("walk.append(q)", "walk.append(q ** 0.5)"), *ROOT),
        (edit("append(q)", "append(linear_moment(q, fan_in, var_w))"),
         "noted after another matrix, before its activation",
         "What is noted: the end of a layer, or the middle of the next?"),
    ]),
    "measured_walk": check(lab.measured_walk, [
        drawn("the walk through three ReLU layers", lambda rng: network(rng, relu)),
        drawn("the walk through three linear layers", lambda rng: network(rng, identity)),
        drawn("the walk through two tanh layers", lambda rng: network(rng, np.tanh, 2)),
    ], [
        (instead("np.mean(h**2)", "np.var(h)", "np.std(h)"),
         "var(h) where the mean square E[h²] is meant",
         "After a ReLU the mean of h is positive. Does the next layer's sum see the mean?"),
        ([edit("h @ w.T", "x @ w.T"), edit("h @ w.T", "x @ w.T", "mean(h**2)", "var(h)")], *FLAT),
        (edit("activation(h @ w.T)", "h @ w.T"), *NO_ACTIVATION),
        (edit("activation(h @ w.T)", "activation(h) @ w.T"), *ORDER),
        (edit("h @ w.T", "h @ w"),
         "h @ W in place of h @ W.T",
         "Row i of W holds the weights of output i. Which axis of W must meet h?"),
        (edit("float(np.mean(h**2))", "float(np.mean(h**2) ** 0.5)"), *ROOT),
        (edit("np.mean(h**2)", "np.linalg.norm(h, axis=1).mean()"),
         "the mean length of a sample, not the mean square",
         "Would twice as many neurons have a signal twice as large?"),
        (edit("h = activation(h @ w.T)", "y = h @ w.T; h = activation(y)", "h**2", "y**2"),
         "measured before the activation",
         "h is what the layer hands on. Is that before φ or after it?"),
        ([edit("h, walk = x, []", "h, walk = x, [float(np.mean(x**2))]"),
          edit("h = activation(h @ w.T)", "g = activation(h @ w.T)", "h**2)))", "h**2))); h = g")],
         *START_TOO),
        (edit("np.mean(h**2)", "np.mean(h[0]**2)"),
         "only the first sample of the batch was measured",
         "Over which axes is the mean taken?"),
        (edit("np.mean(h**2)", "np.mean(np.abs(h)) ** 2"),
         "the square of the mean of |h|, not the mean of its square",
         "R, M, S: in which order are they applied?"),
        (edit("np.mean(h**2)", "np.mean(h**2) / np.mean(x**2)"),
         "divided by the input's mean square",
         "Is the signal's own size asked for, or how much it has grown?"),
        (edit("in weights:", "in weights[::-1]:"),
         "the layers run in reverse order",
         "Which weight does the input meet first?"),
        (edit("np.mean(h**2)", "np.mean(h.mean(axis=0)**2)"),
         "the batch was averaged before it was squared",
         "Two samples, 1 and −1: is their mean square 0?"),
        (edit("activation(h @ w.T)", "np.maximum(h @ w.T, 0)"),
         "ReLU is used, whichever activation was given",
         "Which function does the caller hand in?"),
        (instead("np.mean(h**2)", *(f"np.sum(h**2) / {n}" for n in ("1", "len(h)", "h.shape[1]"))),
         "a sum where the mean over the batch and the neurons is meant",
         "Would a batch twice as large have a signal twice as large?"),
        (instead("np.mean(h**2)", "np.mean(h) ** 2", "np.mean(h)", "np.mean(np.abs(h))"),
         "the mean of h, not of its square",
         "What is the mean of h after a linear layer? Is the signal gone?"),
        (edit("    return walk", "        return walk"), *EARLY_RETURN),
        ("walk[-1]", *LAST_ONLY),
    ]),
}
