"""Checks of lab 08: a diagnosis, clipping, and where a signal grows."""

from typing import Any

import numpy as np

from minigrad.course.check import Probe, check, drawn, edit, instead, probe, solutions
from minigrad.course.checks import diagnosis

lab = solutions("08_nan_clinic")


def arrays(*shapes: tuple[int, ...], size: float = 1.0) -> Any:
    return lambda rng: [size * rng.normal(size=s) for s in shapes]


def clipping(what: str, most: float, size: float = 1.0) -> Probe:
    draw = arrays((3, 4), (4,), (1, 2), size=size)
    return drawn(what, lambda rng: (draw(rng), most))


def signal(*factors: float) -> list[float]:
    return [1.0, *np.cumprod(factors).tolist()]


NORM = "np.sqrt(sum((g * g).sum() for g in gradients))"
FACTOR = "min(1.0, max_norm / norm) if norm > 0 else 1.0"
FACTORS = "np.array(rms[1:]) / np.array(rms[:-1])"

# fmt: off
CHECKS = {
    **diagnosis.CHECKS,
    "clip_gradients": check(lab.clip_gradients, [
        probe("two gradients of joint norm 13, max_norm 3.25",
            [np.array([3.0, 4.0]), np.array([[0.0, 12.0]])], 3.25),
        probe("the same, max_norm 26", [np.array([3.0, 4.0]), np.array([[0.0, 12.0]])], 26.0),
        clipping("gradients of norm about 40, max_norm 2", 2.0, 10.0),
        clipping("gradients of norm about 4, max_norm 2", 2.0),
        clipping("gradients of norm about 0.04, max_norm 2", 2.0, 0.01),
        clipping("gradients of norm about 0.04, max_norm 0.001", 0.001, 0.01),
        probe("gradients that are all zero", [np.zeros(2), np.zeros((1, 2))], 1.0),
        drawn("one gradient, a matrix", lambda rng: (arrays((3, 3), size=5)(rng), 1.0)),
    ], [
        (["[clip_gradients([g], max_norm)[0] for g in gradients]",
          "[g * max_norm / np.sqrt((g * g).sum()) for g in gradients]"],
         "each gradient was clipped by its own norm: their direction changed",
         "If one is scaled and another is not, does the step still point along the gradient?"),
        (["[np.clip(g, -max_norm, max_norm) for g in gradients]",
          "[np.minimum(g, max_norm) for g in gradients]"],
         "each entry was clipped: this bounds the largest entry, not the norm",
         "Which single number is to be at most max_norm?"),
        (edit(NORM, "sum((g * g).sum() for g in gradients)"),
         "divided by the squared norm: the root is missing",
         "What is the norm of (3, 4)?"),
        (edit(NORM, "sum(np.sqrt((g * g).sum()) for g in gradients)"),
         "the norms were added; squares add, and the root comes last",
         "How long is the arrow (3, 4)?"),
        (edit("min(1.0, max_norm / norm)", "max_norm / norm"),
         "small gradients were scaled up to max_norm",
         "What must the factor never exceed?"),
        (instead(FACTOR, "max_norm / norm if norm > max_norm or norm == 0 else 1.0",
                 "max_norm / norm"),
         "all gradients zero give NaN: 0/0",
         "What is the norm of a zero gradient?"),
        (instead(NORM, *(f"max({size} for g in gradients)" for size in (
            "np.abs(g).max()", "np.sqrt((g * g).sum())", "g.max()"))),
         "the largest, not the norm of all together",
         "How long is the arrow (3, 4)?"),
        (instead(NORM, "sum(np.abs(g).sum() for g in gradients)",
                 "np.sqrt(sum((g * g).mean() for g in gradients))",
                 "np.sqrt(sum((g * g).sum() for g in gradients) / len(gradients))",
                 "np.sqrt(sum((g * g).sum() for g in gradients) / sum(g.size for g in gradients))",
                 "np.sqrt(sum(np.linalg.norm(np.atleast_2d(g), 2)**2 for g in gradients))",
                 "sum(np.sqrt((g * g).sum()) for g in gradients) / len(gradients)",
                 "abs(sum(g.sum() for g in gradients))"),
         "another size than the root of the sum of all squares",
         "All gradients as one vector: how long is it?"),
        ([edit("max_norm / norm", "norm / max_norm"), edit("[g * factor", "[g / factor")],
         "upside down: this makes large gradients larger",
         "Gradients of norm 13, max_norm 3.25: which factor brings them there?"),
        (instead(FACTOR, "1.0 if norm <= max_norm else 0.0", "1 / norm if norm > max_norm else 1.0",
                 "min(1.0, max_norm)"),
         "gradients that are too long do not come out with norm max_norm",
         "After clipping, which norm must they have?"),
        (edit("g * factor", "g - max(0.0, norm - max_norm)"),
         "something was taken off each entry; the gradients are multiplied by one factor",
         "Does the step still point where it pointed before?"),
        (edit("g * factor for g in gradients", "g * factor for g in gradients[:1]"),
         "some gradients are not in the list that came back",
         "How many gradients went in?"),
        ("list(gradients)",
         "nothing was clipped",
         "What does max_norm bound?"),
    ]),
    "where_it_grows": check(lab.where_it_grows, [
        probe("a signal that layer 4 of 8 multiplies by 400",
            [1.0, 0.9, 1.1, 1.0, 400.0, 390.0, 420.0, 410.0, 430.0]),
        probe("a signal that all eight layers multiply, by 2 to 12",
            [1.0, 2.0, 5.0, 60.0, 130.0, 300.0, 700.0, 1500.0, 4000.0]),
        probe("a signal that stays as it is", [1.0, 1.2, 1.1, 1.3, 1.2, 1.25]),
        probe("a signal that grows in its first layer", [1.0, 30.0, 31.0, 29.0]),
        probe("a signal that grows in its last layer", [1.0, 1.1, 1.0, 30.0]),
        probe("a signal that begins at 100 and stays", [100.0, 99.0, 101.0, 100.0]),
        probe("a signal that shrinks to 0.02, and grows elevenfold at the end",
            signal(0.1, 0.2, 11)),
        *(probe(f"factors {', '.join(map(str, factors))}", signal(*factors))
            for factors in [(1.4, 1.4, 1.4), (1.6, 1.6, 1.6), (1.6, 1.4, 1.6), (1, 9, 1),
            (1, 11, 1), (11, 1, 40), (40, 1, 11), (1, 3, 3, 3), (2, 20, 2), (5, 5, 1),
            (0.5, 0.5, 30), (1.0, 1.2, 10.5), (1, 9.5, 1), (12,), (1.2,), (1.4, 12, 1.5),
            (0.2, 12, 0.1, 9), (40, 5, 0.9), (0.9, 40, 5)]),
        probe("factors of exactly 1.5", [1.0, 1.5, 2.25]),
        probe("a factor of exactly 10", [1.0, 10.0, 10.0]),
        drawn("a signal that one layer of nine multiplies by 50",
            lambda rng: (signal(*np.roll([50, *rng.uniform(0.7, 1.4, 8)],
            int(rng.integers(0, 9)))),)),
    ], [
        ([edit("argmax(factors)", "argmax(rms[1:])"),
          edit("argmax(factors)", "argmax(rms[1:])", "factors[k] > 10", "max(factors) > 10")],
         "the layer with the largest output, not the one with the largest factor",
         "Layers 4 to 8 are all large. Which of them made it so?"),
        (instead("k + 1 if", "k if", "k + 2 if"),
         "off by one: the input stands first in the list",
         "rms[0] is the input's. Which layer made rms[1]?"),
        ([edit('    if min(factors) > 1.5:\n        return "every layer"\n', ""),
          edit("    if min(factors) > 1.5", "    if min(factors) > 1.5 and max(factors) <= 10")],
         "growth that all layers share was blamed on one",
         "If you mended that layer alone, what would the others still do?"),
        (instead("factors[k] > 10", *(f"factors[k] > {t}" for t in (0, 1.5, 2, 3, 5, 9, 20, 100))),
         "the largest factor is not held to 10",
         "Factors of 1.2 and 0.9: which of them is above 10?"),
        (instead("min(factors) > 1.5", *(f"min(factors) > {t}" for t in (1, 1.2, 2, 0))),
         "the smallest factor is not held to 1.5",
         "Three layers of factor 1.4: do they all grow? Three of 1.6?"),
        (instead("min(factors)", "max(factors)", "np.median(factors)",
                 "np.prod(factors) ** (1 / len(factors))"),
         "it takes all factors to be above 1.5, not one of them, nor their mean",
         "One layer of ten grows a hundredfold. Is every layer to blame?"),
        ([instead("min(factors) > 1.5", "rms[-1] / rms[0] > 10", "rms[-1] / rms[0] > 1.5"),
          [lambda rms, t=t: "every layer" if rms[-1] > t * rms[0] else "nowhere"
           for t in (1.5, 10)]],
         "first and last were compared, not layer by layer",
         "The signal grew a thousandfold: in one layer, or in all of them?"),
        ([instead(FACTORS, "np.diff(rms)", "np.abs(np.diff(rms))"),
          edit("np.argmax(factors)", "np.argmax(np.diff(rms))")],
         "differences, not factors",
         "From 1 to 30, and from 1000 to 1030: is that the same layer?"),
        (instead(FACTORS, "np.array(rms[1:]) / rms[0]", "np.array(rms[1:])",
                 "np.array(rms) / rms[0]"),
         "each rms is compared with the input's, not with the layer's before",
         "Layers 4 to 8 are all large. Which of them made it so?"),
        (edit(FACTORS, "np.array(rms[:-1]) / np.array(rms[1:])"),
         "upside down: a layer that grows has a factor below 1",
         "Which of the two rms is a layer's own, and which its input's?"),
        (instead("int(np.argmax(factors))", "next((i for i, f in enumerate(factors) if f > 10), 0)",
                 "max((i for i, f in enumerate(factors) if f > 10), default=0)"),
         "the first or the last layer above 10, not the largest",
         "Two layers grow, 11-fold and 40-fold. Which one does the docstring ask for?"),
        (edit("np.argmax", "np.argmin"),
         "the layer with the smallest factor",
         "Which factor belongs to the layer that made it large?"),
    ]),
}
