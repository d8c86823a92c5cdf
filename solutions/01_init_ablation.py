"""Lab 01: initializations that keep the mean square, and one step of training with them.

A weight has PyTorch's shape (fan_out, fan_in): row i holds the weights of output i. `rng` is a
NumPy generator, `np.random.default_rng(seed)`: draw with `rng.normal(mean, std, shape)` and
`rng.uniform(low, high, shape)`, which give an array; `math` has the roots of numbers.
"""

import math

import numpy as np


def calculate_gain(nonlinearity, slope=0.01):
    """The factor g for which weights of standard deviation g / √fan_in keep the mean square.

    nonlinearity: "linear", "relu", "leaky_relu" (with this slope for negative inputs), or "tanh",
    for which the customary answer is 5/3. For the others: g² · E[φ(z)²] = E[z²], z ~ N(0, v).
    """
    # TODO: what share of E[z²] survives? The gain makes up for it, on the standard deviation.
    gains = {
        "linear": 1.0,
        "relu": math.sqrt(2),  # half survives
        "leaky_relu": math.sqrt(2 / (1 + slope**2)),  # ½ + ½ slope² survives
        "tanh": 5 / 3,
    }
    return gains[nonlinearity]


def fans(shape):
    """(fan_in, fan_out) of a weight: how many terms one output sums, and one input is used in.

    shape: (out, in) of a linear layer, or (out, in, height, width) of a convolution.
    """
    # TODO: a convolution's output sums over the inputs and over the window.
    window = int(np.prod(shape[2:]))  # 1 for a linear layer
    return shape[1] * window, shape[0] * window


def xavier_normal(shape, rng, gain=1.0):
    """Weights N(0, σ²) with Glorot & Bengio's σ: a compromise between both directions.

    Returns an array of `shape`. The gain multiplies σ.
    """
    # TODO: forward asks for variance 1/fan_in, backward for 1/fan_out.
    fan_in, fan_out = fans(shape)
    return rng.normal(0, gain * math.sqrt(2 / (fan_in + fan_out)), shape)


def xavier_uniform(shape, rng, gain=1.0):
    """Weights uniform on [−b, b], with the variance of xavier_normal.

    Returns an array of `shape`.
    """
    # TODO: which b? The variance of a uniform draw on [−b, b] is not b².
    fan_in, fan_out = fans(shape)
    bound = gain * math.sqrt(6 / (fan_in + fan_out))  # variance b²/3
    return rng.uniform(-bound, bound, shape)


def kaiming_normal(shape, rng, mode="fan_in", nonlinearity="relu"):
    """Weights N(0, σ²) with He et al.'s σ = gain / √fan.

    mode: "fan_in" keeps the signal's mean square forward, "fan_out" the gradient's backward.
    Returns an array of `shape`.
    """
    # TODO: calculate_gain and fans have done most of the work.
    fan = fans(shape)[0 if mode == "fan_in" else 1]
    return rng.normal(0, calculate_gain(nonlinearity) / math.sqrt(fan), shape)


def kaiming_uniform(shape, rng, mode="fan_in", nonlinearity="relu"):
    """Weights uniform on [−b, b], with the variance of kaiming_normal.

    Returns an array of `shape`.
    """
    # TODO: the same standard deviation, from a uniform draw.
    fan = fans(shape)[0 if mode == "fan_in" else 1]
    bound = calculate_gain(nonlinearity) * math.sqrt(3 / fan)
    return rng.uniform(-bound, bound, shape)


def train_step(model, loss_fn, optimizer, x, y):
    """One update of the model's parameters. Returns the loss before it, as a Python number.

    model(x) gives the prediction, loss_fn(prediction, y) the loss, a Tensor; the optimizer has
    zero_grad() and step(), as in PyTorch.
    """
    # TODO: four calls, whose order matters; gradients add up until they are zeroed.
    loss = loss_fn(model(x), y)
    optimizer.zero_grad()  # here or before: but after the last step, and before backward
    loss.backward()
    optimizer.step()
    return loss.item()
