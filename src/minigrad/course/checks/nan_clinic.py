"""Checks of lab 08: a diagnosis from the losses, and clipping."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.course.check import Mistake, Probe, call
from minigrad.course.checks.gradient_norm import SUM_OF_NORMS

QUESTIONS = "08-nan-clinic.md#three-questions"
CLIP = "08-nan-clinic.md#why-clipping-cures-sgd-and-not-adam"

LAST_ONLY = Mistake(
    "only the last loss was looked at for NaN",
    "A run that died at step 3 has no healthy end. Which losses must be finite?",
    QUESTIONS,
)
INF_PASSES = Mistake(
    "inf passed as a healthy loss",
    "Which test is false for NaN and for inf alike?",
    QUESTIONS,
)
ORDER = Mistake(
    "the words are tried in another order than the docstring gives",
    "A run that began at 50 and died: which of the two words applies first?",
    QUESTIONS,
)
BIRTH = Mistake(
    "a first loss of ten times ln C passed as normal",
    "What does a model that knows nothing pay at step 0?",
    QUESTIONS,
)
ONE_LOSS = Mistake(
    "the last loss alone: one lucky batch decides",
    "How many losses at the end does the docstring average?",
    QUESTIONS,
)
ALL_LOSSES = Mistake(
    "the mean of all losses: the beginning weighs as much as the end",
    "Which losses tell how the run ended?",
    QUESTIONS,
)
LEAK = Mistake(
    "a loss that no model of real text reaches passed as healthy",
    "What do you think of a student who answers before hearing the question?",
    QUESTIONS,
)
PER_TENSOR = Mistake(
    "each gradient was clipped by its own norm: their direction changed",
    "If one is scaled and another is not, does the step still point along the gradient?",
    CLIP,
)
ELEMENTWISE = Mistake(
    "each entry was clipped: this bounds the largest entry, not the norm",
    "Which single number is to be at most max_norm?",
    CLIP,
)
SQUARED = Mistake(
    "divided by the squared norm: the root is missing", "What is the norm of (3, 4)?", CLIP
)
SCALED_UP = Mistake(
    "small gradients were scaled up to max_norm", "What must the factor never exceed?", CLIP
)
ZERO = Mistake("all gradients zero give NaN: 0/0", "What is the norm of a zero gradient?", CLIP)

LARGEST_RMS = Mistake(
    "the layer with the largest output, not the one with the largest factor",
    "Layers 4 to 8 are all large. Which of them made it so?",
    QUESTIONS,
)
OFF_BY_ONE = Mistake(
    "off by one: the input stands first in the list",
    "rms[0] is the input's. Which layer made rms[1]?",
    QUESTIONS,
)
COMMON = Mistake(
    "growth that all layers share was blamed on one",
    "If you mended that layer alone, what would the others still do?",
    QUESTIONS,
)
HEALTHY = Mistake(
    "a healthy signal was accused",
    "Factors of 1.2 and 0.9: which of them is above 10?",
    QUESTIONS,
)
ENDS = Mistake(
    "first and last were compared, not layer by layer",
    "The signal grew a thousandfold: in one layer, or in all of them?",
    QUESTIONS,
)

UNIGRAM, CLASSES = 3.4, 100
LN_C = math.log(CLASSES)


def run(*parts: tuple[int, float]) -> list[float]:
    """Losses: so many times this number, then that."""
    return [value for count, value in parts for _ in range(count)]


def said(what: str, losses: Sequence[float], word: str, *mistakes: tuple[Any, Mistake]) -> Probe:
    return Probe(what, call(list(losses), CLASSES, UNIGRAM), word, mistakes)


LARGE = [np.array([3.0, 4.0]), np.array([[0.0, 12.0]])]  # joint norm 13


def flat(gradients: Any) -> Any:
    """All of them as one vector, as the joint norm sees them."""
    return np.concatenate([np.ravel(g) for g in gradients])


def clipped(gradients: Any, max_norm: float) -> Callable[[Any], Any]:
    """A probe's run: what the exercise makes of these gradients, as one vector."""
    run_it = call(gradients, max_norm)
    return lambda f: flat(run_it(f))


def scaled(factor: Callable[[Any], Any]) -> Any:
    return flat([g * factor(g) for g in LARGE])


CHECKS: dict[str, list[Probe]] = {
    "diagnose": [
        said("a run that goes from ln C to 2.5", run((1, LN_C), (50, 3.0), (50, 2.5)), "healthy"),
        said(
            "NaN at the end",
            [*run((1, LN_C), (80, 2.9)), 40.0, math.nan],
            "died",
            (lambda word: word != "died", INF_PASSES),
        ),
        said(
            "inf at step 30, finite afterwards",
            run((1, LN_C), (29, 3.0), (1, math.inf), (40, 2.6)),
            "died",
            (lambda word: word == "healthy", LAST_ONLY),
        ),
        said(
            "a first loss of 50, then NaN",
            [50.0, 55.0, math.nan],
            "died",
            ("sick at birth", ORDER),
        ),
        said(
            "a first loss of 50, 12 at the end",
            run((1, 50.0), (30, 20.0), (30, 12.0)),
            "sick at birth",
            ("stuck", ORDER),
            (lambda word: word in ("healthy", "died"), BIRTH),
        ),
        said(
            "flat at the unigram loss, but for a lucky last batch",
            [*run((1, LN_C), (200, 3.35)), 2.9],
            "stuck",
            ("healthy", ONE_LOSS),
        ),
        said(
            "slow at first, 2.4 at the end",
            run((1, LN_C), (300, 3.8), (10, 2.4)),
            "healthy",
            ("stuck", ALL_LOSSES),
        ),
        said("0.02 at the end", run((1, LN_C), (60, 0.02)), "leak", ("healthy", LEAK)),
    ],
    "where_it_grows": [
        Probe(
            "a signal that layer 4 of 8 multiplies by 400",
            call([1.0, 0.9, 1.1, 1.0, 400.0, 390.0, 420.0, 410.0, 430.0]),
            4,
            [
                (8, LARGEST_RMS),
                (3, OFF_BY_ONE),
                (5, OFF_BY_ONE),
                ("every layer", ENDS),
                ("nowhere", ENDS),
            ],
        ),
        Probe(
            "a signal that all eight layers multiply, by 2 to 12",
            call([1.0, 2.0, 5.0, 60.0, 130.0, 300.0, 700.0, 1500.0, 4000.0]),
            "every layer",
            [(lambda said: said in (2, 3, 4, 8), COMMON), ("nowhere", ENDS)],
        ),
        Probe(
            "a signal that stays as it is",
            call([1.0, 1.2, 1.1, 1.3, 1.2, 1.25]),
            "nowhere",
            [(lambda said: said != "nowhere", HEALTHY)],
        ),
        Probe("a signal that grows in its first layer", call([1.0, 30.0, 31.0, 29.0]), 1),
    ],
    "clip_gradients": [
        Probe(
            "two gradients of joint norm 13, max_norm 3.25",
            clipped(LARGE, 3.25),
            scaled(lambda g: 0.25),
            [
                (scaled(lambda g: min(1, 3.25 / np.sqrt((g * g).sum()))), PER_TENSOR),
                (np.clip(flat(LARGE), -3.25, 3.25), ELEMENTWISE),
                (scaled(lambda g: 3.25 / 169), SQUARED),
                (scaled(lambda g: 3.25 / 17), SUM_OF_NORMS),
            ],
        ),
        Probe(
            "the same, max_norm 26",
            clipped(LARGE, 26.0),
            flat(LARGE),
            [(scaled(lambda g: 2.0), SCALED_UP), (scaled(lambda g: 26 / 169), SQUARED)],
        ),
        Probe(
            "gradients that are all zero",
            clipped([np.zeros(2), np.zeros((1, 2))], 1.0),
            np.zeros(4),
            [
                (lambda y: np.isnan(y).any(), ZERO),
                (ZeroDivisionError, ZERO),
            ],
        ),
    ],
}
