"""Lab 06: a norm in two bytes. Arrays are NumPy's; float16 holds 6e-8 … 65504."""

import numpy as np


def rms_norm_half(x, eps):
    """x / √(mean(x²) + ε) over the last axis, for x of type float16; returns float16.

    It must be right for every x that float16 can hold, from 0 to 65504, and for ε = 1e-8.
    """
    # TODO: which type holds the square of 65504, and 1e-8? Compute there, and come back.
    raise NotImplementedError


def largest_safe(limit, dim, sum_in_half):
    """The largest s for which a row ±s of `dim` numbers survives the mean of its squares.

    limit: the type's largest number. sum_in_half: whether the sum of the squares is kept in that
    type too; if not, only each square by itself must fit.
    """
    # TODO: what is the largest number that appears on the way, as a function of s? Solve for s.
    raise NotImplementedError


def loss_scale(gradients, limit=65504.0):
    """The largest power of two by which all gradients may be multiplied and still fit into `limit`.

    gradients: a list of arrays, float32, not all zero. Multiplied by it before they are stored in
    float16, and divided by it afterwards in float32, the small ones survive (Micikevicius et al.
    2018, section 3.2). A power of two changes exponents only: no digit is lost. Returns a float.
    """
    # TODO: which single entry decides? How often may it be doubled? The answer may be below 1.
    raise NotImplementedError
