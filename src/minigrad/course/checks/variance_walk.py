"""Checks of lab 00: the mean square of a signal, one layer's; the walks have their own file."""

import numpy as np

from minigrad.course.check import check, drawn, edit, instead, probe, solutions
from minigrad.course.checks import walks
from minigrad.course.checks.walks import ROOT

lab = solutions("00_variance_walk")


# fmt: off
CHECKS = {
    "linear_moment": check(lab.linear_moment, [
        probe("E[y²] for q = 3, fan_in = 256, var_w = 1/12 (uniform on ±0.5)", 3.0, 256, 1 / 12),
        drawn("E[y²] for q = {:.4g}, fan_in = {}, var_w = {:.4g}",
              lambda rng: (rng.uniform(1.5, 4), int(rng.integers(20, 90)), rng.uniform(0.1, 0.3))),
    ], [
        ("var_w * q",
         "fan_in is missing: one term of the sum, not all of them",
         "y is a sum of fan_in independent terms. What happens to their variances?"),
        ("fan_in**2 * var_w * q",
         "fan_in was squared, as if the terms were all equal",
         "Is the variance of a sum of n independent terms n times one term's, or n² times?"),
        ("math.sqrt(fan_in * var_w * q)", *ROOT),
        ("fan_in * var_w",
         "the input's mean square q is not in it",
         "Twice as large an input: what becomes of the output's mean square?"),
        ("math.sqrt(fan_in) * var_w * q",
         "the root of fan_in: that is how the standard deviation grows",
         "Var(a + b) = Var a + Var b for independent a and b. What do n terms give?"),
        (["fan_in * var_w**2 * q", "fan_in * math.sqrt(var_w) * q", "(fan_in * var_w) ** 2 * q",
          "math.sqrt(fan_in * var_w) * q"],
         "the weight's variance is squared, or under a root",
         "var_w is a variance already. To which power does it enter Var(W h)?"),
        (["fan_in * var_w * q**2", "fan_in * var_w * math.sqrt(q)"],
         "q is squared, or under a root: it is a mean of squares already",
         "If every h is doubled, q is four times as large. And y's mean square?"),
        (["fan_in * var_w * q / 2", "(fan_in - 1) * var_w * q"],
         "some of the terms are left out: half of them, or one",
         "How many terms has the sum, and does the matrix set any to 0?"),
        ("var_w * q / fan_in",
         "divided by fan_in: y is a sum, not a mean",
         "y = Σ_j W_ij h_j. Does a longer sum have a larger or a smaller variance?"),
        ("fan_in * var_w * q + 1",
         "something was added: a layer without a bias gives 0 for an input of 0",
         "What is the mean square of the output where q is 0?"),
        (["fan_in * var_w + q", "fan_in * (var_w + q)"],
         "q was added; the variance of a product of independent numbers is a product",
         "What is E[(W h)²] for independent W and h of mean 0?"),
    ]),
    "relu_moment": check(lab.relu_moment, [
        probe("E[relu(z)²] for z ~ N(0, 6)", 6.0),
        drawn("E[relu(z)²] for z ~ N(0, {:.4g})", lambda rng: (rng.uniform(0.1, 0.8),)),
        probe("E[relu(z)²] for z ~ N(0, 2)", 2),
    ], [
        ("v",
         "the ReLU's loss is missing: it sets half of the values to 0",
         "What share of the mean square survives a ReLU?"),
        ("v / 4",
         "squared one half: the share of the values, not of their squares",
         "Half of the values are set to 0; are the others changed?"),
        ("v * (0.5 - 1 / (2 * math.pi))",
         "this is the variance of relu(z); its mean is not 0",
         "The next layer sees h, not h − E[h]. Which moment of h enters its sum?"),
        (["math.sqrt(v / (2 * math.pi))", "v / (2 * math.pi)"],
         "this is E[relu(z)], the mean, in place of the mean square",
         "Which moment does the next layer's sum of squares see?"),
        (["math.sqrt(v / 2)", "math.sqrt(v) / 2"], *ROOT),
        (["v**2 / 2", "v**2"],
         "v was squared: it is E[z²] already",
         "z ~ N(0, v): is v the size of z, or of z²?"),
        ("2 * v",
         "doubled: that is how the weights make up for the loss, not the loss itself",
         "Does ReLU make the mean square larger or smaller?"),
    ]),
    "tanh_moment": check(lab.tanh_moment, [
        probe(f"E[tanh(z)²] for z ~ N(0, {v:g})", v, rtol=2e-3)  # a seeded average is right too
        for v in (4.0, 0.01, 100.0)
    ]
    + [
        drawn("E[tanh(z)²] for z ~ N(0, {:.4g})",
            lambda rng: (float(np.exp(rng.uniform(-2, 1))),), rtol=2e-3)
    ], [
        ([edit("(2 * v)", "(2 * v**2)", "* v)\n    return", "* v**2)\n    return"),
          edit("(2 * v)", "(2 * v**2)", "math.sqrt(v)", "v")],
         "v was used as a standard deviation",
         "z ~ N(0, v) has variance v. What stands in the exponent, and below the root?"),
        (["math.tanh(math.sqrt(v)) ** 2", "math.tanh(v) ** 2"],
         "tanh of the typical value is not the typical value of tanh",
         "E[f(z)] weighs every z by its density. Where is the sum over z?"),
        (edit("np.tanh(z) ** 2", "np.tanh(z)"),
         "E[tanh(z)], which is 0 by symmetry, in place of E[tanh(z)²]",
         "Which moment does the next layer see?"),
        (edit("np.tanh(z) ** 2", "np.abs(np.tanh(z))"),
         "E|tanh(z)|, in place of E[tanh(z)²]",
         "Which moment does the next layer see?"),
        (edit("np.tanh(z) ** 2", "np.tanh(z**2)"),
         "the square stands inside the tanh",
         "Is it z or tanh(z) that the mean square is taken of?"),
        ([edit(" / math.sqrt(2 * math.pi * v)", ""),
          instead("math.sqrt(2 * math.pi * v)", "math.sqrt(2 * math.pi)", "math.sqrt(v)",
                  "(2 * math.pi * v)", "math.sqrt(math.pi * v)")],
         "the density does not integrate to 1: its factor is not 1/√(2πv)",
         "What must the integral of a density alone be?"),
        (instead("-(z**2) / (2 * v)", "-(z**2) / v", "-(z**2) / 2 * v", "-(z**2) / 2"),
         "the exponent is not −z² / (2v)",
         "Where does the density of N(0, v) fall to e^(−½) of its top: at z = √v?"),
        ([edit(" * (z[1] - z[0])", ""), edit("np.sum(", "np.mean(", " * (z[1] - z[0])", "")],
         "the sum was not multiplied by the grid's spacing",
         "A finer grid has more terms. What keeps the integral the same?"),
        (instead("np.tanh(z) ** 2", "(1 - np.tanh(z) ** 2)", "(1 - np.tanh(z) ** 2) ** 2"),
         "tanh's slope stands in the place of tanh",
         "1 − tanh² is how steep tanh is. How large is tanh itself?"),
        ("float((np.tanh(np.linspace(-10 * v**0.5, 10 * v**0.5, 4001)) ** 2).mean())",
         "every z counts alike: the density is missing",
         "How likely is z = 10√v, next to z = 0?"),
        (edit("-10 * math.sqrt(v)", "0"),
         "only the positive half of the grid",
         "From where to where does z run, and what do you know of tanh² there?"),
        (instead("10 * math.sqrt(v)", "10", "10 * v", "1", "3", "5"),
         "the grid's ends do not follow √v",
         "How far from 0 does z ~ N(0, 100) get? And z ~ N(0, 0.01)?"),
        (["v / 2", "v"],
         "this is the moment of another activation, not of tanh",
         "tanh never exceeds 1. Can its mean square?"),
    ]),
    **walks.CHECKS,
}
