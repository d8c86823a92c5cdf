"""Lab 00: the mean square of a signal, layer by layer.

A layer is h' = φ(W h): W has n = fan_in columns, its entries are independent, with mean 0 and
variance var_w. Write q for the mean square E[h²] of the layer's input. In order: what a matrix
makes of q, what an activation makes of it, and the walk through many layers, first predicted and
then measured.
"""

import math

import numpy as np


def linear_moment(q, fan_in, var_w):
    """Mean square of y = Σ_j W_ij h_j, one output of a linear layer.

    q: E[h²], a number. fan_in: how many h_j there are. var_w: variance of each W_ij.
    """
    # TODO: the variance of a sum of fan_in independent terms, each of variance var_w * q.
    raise NotImplementedError


def relu_moment(v):
    """Mean square of relu(z) for z ~ N(0, v)."""
    # TODO: what becomes of the negative half of z?
    raise NotImplementedError


def tanh_moment(v):
    """Mean square of tanh(z) for z ~ N(0, v), by numerical integration.

    There is no formula; a sum over a fine grid of z from −10√v to 10√v is exact enough (1e-6).
    """
    # TODO: E[f(z)] = ∫ f(z) exp(−z² / 2v) / √(2πv) dz, as a sum over the grid times its spacing.
    raise NotImplementedError


def predicted_walk(depth, fan_in, var_w, activation_moment):
    """E[h²] after each of `depth` layers, starting from E[h²] = 1.

    activation_moment: a function v -> E[φ(z)²] for z ~ N(0, v), such as relu_moment; for a linear
    network it is `lambda v: v`. Returns a list of `depth` numbers, the first after one layer.
    """
    # TODO: one layer is linear_moment and then activation_moment. Walk.
    raise NotImplementedError


def measured_walk(x, weights, activation):
    """The mean square of h after each layer, in a real network.

    x: (batch, n), the input. weights: a list of (n, n) arrays. activation: a function of an array.
    A layer is h = activation(h @ W.T). Returns a list of numbers, one per layer.
    """
    # TODO: run the layers one after the other, and note mean(h²) after each.
    raise NotImplementedError
