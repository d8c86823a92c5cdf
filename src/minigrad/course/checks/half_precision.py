"""Checks of lab 06: a norm in float16, and where it breaks without float32."""

from typing import Any

import numpy as np

from minigrad.course.check import Probe, check, drawn, edit, instead, probe, solutions, some, then
from minigrad.course.checks import norms
from minigrad.course.checks.tensors import rows

lab = solutions("06_half_precision")

HALF = {"rtol": 3e-3, "atol": 1e-3}  # a float16 has three digits
SQUARE = "(h * h).mean(axis=-1, keepdims=True)"
EXPONENT = "np.floor(np.log2(limit / largest))"
ABSOLUTE = "max(float(np.abs(g).max()) for g in gradients)"


def halves(what: str, size: float, eps: float, *shape: int, shift: float = 0.3) -> Probe:
    """A probe on rows of this size; 65,504 is the largest that float16 holds."""
    draw = rows(*shape, size=size, shift=shift)
    return drawn(what, lambda rng: (draw(rng).clip(-65504, 65504).astype(np.float16), eps), **HALF)


def gradients(*sizes: float) -> Any:
    """Draws float32 arrays whose largest entries are these; every other one is negative."""

    def draw(rng: np.random.Generator) -> Any:
        out = []
        for i, size in enumerate(sizes):
            g = rng.uniform(-0.4, 0.4, (2, 3)) * size
            g[1, i % 3] = size * (-1) ** i * rng.uniform(0.8, 1.2)
            out.append(g.astype(np.float32))
        return (out,)

    return draw


# fmt: off
NARROW = ("computed in float16: the squares overflowed, and 1/√inf = 0 made the row vanish",
    "What is 300² in float16? In which type is there room for the square of 65504?",
    "06-half-precision.md#which-step-breaks")
EPS_LOST = ("a row of zeros gives NaN: ε = 1e-8 is 0 in float16, or is missing",
    "What is float16(1e-8)? Where must ε be added so that it survives?",
    "06-half-precision.md#which-step-breaks")
TOO_LARGE = ("scaled by this, the largest gradient overflows",
    "What is the scale times the largest entry? Rounded up or down?")

CHECKS = {
    "rms_norm_half": check(lab.rms_norm_half, [
        halves("two ordinary rows", 1, 1e-5, 2, 4),
        halves("rows of size 300 to 1,200", 500, 1e-5, 3, 4),
        halves("rows of up to 65,504", 40_000, 1e-5, 2, 4),
        probe("a row of zeros, ε = 1e-8", np.zeros((1, 4), np.float16), 1e-8),
        halves("rows of size 1e-3, ε = 1e-5", 1e-3, 1e-5, 3, 4),
        halves("rows of size 1e-3, ε = 1e-8", 1e-3, 1e-8, 3, 4),
        halves("rows of size 1, ε = 0.1", 1, 0.1, 4, 4),
        halves("x of shape (4,)", 3, 1e-5, 4),
        halves("x of shape (2, 3, 4)", 3, 1e-5, 2, 3, 4),
    ], [
        *norms.wrong_rms("axis=-1, keepdims=True", "np.float32(eps)", "np.sqrt({})", "max"),
        (edit(SQUARE, SQUARE.replace("axis=-1", "axis=0")), *norms.AXIS_0),
        (edit(SQUARE, "(h * h).mean()"), *norms.WHOLE),
        ([edit("x.astype(np.float32)", "x", "np.float32(eps)", "np.float16(eps)"),
          instead("(h * h)", "(x * x)", "(x * x).astype(np.float32)")], *NARROW),
        ([edit("np.float32(eps)", "np.float16(eps)"), edit(" + np.float32(eps)", "")], *EPS_LOST),
        ("h",
         "the result is not float16: it stays in the wide type",
         "What becomes of the type of everything computed from it? Which type came in?",
         "06-half-precision.md#the-cure"),
        (instead("(eps)", "(1e-5)", "(1e-6)", "(1e-8)", "(max(eps, 1e-5))", "(max(eps, 1e-6))"),
         "eps is not the one that was asked for",
         "A caller asks for ε = 1e-8. Which number stands in your root?"),
    ]),
    "largest_safe": check(lab.largest_safe, [
        probe("float16 (65504), 512 numbers, the sum in float32", 65504.0, 512, False),
        probe("float16 (65504), 512 numbers, the sum in float16 too", 65504.0, 512, True),
        *(drawn("a type up to {:.4g}, {} numbers, sum_in_half {}",
                then(lambda rng: (rng.uniform(1e3, 1e5), int(rng.integers(5, 99))), s))
          for s in (True, False)),
    ], [
        (some(("(limit / dim) ** 0.5", "limit / dim"), ("limit**0.5", "limit")),
         "this is the largest square, not the largest number that may be squared",
         "If s² must stay below the limit, what must s stay below?"),
        (edit("(limit / dim) ** 0.5", "limit**0.5"),
         "the sum of dim squares is larger than one of them",
         "How large is the sum of dim squares, each s²?"),
        (edit("else limit**0.5", "else (limit / dim) ** 0.5"),
         "only each square by itself must fit when the sum is kept in a wider type",
         "Which numbers are in the narrow type if the sum is not?"),
        (instead("(limit / dim) ** 0.5", "limit**0.5 / dim", "limit**0.5 / dim**0.25",
                 "limit / dim**0.5"),
         "dim does not stand below the root as it is",
         "dim · s² ≤ limit. What is s?"),
        (edit("if sum_in_half", "if not sum_in_half"),
         "sum_in_half is used the wrong way round",
         "Which of the two needs the smaller s: a sum in float16, or one in float32?"),
        (instead("(limit / dim)", "(limit * dim)", "(dim / limit)"),
         "dim makes s larger, or the fraction is upside down",
         "A longer row: may its numbers be larger or smaller?"),
        ([some(("limit / dim", "65504 / dim"), ("else limit", "else 65504")),
          edit("/ dim", "/ 512")],
         "a number from the page stands where an argument is meant",
         "Which type, and which length of a row, does the caller ask about?"),
    ]),
    "loss_scale": check(lab.loss_scale, [
        drawn("gradients of some 0.5 and 0.02", gradients(0.02, 0.5)),
        probe("one gradient of 3e-8", [np.array([3e-8], np.float32)]),
        drawn("gradients of some 1 and 200,000", gradients(1, 2e5)),
        drawn("gradients of some 700, 30 and 5", gradients(700, 30, 5)),
        probe("a gradient that is itself a power of two, 0.25",
            [np.array([0.25], np.float32)], 65536.0),
        probe("gradients up to 3, limit = 100",
            [np.array([1, 2.5], np.float32), np.array([[-3.0]], np.float32)], 100.0),
        drawn("a hundred gradients of about the same size",
            lambda rng: ([rng.uniform(0.5, 0.99, (10, 10)).astype(np.float32)],)),
        probe("a zero among the gradients", [np.zeros(2, np.float32), np.ones(1, np.float32)]),
    ], [
        ([instead("np.floor", "np.ceil", "np.round"), edit(EXPONENT, f"({EXPONENT} + 1)")],
         *TOO_LARGE),
        ("limit / largest",
         "this is not a power of two: digits would be lost",
         "Which numbers change a float's exponent and leave its digits alone?"),
        (edit("np.abs(g).max()", "g.max()"),
         "a negative gradient can be the largest: the sign was not taken off",
         "Which of 3 and −1000 overflows first?"),
        (instead("max(float(np.abs(g).max())", "min(float(np.abs(g).min())",
                 "min(float(np.abs(g).max())"),
         "the smallest entry was made as large as possible: the largest overflows",
         "Which entry reaches the end of the number line first?"),
        (["loss_scale(gradients[:1], limit)", "loss_scale(gradients[-1:], limit)"],
         "only one of the arrays was looked at",
         "Which of all the entries overflows first?"),
        (f"max(1.0, 2.0 ** {EXPONENT})",
         "a gradient beyond the limit needs a scale below 1",
         "By what must 200,000 be multiplied to fit below 65,504?"),
        (instead(ABSOLUTE, "sum(float((g**2).sum()) for g in gradients) ** 0.5",
                 "max(float((g**2).sum()) ** 0.5 for g in gradients)"),
         "the norm, not the largest entry: no entry is as large as that",
         "Which number must fit into float16, a gradient or the length of all?"),
        (instead(ABSOLUTE, *(f"{of} for g in gradients)" for of in (
            "sum(float(np.abs(g).sum())", "sum(float(np.abs(g).max())",
            "1 / len(gradients) * sum(float(np.abs(g).max())",
            "max(float(np.abs(g).sum())", "max(float(np.abs(g).mean())"))),
         "a sum or a mean of the entries, not the largest of them",
         "Is it the sum of the gradients that is stored in float16, or each by itself?"),
        ([f"min({most}, 2.0 ** {EXPONENT})" for most in ("65536", "limit", "32768", "2.0**24")],
         "the scale is held to a number that nobody asked for",
         "Gradients of 3e-8: which scale brings them to 65,504?"),
        (EXPONENT,
         "this is the exponent, not the scale",
         "By which number is a gradient multiplied: by k, or by 2 to the power k?"),
        (["10.0 ** np.floor(np.log10(limit / largest))", instead("log2", "log", "log10")],
         "a power of another number than two",
         "Which numbers change a float's exponent and leave its digits alone?"),
        (["2.0 ** (np.floor(np.log2(limit)) - np.ceil(np.log2(largest)))",
          f"2.0 ** ({EXPONENT} - 1)"],
         "it could be doubled once more",
         "Is twice your scale times the largest entry beyond the limit?"),
        ([edit("limit / largest", "largest / limit"), edit("2.0 ** np", "0.5 ** np")],
         "upside down: this divides by what should multiply",
         "Small gradients are to be made large. Is your scale above 1 then?"),
    ]),
}
