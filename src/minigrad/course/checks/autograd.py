"""Checks of the warm-up: gradients by hand. `backward` over a graph and the cross-entropy have
files of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.course.check import check, drawn, edit, instead, solutions, some, then
from minigrad.course.checks import cross_entropy, graph

lab = solutions("autograd")


def arrays(*shapes: tuple[int, ...], low: float = 0.5) -> Any:
    """Draws arrays of these shapes, their entries of both signs, none near 0."""
    return lambda rng: [rng.choice([-1, 1], s) * rng.uniform(low, 3, s) for s in shapes]


AXES = [((3, 3), 1), ((3, 3), 0), ((2, 3, 4), -2), ((4,), 0), ((2, 3), -1), ((1, 3), 0)]

# fmt: off
NO_UPSTREAM = ("the gradient from above, g, was left out",
    "The loss changes by g for each unit that out changes. Where does g enter the chain rule?")

CHECKS = {
    "mul_backward": check(lab.mul_backward, [
        drawn("(gx, gy) for x and y of shape (2, 3)", arrays((2, 3), (2, 3), (2, 3))),
        drawn("(gx, gy) for x and y of shape (3,)", arrays((3,), (3,), (3,))),
    ], [
        ("g * x, g * y",
         "each input got its own value: the factors are swapped",
         "With y held fixed, x * y is a straight line in x. What is its slope?"),
        (["y, x", "x, y", "g * y, x", "y, g * x", "g, g"], *NO_UPSTREAM),
        ("g * y, g * y * x",
         "gx stands where g is meant: each input gets its own share of g",
         "Which number comes from above for y: g, or what x has got?"),
        (["g + y, g + x", "y + g * 0, x + g * 0 + 1"],
         "g and the slope were added; the chain rule multiplies them",
         "If out changes twice as fast with x and the loss 3 times with out: 5 or 6?"),
        ("g * y, g * y",
         "both gradients carry the same factor",
         "With x held fixed, what is the slope of x * y in y?"),
        (["g * x * y, g * x * y", "g * y * x, g * x"],
         "the whole product stands where the other factor is meant",
         "Out is x * y. If x moves by 1, does out move by x * y, or by y?"),
        (["g * x, g * x", "g * y, g"],
         "one of the factors is wrong: gx holds y, and gy holds x",
         "With y held fixed, x * y is a straight line in x. What is its slope?"),
        ("g * y * y, g * x * x",
         "the other factor is squared",
         "If x moves by 1, by how much does x * y move?"),
        (["g / x, g / y", "g / y, g / x"],
         "divided where a factor is meant",
         "Twice as large a y: is out moved more by x, or less?"),
        ("g @ y.T, x.T @ g",
         "a matrix product stands where entries are multiplied one by one",
         "out[i] is x[i] · y[i]. Which other entries does x[i] meet?"),
        ("g.sum() * y, g.sum() * x",
         "g was summed first: each entry has a g of its own",
         "Which entries of out does x[0, 0] move, and which g belongs to them?"),
    ]),
    "pow_backward": check(lab.pow_backward, [
        drawn("gx for out = x ** 3", then(arrays((2, 3), (2, 3)), 3)),
        drawn("gx for out = x ** 0.5", lambda rng: (*np.abs(arrays((4,), (4,))(rng)), 0.5)),
        drawn("gx for out = x ** -2", then(arrays((3,), (3,)), -2.0)),
        drawn("gx for out = x ** 1", then(arrays((3,), (3,)), 1)),
        drawn("gx for out = x ** 2, where x is 0", then(arrays((3,)), np.array([1.0, 0, -2]), 2)),
    ], [
        ("n * x ** (n - 1.0)", *NO_UPSTREAM),
        ("g * n * x**n / x",
         "divided by x, which may be 0",
         "What is x² / x at x = 0, and what is the slope of x² there?"),
        ("g * n * x**n",
         "the exponent was not lowered by one",
         "What is the derivative of x³ at x = 2: 8, 12 or 24?"),
        ("g * x ** (n - 1.0)",
         "the factor n is missing",
         "x² rises twice as fast as x at x = 1. Which factor says so?"),
        ("g * n * x**n - 1",
         "x ** n - 1 is (xⁿ) − 1: the exponent needs parentheses",
         "Which binds tighter in Python, ** or −?"),
        (["g * x ** (n + 1.0) / (n + 1)", "g * x ** (n + 1.0)"],
         "integrated, not differentiated",
         "Does the power go up or down when x**n is differentiated?"),
        (["g * (n - 1) * x ** (n - 1.0)", "g * (n - 1) * x**n", "g * n * x ** (n - 2.0)"],
         "the wrong number was lowered: the factor is n, the exponent n − 1",
         "The derivative of x³ is 3x². Which 3 became 2?"),
        (["g * x**n * np.log(x)", "g * x**n * np.log(n)", "g * n**x * np.log(n)"],
         "the derivative of a power of n, not of x",
         "Which of the two moves, x or n? What is d(xⁿ)/dx?"),
        (["g * 2 * x", "g * 3 * x**2"],
         "the power of one n, whatever n is",
         "Which n does the caller give?"),
        (["g * x * n ** (n - 1.0)", "g * n ** (x - 1.0)"],
         "x and n have changed places",
         "Which of the two is raised to a power?"),
        ("g * n * np.abs(x) ** (n - 1.0)",
         "the sign of x was taken off",
         "The slope of x² at x = −1: is it 2 or −2?"),
        (["(g * x) ** (n - 1.0) * n", "g**n * n * x ** (n - 1.0)", "n * x ** (n - 1.0) / g"],
         "g is raised to a power, or divides: it is a factor",
         "The loss is g times as sensitive. Is g raised to a power by that?"),
    ]),
    "matmul_backward": check(lab.matmul_backward, [
        drawn("(gx, gy) for square x and y", arrays((3, 3), (3, 3), (3, 3))),
        drawn("(gx, gy) for x: (2, 3), y: (3, 4)", arrays((2, 4), (2, 3), (3, 4))),
        drawn("(gx, gy) for x: (1, 3), y: (3, 1)", arrays((1, 1), (1, 3), (3, 1))),
    ], [
        ("x.T @ g, g @ y.T",
         "the two answers are swapped",
         "gx must have x's shape. Which of your two products has it?"),
        (["g @ y, x.T @ g", "y @ g, x.T @ g", "y.T @ g, x.T @ g", "y @ g.T, x.T @ g",
          "g.T @ y.T, x.T @ g", "g @ y.T, x @ g", "g @ y.T, g.T @ x", "g @ y.T, g @ x",
          "g @ y.T, x @ g.T", "g @ y.T, g @ x.T", "g @ y.T, x.T @ g.T", "g @ y, x @ g",
          "g @ y, g.T @ x", "g @ y, g @ x.T", "y.T @ g, g @ x.T",
          "g @ y.reshape(y.shape[::-1]), x.reshape(x.shape[::-1]) @ g"],
         "a factor is not transposed, or they stand in the wrong order",
         "out[i, j] uses x[i, :] and y[:, j]. Which entries of g does x[i, k] meet, and through "
             "which entries of y?"),
        ("(g @ y.T).T, (x.T @ g).T",
         "the answers are transposed",
         "gx must have x's shape. Which shape has your product?"),
        (["g * y, g * x", "g * y.T, g * x.T", "g * y.T, x.T @ g", "g @ y.T, x.T * g"],
         "* multiplies entry by entry; a matrix product is meant",
         "In how many entries of out is x[i, k] used? Where is the sum over them?"),
        (["np.ones_like(g) @ y.T, x.T @ np.ones_like(g)", "y.T, x.T", "y.T, x.T @ g",
          "g @ y.T, x.T"], *NO_UPSTREAM),
        ("g[:, -1:] * y[:, -1], x[-1][:, None] * g[-1]",
         "the last use overwrites the others; they add",
         "One entry of x is used in every column of out. Is it = or += ?"),
        ([edit("x.T @ g", "x.T @ g / len(x)"), edit("g @ y.T", "g @ y.T / len(y.T)")],
         "averaged over the uses; they add",
         "One entry of y is used in every row of x. Do the effects average?"),
    ]),
    "sum_backward": check(lab.sum_backward, [
        drawn(f"gx for x of shape {shape}, axis {axis}",
              then(arrays(tuple(np.delete(shape, axis)), shape), axis))
        for shape, axis in AXES
    ], [
        (instead("np.expand_dims(g, axis)", "g", "g[None]", "x * 0 + g", "x * 0 + g[None]"),
         "the summed axis was not put back: g lines up with the wrong axis",
         "g has one number per sum. To which axis does NumPy align it when it broadcasts?"),
        (instead(".copy()", ".copy() / x.shape[axis]", ".copy() / x.size"),
         "the gradient of a mean, not of a sum",
         "If one entry of x grows by 1, by how much does the sum grow?"),
        ("np.ones_like(x)", *NO_UPSTREAM),
        (edit(".copy()", ".copy() * x"),
         "multiplied by x: a sum's slope does not depend on x",
         "If one entry of x grows by 1, by how much does the sum grow, whatever x is?"),
        (instead("np.expand_dims(g, axis)", "g[..., None]", "np.expand_dims(g, 1)"),
         "the axis is put back in one place only, whatever `axis` says",
         "Which axis was summed when axis = 0? And when it is −2?"),
        (instead("g = np.expand_dims(g, axis)",
                 "g = g.reshape([1 if i == axis else n for i, n in enumerate(x.shape)])",
                 "s = list(g.shape); s.insert(axis, 1); g = g.reshape(s)"),
         "a negative axis is not counted from the end",
         "Which axis of (2, 3, 4) is −2, and where was it in x, which has one more than g?"),
        (["np.full(x.shape, g.sum())", "np.full(x.shape, g.mean())"],
         "every entry got the sum of all of g, or its mean",
         "Into how many sums does one entry of x go? Which g belongs to that one?"),
        (lambda g, x, axis: np.tile(g, (x.shape[0],) + (1,) * g.ndim),
         "g was repeated along axis 0, whatever `axis` says",
         "Which axis was summed when axis = 1?"),
        (["g", "g.squeeze(axis)"],
         "g was not spread out over the entries that were summed",
         "gx has x's shape. How many entries share one number of g?"),
    ]),
    "unbroadcast": check(lab.unbroadcast, [
        drawn(f"the gradient of a {shape}, from g of shape {large}", then(arrays(large), shape))
        for large, shape in [
            *(((3, 4), (4,)), ((3, 4), (3, 1)), ((3, 4), (3, 4)), ((2, 3, 4), (3, 1))),
            *(((2, 3, 4), (1, 1, 4)), ((3, 3), (1, 3)), ((3, 4), ()), ((2, 3, 4), (3, 4))),
            *(((1, 4), (1, 4)), ((4, 4, 4), (4, 1))),
        ]
    ], [
        (lambda g, shape: g,
         "nothing was summed: the gradient kept the broadcast shape",
         "The bias has 4 numbers. How many gradients can it have?"),
        ([some(("g = g.sum(", "g = g.mean("), ("return g.sum(", "return g.mean(")),
          lambda g, shape: g.mean(axis=0)],
         "the uses were averaged; they add",
         "A bias used by 3 rows moves the loss through each. Do the effects average?"),
        ([lambda g, shape: g.sum(), lambda g, shape: np.full(shape, g.sum())],
         "summed over every axis, also those that were not broadcast",
         "Which axes did broadcasting add or stretch? Only these are summed."),
        (edit(", keepdims=True", ""),
         "a stretched axis was dropped; it must stay with length 1",
         "The gradient has the shape of what it belongs to. Which option of sum keeps an axis?"),
        ("g",
         "only the axes added on the left were summed, not those stretched from length 1",
         "A column of shape (3, 1) meets (3, 4): how often is each of its numbers used?"),
        (edit("g = g.sum(axis=tuple(range(g.ndim - len(shape))))", ""),
         "only the stretched axes were summed, not those that were added on the left",
         "A (4,) meets a (3, 4): which axis of g does the bias not have?"),
        (edit(".sum(", ".max("),
         "the largest of the uses was taken, not their sum",
         "A bias that is used by 3 rows moves the loss through each of them. Which counts?"),
        (edit("range(g.ndim - len(shape))", "range(len(shape), g.ndim)"),
         "the last axes were summed; broadcasting adds axes on the left",
         "A (4,) meets a (3, 4): which axis of g does the bias not have?"),
        ([lambda g, shape: g.sum(axis=0) if g.shape != shape else g,
          lambda g, shape: g.sum(axis=0).reshape(shape)],
         "summed over axis 0, whichever axis was broadcast",
         "For a column of shape (3, 1), which axis of the (3, 4) was stretched?"),
        ([lambda g, shape: g[(0,) * (g.ndim - len(shape))],
          lambda g, shape: g.ravel()[: int(np.prod(shape))].reshape(shape)],
         "one of the uses was taken, not the sum of all",
         "A bias that is used by 3 rows moves the loss through each of them. Which counts?"),
    ]),
    **graph.CHECKS,
    **cross_entropy.CHECKS,
}
