"""Checks of lab 04's measures: how far a step moves, and the loss of knowing frequencies."""

from typing import Any

import numpy as np

from minigrad.course.check import check, drawn, edit, instead, probe, solutions

lab = solutions("04_norm_placement")


def counts(rng: np.random.Generator) -> Any:
    return rng.integers(1, 60, 6), rng.integers(0, 9, 6) + np.eye(6, dtype=int)[0]


def moved(rng: np.random.Generator, step: float = 0.1) -> Any:
    before = [rng.normal(size=s) + 1 for s in ((3, 4), (4,), (2, 2))]
    return before, [b + step * k * rng.normal(size=b.shape) for k, b in enumerate(before, 1)]


BEFORE = "(sum((b**2).sum() for b in before) ** 0.5)"
AFTER = "(sum((a**2).sum() for a in after) ** 0.5)"
MOVED, SIZE = "np.linalg.norm(a - b)", "np.linalg.norm(b)"
ENTROPY = "-sum(q * np.log(q) for q in held_out_counts / held_out_counts.sum() if q)"
PAIRS = "zip(after, before)"

# fmt: off
CHECKS = {
    "update_ratio": check(lab.update_ratio, [
        probe("weights of norm 13 that moved by 2.6",
            [np.array([[3.0, 0.0], [0.0, 4.0]]), np.array([12.0, 0.0])],
            [np.array([[3.0, 0.6], [0.8, 4.0]]), np.array([9.6, 0.0])]),
        probe("a matrix that moved by a fifth, a bias by a tenth",
            [np.array([[3.0, 4.0]]), np.array([12.0])],
            [np.array([[3.0, 5.0]]), np.array([10.8])]),
        drawn("three arrays after a step", moved),
        drawn("three arrays after a tiny step", lambda rng: moved(rng, 1e-4), atol=1e-9),
    ], [
        ("moved / sum((b**2).sum() for b in before)",
         "the ratio of the squares: the root is missing",
         "If every weight moves by a tenth of itself, what must come out?"),
        ([f"{BEFORE} / moved**0.5", "sum((b**2).sum() for b in before) / moved"],
         "the other way round: weights over update",
         "A layer that does not move: 0 or infinity?"),
        ([f"abs({AFTER} / {BEFORE} - 1)", f"{AFTER} / {BEFORE} - 1", f"1 - {AFTER} / {BEFORE}",
          f"{AFTER} / {BEFORE}"],
         "the change of the norm, not the norm of the change",
         "A weight goes from 1 to −1. How far has it moved, and how much has its size changed?"),
        (edit("in before)", "in after)"),
         "divided by the weights after the step",
         "A step from 1 to 0: what would you divide by?"),
        ([f"{how}([{MOVED} / {SIZE} for a, b in {PAIRS}])" for how in ("np.mean", "sum", "max")],
         "a ratio per array, then their mean, sum or largest",
         "A bias of zeros moves by 1e-3: what is its own ratio? Which vector does the docstring "
             "mean?"),
        (f"sum({MOVED} for a, b in {PAIRS}) / sum({SIZE} for b in before)",
         "the arrays' norms were added; squares add, and the root comes last",
         "How long is the arrow (3, 4)?"),
        (f"sum(np.abs(a - b).sum() for a, b in {PAIRS}) / sum(np.abs(b).sum() for b in before)",
         "sums of |w|, not norms: the squares and the root are missing",
         "How long is the arrow (3, 4)?"),
        (["moved**0.5 / sum((b**2).sum() for b in before)", f"moved / ({BEFORE})"],
         "one of the two is a norm and the other its square",
         "If every weight is doubled, before and after, what must come out?"),
        (["moved**0.5", "moved**0.5 / len(before)", "moved"],
         "the update alone: it is not set against the weights' size",
         "A step of 0.1: is it large for a weight of 100? And for one of 0.01?"),
        (f"max(np.abs(a - b).max() for a, b in {PAIRS}) / max(np.abs(b).max() for b in before)",
         "the largest entries were compared, not the norms",
         "How long is the arrow (3, 4)?"),
        (f"np.mean(np.hstack([(np.abs(a - b) / (np.abs(b) + 1e-12)).ravel() for a, b in {PAIRS}]))",
         "a ratio for each weight, then their mean",
         "A weight of 0 moves: what is its own ratio? Which vector does the docstring mean?"),
        (["update_ratio(before[:1], after[:1])", "update_ratio(before[-1:], after[-1:])"],
         "only one of the arrays was looked at",
         "Which parameters does a layer have besides its matrix?"),
    ]),
    "unigram_loss": check(lab.unigram_loss, [
        probe("counts 60, 25, 10, 5 in training and 3, 3, 2, 8 held out",
            np.array([60, 25, 10, 5]), np.array([3, 3, 2, 8])),
        drawn("the loss for counts {} in training and {} held out", counts),
    ], [
        (["unigram_loss(held_out_counts, held_out_counts)", ENTROPY],
         "the held-out text's own frequencies were used to guess it",
         "Which text was the model fitted to? May it know the other's frequencies?"),
        ("unigram_loss(train_counts, train_counts)",
         "this is the entropy of the training text",
         "Over which characters is the mean of −ln p taken?"),
        ("unigram_loss(held_out_counts, train_counts)",
         "the two texts are swapped",
         "Which text was the model fitted to, and which does it guess?"),
        (f"unigram_loss(train_counts, held_out_counts) - ({ENTROPY})",
         "this is the Kullback–Leibler divergence: the held-out entropy was taken off",
         "Is −Σ q ln p asked for, or Σ q ln(q / p)?"),
        (edit("np.log(", "np.log2("),
         "bits, not nats: the logarithm is to base 2",
         "Which logarithm does cross-entropy use here?"),
        (edit(" / held_out_counts.sum()", ""),
         "the sum over all characters, not the mean",
         "Per character: what must the sum be divided by?"),
        (instead("/ held_out_counts.sum()", "/ train_counts.sum()", "/ len(p)"),
         "divided by something else than the number of held-out characters",
         "How many characters were guessed?"),
        ("np.log(len(p))",
         "ln V, as if all characters were equally frequent",
         "A model that knows how frequent each character is: does it guess them all alike?"),
        (edit("return -(", "return ("),
         "the sign is missing: a loss is −ln p",
         "Is ln p of a probability positive?"),
        ("-np.log(p).mean()",
         "every character counts alike, however often it occurs in the held-out text",
         "A character that occurs 8 times: how often is it guessed?"),
        ("np.exp(unigram_loss(train_counts, held_out_counts))",
         "this is the perplexity, exp of the loss",
         "In which unit does the docstring ask for the loss?"),
        ([edit("train_counts / train_counts.sum()",
               "(train_counts + 1) / (train_counts + 1).sum()"), edit("np.log(p)", "p")],
         "−ln p is taken of something else than the training frequencies",
         "What does the model believe of a character that made up a tenth of its text?"),
    ]),
}
