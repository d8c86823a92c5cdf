"""Lab 10: what one update is, how sharp the loss is, and what a wider network needs."""

import numpy as np


def first_update(gradient, optimizer, lr):
    """What the first step adds to a matrix W whose gradient G = U S Vᵀ is (n_out, n_in).

    optimizer: "sgd": -lr·G; "adam", ε left out: -lr times the sign of each entry;
    "muon": -lr·U Vᵀ, every singular value 1. Returns an array of G's shape.
    """
    # TODO: what is left of the gradient's size in each of the three?
    if optimizer == "sgd":
        return -lr * gradient
    if optimizer == "adam":
        return -lr * np.sign(gradient)  # m̂ / √v̂ = g / |g|
    u, _, vt = np.linalg.svd(gradient, full_matrices=False)
    return -lr * (u @ vt)


def newton_schulz(g, steps, a, b, c):
    """Nearly U Vᵀ of g = U S Vᵀ (n, m), without a singular value decomposition.

    Begins with X = g over its Frobenius norm and takes X ← aX + b(XXᵀ)X + c(XXᵀ)²X `steps` times,
    which makes each singular value s into as + bs³ + cs⁵.
    """
    # TODO: first no singular value above 1; then the iteration, with XXᵀ computed once a round.
    x = g / np.linalg.norm(g)
    for _ in range(steps):
        gram = x @ x.T  # (n, n)
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x


def power_iteration(hvp, v, steps):
    """The eigenvalue of H that is largest in size, after `steps` rounds from the vector v (N,).

    hvp(v) is Hv, the Hessian times a vector. In each round the value is vᵀHv / vᵀv, and Hv with
    length 1 is the next v. Returns the last round's value; negative where the loss bends down.
    """
    # TODO: one product a round serves for both, the value and the next vector.
    value = 0.0
    for _ in range(steps):
        moved = hvp(v)
        value = v @ moved / (v @ v)
        v = moved / np.linalg.norm(moved)
    return value


def mup(layer, width, base):
    """(init std, Adam's rate) of a layer at `width`, as factors on those at width `base`: µP.

    "input" reads the data; "hidden" reads `width` neurons and has `width`; "output" reads them and
    gives the logits. The variance of a hidden matrix goes as 1/width, the output's as 1/width², and
    Adam's rate of both as 1/width.
    """
    # TODO: which of them read more numbers when the network is wider?
    share = base / width
    if layer == "input":
        return 1.0, 1.0
    return share**0.5 if layer == "hidden" else share, share
