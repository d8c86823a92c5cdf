"""Checks of lab 08's diagnosis from the losses."""

import math
from typing import Any

import numpy as np

from minigrad.course.check import Probe, check, drawn, edit, instead, probe, solutions

lab = solutions("08_nan_clinic")
UNIGRAM, CLASSES = 3.4, 100
LN_C = math.log(CLASSES)


def said(what: str, *parts: tuple[int, float], classes: int = CLASSES) -> Probe:
    """A probe on losses: so many times this number, then that."""
    losses = [value for count, value in parts for _ in range(count)]
    return probe(what, losses, classes, UNIGRAM)


def drawn_run(rng: np.random.Generator) -> Any:
    """A run that ends somewhere between leak and stuck, or beyond either."""
    unigram = rng.uniform(2, 3)
    end = unigram * rng.choice([0.05, 0.5, 0.85, 0.97, 1.2])
    return [2.5, *rng.uniform(0.99, 1.01, 30) * end], 50, unigram


END = "sum(losses[-10:]) / len(losses[-10:])"
DIED = "not all(math.isfinite(loss) for loss in losses)"
DEATH = f'    if {DIED}:\n        return "died"\n'
BIRTH = '    if losses[0] > 2 * math.log(classes):\n        return "sick at birth"\n'
STUCK = '    if end > 0.93 * unigram:\n        return "stuck"\n'

# fmt: off
CHECKS = {
    "diagnose": check(lab.diagnose, [
        said("a run that goes from ln C to 2.5", (1, LN_C), (50, 3.0), (50, 2.5)),
        said("NaN at the end", (1, LN_C), (80, 2.9), (1, 40.0), (1, math.nan)),
        said("inf at step 30, finite afterwards", (1, LN_C), (29, 3.0), (1, math.inf), (40, 2.6)),
        said("NaN at step 30, finite afterwards", (1, LN_C), (29, 3.0), (1, math.nan), (40, 2.6)),
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
    ], [
        (edit(DIED, "not math.isfinite(losses[-1])"),
         "only the last loss was looked at for NaN",
         "A run that died at step 3 has no healthy end. Which losses must be finite?"),
        (instead(DIED, *(f"any({test} for loss in losses)" for test in (
            "math.isnan(loss)", "loss == math.inf", "math.isinf(loss)",
            "math.isnan(loss) or loss == math.inf", "loss == math.nan"))),
         "inf, −inf or NaN passed as a healthy loss",
         "Which test is false for NaN and for inf alike? What is NaN == NaN?"),
        ([edit(DEATH, "", BIRTH, BIRTH + DEATH),
          edit(BIRTH, "", STUCK, STUCK + BIRTH),
          edit(BIRTH, "", 'else "healthy"',
               'else "sick at birth" if losses[0] > 2 * math.log(classes) else "healthy"')],
         "the words are tried in another order than the docstring gives",
         "A run that began at 50 and died: which of the two words applies first?"),
        ([edit(BIRTH, ""),
          instead("2 * math.log(classes)", "10 * math.log(classes)", "math.log(classes)",
                  "2 * math.log10(classes)", "2 * math.log(100)", "2 * unigram", "2")],
         "the first loss is not held to 2 · ln C",
         "What does a model that knows nothing pay at step 0? From where on is it sick?"),
        (instead("losses[0] >", "losses[-1] >", "max(losses) >"),
         "another loss than the first is held to 2 · ln C",
         "When is a run sick at birth?"),
        (instead(END, "losses[-1]", "min(losses[-10:])"),
         "the last loss alone: one lucky batch decides",
         "How many losses at the end does the docstring average?"),
        (edit(END, "sum(losses) / len(losses)"),
         "the mean of all losses: the beginning weighs as much as the end",
         "Which losses tell how the run ended?"),
        ([instead("-10:", "-2:", "-3:", "-9:", "-11:", ":10"),
          edit("losses[-10:]", "losses[-10:-1]"),
          instead(END, "sorted(losses[-10:])[len(losses[-10:]) // 2]", "max(losses[-10:])")],
         "not the mean of the last 10",
         "How many losses at the end does the docstring average?"),
        (instead("0.93 * unigram", "unigram", "0.8 * unigram", "0.9 * unigram", "0.95 * unigram",
                 "0.93", "math.log(classes)", "unigram / 0.93", "0.07 * unigram"),
         "the end is not held to 0.93 of the unigram loss",
         "From which loss on does a run do no better than guessing by frequency?"),
        (['"healthy"',
          instead("end < 0.3", "end < 1.0", "end < 0.1", "losses[-1] < 0.3", "end > 0.3")],
         "a leak is not told by a mean below 0.3",
         "What do you think of a student who answers before hearing the question?"),
        ([lambda *given, change=change: change(lab.diagnose(*given)) for change in (
            str.capitalize, str.upper, lambda word: word.replace(" ", "_"),
            lambda word: word.replace("healthy", "ok"),
            lambda word: word.replace("sick at birth", "sick"))],
         "the words are not those of the docstring",
         "How does the docstring spell them?"),
    ]),
}
