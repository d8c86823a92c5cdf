"""Checks of lab 08: a diagnosis from the losses, and clipping."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.course.check import Check, Probe, check, drawn, edit, probe, solutions

lab = solutions("08_nan_clinic")

UNIGRAM, CLASSES = 3.4, 100
LN_C = math.log(CLASSES)

SQUARED = ("divided by the squared norm: the root is missing", "What is the norm of (3, 4)?")
NOT_THE_WORD = ("the words are not those of the docstring", "How does the docstring spell them?")


def said(what: str, *parts: tuple[int, float], classes: int = CLASSES) -> Probe:
    """A probe on losses: so many times this number, then that."""
    losses = [value for count, value in parts for _ in range(count)]
    return probe(what, losses, classes, UNIGRAM)


def drawn_run(rng: np.random.Generator) -> Any:
    """A run that ends somewhere between leak and stuck, or beyond either."""
    unigram = rng.uniform(2, 3)
    end = unigram * rng.choice([0.05, 0.5, 0.85, 0.97, 1.2])
    return [2.5, *rng.uniform(0.99, 1.01, 30) * end], 50, unigram


def arrays(*shapes: tuple[int, ...], size: float = 1.0) -> Any:
    return lambda rng: [size * rng.normal(size=s) for s in shapes]


def clipping(what: str, most: float, size: float = 1.0) -> Probe:
    draw = arrays((3, 4), (4,), (1, 2), size=size)
    return drawn(what, lambda rng: (draw(rng), most))


def signal(*factors: float) -> list[float]:
    return [1.0, *np.cumprod(factors).tolist()]


NORM = "np.sqrt(sum((g * g).sum() for g in gradients))"
FACTOR = "min(1.0, max_norm / norm) if norm > 0 else 1.0"
END = "sum(losses[-10:]) / len(losses[-10:])"
DIED = "not all(math.isfinite(loss) for loss in losses)"
BIRTH = '    if losses[0] > 2 * math.log(classes):\n        return "sick at birth"\n'
STUCK = '    if end > 0.93 * unigram:\n        return "stuck"\n'
FACTORS = "np.array(rms[1:]) / np.array(rms[:-1])"

# fmt: off
CHECKS: dict[str, Check] = {
    "diagnose": check(
        lab.diagnose,
        [
            said("a run that goes from ln C to 2.5", (1, LN_C), (50, 3.0), (50, 2.5)),
            said("NaN at the end", (1, LN_C), (80, 2.9), (1, 40.0), (1, math.nan)),
            said("inf at step 30, finite afterwards", (1, LN_C), (29, 3.0), (1, math.inf),
                (40, 2.6)),
            said("NaN at step 30, finite afterwards", (1, LN_C), (29, 3.0), (1, math.nan),
                (40, 2.6)),
            said("−inf as the first loss", (1, -math.inf), (40, 2.6)),
            said("NaN as the first loss", (1, math.nan), (40, 2.6)),
            said("a first loss of 50, then NaN", (1, 50.0), (1, 55.0), (1, math.nan)),
            said("a first loss of 50, 12 at the end", (1, 50.0), (30, 20.0), (30, 12.0)),
            said("a first loss of 50, 2.5 at the end", (1, 50.0), (30, 20.0), (30, 2.5)),
            said("a first loss of 50, 0.01 at the end", (1, 50.0), (30, 20.0), (30, 0.01)),
            said("a first loss of 2.05 · ln C", (1, 2.05 * LN_C), (30, 3.0), (30, 2.5)),
            said("a first loss of 1.95 · ln C", (1, 1.95 * LN_C), (30, 3.0), (30, 2.5)),
            said("a first loss of 5 where C = 10", (1, 5.0), (30, 2.5), classes=10),
            said("a first loss of 5 where C = 1,000", (1, 5.0), (30, 2.5), classes=1000),
            said("flat at the unigram loss, but for a lucky last batch", (1, LN_C), (200, 3.35),
                (1, 2.9)),
            said("slow at first, 2.4 at the end", (1, LN_C), (300, 3.8), (10, 2.4)),
            said("10, and then nine times 2.6", (1, LN_C), (30, 2.6), (1, 10.0), (9, 2.6)),
            said("10, and then ten times 2.6", (1, LN_C), (30, 2.6), (1, 10.0), (10, 2.6)),
            said("five times 4, five times 2.9", (1, LN_C), (30, 2.9), (5, 4.0), (5, 2.9)),
            said("a peak of 50 at step 1", (1, LN_C), (1, 50.0), (40, 2.6)),
            said("2.6, but for one loss of 5", (1, LN_C), (60, 2.6), (1, 5.0), (3, 2.6)),
            said("2.9, and 9 in the last batch", (1, LN_C), (60, 2.9), (1, 9.0)),
            said("0.95 of the unigram loss at the end", (1, LN_C), (60, 0.95 * UNIGRAM)),
            said("0.91 of the unigram loss at the end", (1, LN_C), (60, 0.91 * UNIGRAM)),
            said("0.02 at the end", (1, LN_C), (60, 0.02)),
            said("0.29 at the end", (1, LN_C), (60, 0.29)),
            said("0.31 at the end", (1, LN_C), (60, 0.31)),
            said("0.02 in the last batch alone", (1, LN_C), (60, 2.0), (1, 0.02)),
            drawn("a run that was drawn", drawn_run),
            drawn("a run that was drawn", drawn_run),
        ],
        [
            ([edit(DIED, "not math.isfinite(losses[-1])"), edit(DIED, "math.isnan(losses[-1])")],
             "only the last loss was looked at for NaN",
             "A run that died at step 3 has no healthy end. Which losses must be finite?"),
            ([edit(DIED, "any(math.isnan(loss) for loss in losses)"),
              edit(DIED, "any(loss == math.inf for loss in losses)"),
              edit(DIED, "any(math.isinf(loss) for loss in losses)"),
              edit(DIED, "any(math.isnan(loss) or loss == math.inf for loss in losses)"),
              edit(DIED, "any(loss == math.nan for loss in losses)"),
              edit(DIED, "any(loss > 1e6 for loss in losses)"), edit(DIED, "False"),
              edit(DIED, "not any(math.isfinite(loss) for loss in losses)")],
             "inf, −inf or NaN passed as a healthy loss",
             "Which test is false for NaN and for inf alike? What is NaN == NaN?"),
            ([edit(f'    if {DIED}:\n        return "died"\n', "", BIRTH,
              BIRTH + f'    if {DIED}:\n        return "died"\n'),
              edit(BIRTH, "", STUCK, STUCK + BIRTH),
              edit(BIRTH, "", f"    end = {END}\n", f"    end = {END}\n" + STUCK,
              STUCK + '    return "leak"', STUCK + BIRTH + '    return "leak"'),
              edit(BIRTH, "", 'return "leak" if end < 0.3 else "healthy"',
              'return "leak" if end < 0.3 else "sick at birth" if losses[0] > 2 * '
              'math.log(classes) else "healthy"')],
             "the words are tried in another order than the docstring gives",
             "A run that began at 50 and died: which of the two words applies first?"),
            ([edit(BIRTH, ""), *(edit("2 * math.log(classes)", bound)
              for bound in ("10 * math.log(classes)", "8 * math.log(classes)",
              "math.log(classes)", "3 * math.log(classes)", "5 * math.log(classes)",
              "1.5 * math.log(classes)", "2 * math.log2(classes)", "2 * math.log10(classes)",
              "2 * classes", "classes", "2 * math.log(100)", "math.log(2 * classes)",
              "math.log(classes) ** 2", "2 * unigram", "2"))],
             "the first loss is not held to 2 · ln C",
             "What does a model that knows nothing pay at step 0? From where on is it sick?"),
            ([edit("losses[0] >", "losses[-1] >"), edit("losses[0] >", "max(losses) >")],
             "another loss than the first is held to 2 · ln C",
             "When is a run sick at birth?"),
            ([edit(END, "losses[-1]"), edit(END, "min(losses[-10:])")],
             "the last loss alone: one lucky batch decides",
             "How many losses at the end does the docstring average?"),
            (edit(END, "sum(losses) / len(losses)"),
             "the mean of all losses: the beginning weighs as much as the end",
             "Which losses tell how the run ended?"),
            ([edit("-10:", f"-{n}:") for n in (2, 3, 5, 9, 11, 20)] + [edit("-10:", ":10"),
               edit("losses[-10:]", "losses[-10:-1]"),
              edit(END, "sorted(losses[-10:])[len(losses[-10:]) // 2]"),
              edit(END, "max(losses[-10:])")],
             "not the mean of the last 10",
             "How many losses at the end does the docstring average?"),
            ([edit("0.93 * unigram", bound) for bound in ("unigram", "0.8 * unigram",
              "0.9 * unigram", "0.95 * unigram", "0.93", "0.99 * unigram", "math.log(classes)",
              "0.93 * math.log(classes)", "0.5 * unigram", "unigram / 0.93",
              "0.07 * unigram")] + [edit(STUCK, "")],
             "the end is not held to 0.93 of the unigram loss",
             "From which loss on does a run do no better than guessing by frequency?"),
            ([edit('return "leak" if end < 0.3 else "healthy"',
              'return "healthy"')] + [edit("end < 0.3", test) for test in ("end < 1.0",
              "end < 0.1", "end < 0.03", "end < 0.5", "end < 0.3 * unigram", "end <= 0",
              "losses[-1] < 0.3", "min(losses) < 0.3", "end > 0.3", "end < 0.01")],
             "a leak is not told by a mean below 0.3",
             "What do you think of a student who answers before hearing the question?"),
            ([lambda *given: lab.diagnose(*given).capitalize(),
              lambda *given: lab.diagnose(*given).upper(),
              lambda *given: lab.diagnose(*given).replace(" ", "_"),
              lambda *given: lab.diagnose(*given).replace("healthy", "ok"),
              lambda *given: lab.diagnose(*given).replace("sick at birth", "sick")], *NOT_THE_WORD),
        ],
    ),
    "clip_gradients": check(
        lab.clip_gradients,
        [
            probe("two gradients of joint norm 13, max_norm 3.25",
                [np.array([3.0, 4.0]), np.array([[0.0, 12.0]])], 3.25),
            probe("the same, max_norm 26", [np.array([3.0, 4.0]), np.array([[0.0, 12.0]])], 26.0),
            clipping("gradients of norm about 40, max_norm 2", 2.0, 10.0),
            clipping("gradients of norm about 4, max_norm 2", 2.0),
            clipping("gradients of norm about 0.04, max_norm 2", 2.0, 0.01),
            clipping("gradients of norm about 0.04, max_norm 0.001", 0.001, 0.01),
            probe("gradients that are all zero", [np.zeros(2), np.zeros((1, 2))], 1.0),
            drawn("one gradient, a matrix", lambda rng: (arrays((3, 3), size=5)(rng), 1.0)),
        ],
        [
            ([lambda gs, most: [lab.clip_gradients([g], most)[0] for g in gs],
              lambda gs, most: [g * most / np.sqrt((g * g).sum()) for g in gs]],
             "each gradient was clipped by its own norm: their direction changed",
             "If one is scaled and another is not, does the step still point along the gradient?"),
            ([lambda gs, most: [np.clip(g, -most, most) for g in gs],
              lambda gs, most: [np.minimum(g, most) for g in gs]],
             "each entry was clipped: this bounds the largest entry, not the norm",
             "Which single number is to be at most max_norm?"),
            ([edit(NORM, "sum((g * g).sum() for g in gradients)")], *SQUARED),
            (edit(NORM, "sum(np.sqrt((g * g).sum()) for g in gradients)"),
             "the norms were added; squares add, and the root comes last",
             "How long is the arrow (3, 4)?"),
            ([edit("min(1.0, max_norm / norm)", "max_norm / norm")],
             "small gradients were scaled up to max_norm",
             "What must the factor never exceed?"),
            ([edit(f"{FACTOR}", "max_norm / norm if norm > max_norm or norm == 0 else 1.0"),
              edit("else 1.0", "else np.nan"), edit(f"{FACTOR}", "max_norm / norm")],
             "all gradients zero give NaN: 0/0",
             "What is the norm of a zero gradient?"),
            ([edit(NORM, "max(np.abs(g).max() for g in gradients)"),
              edit(NORM, "max(np.sqrt((g * g).sum()) for g in gradients)"),
              edit(NORM, "max(g.max() for g in gradients)")],
             "the largest, not the norm of all together",
             "How long is the arrow (3, 4)?"),
            ([edit(NORM, "sum(np.abs(g).sum() for g in gradients)"),
              edit(NORM, "np.sqrt(sum((g * g).mean() for g in gradients))"),
              edit(NORM, "np.sqrt(sum((g * g).sum() for g in gradients) / len(gradients))"),
              edit(NORM, "np.sqrt(sum((g * g).sum() for g in gradients) / sum(g.size for g in "
              "gradients))"), edit(NORM, "np.sqrt(np.mean([(g * g).mean() for g in gradients]))"),
              edit(NORM,
              "np.sqrt(sum(np.linalg.norm(np.atleast_2d(g), 2)**2 for g in gradients))"),
              edit(NORM, "sum(np.sqrt((g * g).sum()) for g in gradients) / len(gradients)"),
              edit(NORM, "abs(sum(g.sum() for g in gradients))")],
             "another size than the root of the sum of all squares",
             "All gradients as one vector: how long is it?"),
            ([edit("max_norm / norm", "norm / max_norm"), edit("[g * factor", "[g / factor"),
              edit("min(1.0", "max(1.0")],
             "upside down: this makes large gradients larger",
             "Gradients of norm 13, max_norm 3.25: which factor brings them there?"),
            ([edit(FACTOR, "1.0 if norm <= max_norm else 0.0"),
              edit(FACTOR, "1 / norm if norm > max_norm else 1.0"),
              edit(FACTOR, "1 / norm if norm else 1.0"),
              edit("min(1.0, max_norm / norm)", "min(1.0, max_norm)")],
             "gradients that are too long do not come out with norm max_norm",
             "After clipping, which norm must they have?"),
            (edit("g * factor", "g - max(0.0, norm - max_norm)"),
             "something was taken off each entry; the gradients are multiplied by one factor",
             "Does the step still point where it pointed before?"),
            (edit("g * factor for g in gradients", "g * factor for g in gradients[:1]"),
             "some gradients are not in the list that came back",
             "How many gradients went in?"),
            (lambda gs, most: list(gs), "nothing was clipped", "What does max_norm bound?"),
        ],
    ),
    "where_it_grows": check(
        lab.where_it_grows,
        [
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
                (0.2, 12, 0.1, 9)]),
            probe("factors of exactly 1.5", [1.0, 1.5, 2.25]),
            probe("a factor of exactly 10", [1.0, 10.0, 10.0]),
            drawn("a signal that one layer of nine multiplies by 50",
                lambda rng: (signal(*np.roll([50, *rng.uniform(0.7, 1.4, 8)],
                int(rng.integers(0, 9)))),)),
        ],
        [
            ([edit("int(np.argmax(factors))", "int(np.argmax(rms[1:]))"),
              edit("int(np.argmax(factors))", "int(np.argmax(rms[1:]))",
                "factors[k] > 10", "max(factors) > 10")],
             "the layer with the largest output, not the one with the largest factor",
             "Layers 4 to 8 are all large. Which of them made it so?"),
            ([edit("k + 1 if", f"k + {n} if") for n in (0, 2)],
             "off by one: the input stands first in the list",
             "rms[0] is the input's. Which layer made rms[1]?"),
            ([edit('    if min(factors) > 1.5:\n        return "every layer"\n', ""),
              edit("    if min(factors) > 1.5",
              "    if min(factors) > 1.5 and max(factors) <= 10")],
             "growth that all layers share was blamed on one",
             "If you mended that layer alone, what would the others still do?"),
            ([edit("factors[k] > 10", f"factors[k] > {t}") for t in ("0", "1", "1.5", "2", "3",
              "5", "9", "20", "100")] + [edit(' if factors[k] > 10 else "nowhere"', "")],
             "the largest factor is not held to 10",
             "Factors of 1.2 and 0.9: which of them is above 10?"),
            ([edit("min(factors) > 1.5", f"min(factors) > {t}") for t in ("1", "1.2", "2", "3",
              "10", "1.1", "0")],
             "the smallest factor is not held to 1.5",
             "Three layers of factor 1.4: do they all grow? Three of 1.6?"),
            ([edit("min(factors) > 1.5", test) for test in ("max(factors) > 1.5",
              "np.mean(factors) > 1.5", "any(factors > 1.5)", "np.median(factors) > 1.5",
              "np.prod(factors) ** (1 / len(factors)) > 1.5")],
             "it takes all factors to be above 1.5, not one of them, nor their mean",
             "One layer of ten grows a hundredfold. Is every layer to blame?"),
            ([edit("min(factors) > 1.5", "rms[-1] / rms[0] > " + t) for t in ("10",
              "1.5")] + [lambda rms, t=t: "every layer" if rms[-1] / rms[0] > t else "nowhere"
              for t in (1.5, 10)],
             "first and last were compared, not layer by layer",
             "The signal grew a thousandfold: in one layer, or in all of them?"),
            ([edit(FACTORS, "np.diff(rms)"), edit(FACTORS, "np.abs(np.diff(rms))")],
             "differences, not factors",
             "From 1 to 30, and from 1000 to 1030: is that the same layer?"),
            ([edit(FACTORS, "np.array(rms[1:]) / rms[0]"), edit(FACTORS, "np.array(rms[1:])"),
              edit(FACTORS, "np.array(rms) / rms[0]")],
             "each rms is compared with the input's, not with the layer's before",
             "Layers 4 to 8 are all large. Which of them made it so?"),
            ([edit(FACTORS, "np.array(rms[:-1]) / np.array(rms[1:])")],
             "upside down: a layer that grows has a factor below 1",
             "Which of the two rms is a layer's own, and which its input's?"),
            ([edit("int(np.argmax(factors))",
              "next((i for i, f in enumerate(factors) if f > 10), 0)"),
              edit("int(np.argmax(factors))",
              "max((i for i, f in enumerate(factors) if f > 10), default=0)")],
             "the first or the last layer above 10, not the largest",
             "Two layers grow, 11-fold and 40-fold. Which one does the docstring ask for?"),
            ([edit("np.argmax", "np.argmin")],
             "the layer with the smallest factor",
             "Which factor belongs to the layer that made it large?"),
        ],
    ),
}
# fmt: on
