"""Checks of lab 04's measures: how far a step moves, and the loss of knowing frequencies."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.course.check import check, drawn, edit, instead, probe, solutions

lab = solutions("04_norm_placement")


def counts(rng: np.random.Generator) -> Any:
    return rng.integers(1, 60, 6), rng.integers(0, 9, 6) + np.eye(6, dtype=int)[0]


def moved(rng: np.random.Generator, step: float = 0.1) -> Any:
    before = [rng.normal(size=s) + 1 for s in ((3, 4), (4,), (2, 2))]
    return before, [b + step * k * rng.normal(size=b.shape) for k, b in enumerate(before, 1)]


RATIO = "(moved / sum((b**2).sum() for b in before)) ** 0.5"

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
        (edit(RATIO, RATIO.replace(" ** 0.5", "")),
         "the ratio of the squares: the root is missing",
         "If every weight moves by a tenth of itself, what must come out?"),
        (instead(RATIO, RATIO.replace(" ** 0.5", " ** -0.5"),
                 "sum((b**2).sum() for b in before) / moved"),
         "the other way round: weights over update",
         "A layer that does not move: 0 or infinity?"),
        ([lambda before, after: abs(_length(after) / _length(before) - 1),
          lambda before, after: _length(after) / _length(before) - 1,
          lambda before, after: 1 - _length(after) / _length(before),
          lambda before, after: _length(after) / _length(before)],
         "the change of the norm, not the norm of the change",
         "A weight goes from 1 to −1. How far has it moved, and how much has its size changed?"),
        (edit("in before)", "in after)"),
         "divided by the weights after the step",
         "A step from 1 to 0: what would you divide by?"),
        ([lambda before, after, how=how: how([_length([a - b]) / _length([b]) for a,
          b in zip(after, before, strict=True)]) for how in (lambda r: sum(r) / len(r), sum, max)],
         "a ratio per array, then their mean, sum or largest",
         "A bias of zeros moves by 1e-3: what is its own ratio? Which vector does the docstring "
             "mean?"),
        (lambda before, after: (sum(_length([a - b]) for a,
         b in zip(after, before, strict=True)) / sum(_length([b]) for b in before)),
         "the arrays' norms were added; squares add, and the root comes last",
         "How long is the arrow (3, 4)?"),
        (lambda before, after: (sum(np.abs(a - b).sum() for a,
         b in zip(after, before, strict=True)) / sum(np.abs(b).sum() for b in before)),
         "sums of |w|, not norms: the squares and the root are missing",
         "How long is the arrow (3, 4)?"),
        ([edit("moved / sum", "moved**0.5 / sum", ") ** 0.5", ")"),
          edit("(moved / sum", "moved / (sum")],
         "one of the two is a norm and the other its square",
         "If every weight is doubled, before and after, what must come out?"),
        ([lambda before, after: _length([a - b for a, b in zip(after, before, strict=True)]),
          instead(RATIO, "moved ** 0.5 / len(before)", "moved")],
         "the update alone: it is not set against the weights' size",
         "A step of 0.1: is it large for a weight of 100? And for one of 0.01?"),
        (lambda before, after: max(
            np.abs(np.subtract(*ab)).max() for ab in zip(after, before, strict=True)) / max(
            np.abs(b).max() for b in before),
         "the largest entries were compared, not the norms",
         "How long is the arrow (3, 4)?"),
        (lambda before, after: np.mean(np.concatenate([
            (np.abs(a - b) / (np.abs(b) + 1e-12)).ravel()
            for a, b in zip(after, before, strict=True)])),
         "a ratio for each weight, then their mean",
         "A weight of 0 moves: what is its own ratio? Which vector does the docstring mean?"),
        ([lambda before, after: lab.update_ratio(before[:1], after[:1]),
          lambda before, after: lab.update_ratio(before[-1:], after[-1:])],
         "only one of the arrays was looked at",
         "Which parameters does a layer have besides its matrix?"),
    ]),
    "unigram_loss": check(lab.unigram_loss, [
        probe("counts 60, 25, 10, 5 in training and 3, 3, 2, 8 held out",
            np.array([60, 25, 10, 5]), np.array([3, 3, 2, 8])),
        drawn("the loss for counts {} in training and {} held out", counts),
    ], [
        ([lambda train, held: lab.unigram_loss(held, held),
          lambda train, held: -sum(n * np.log(n / held.sum()) for n in held if n) / held.sum()],
         "the held-out text's own frequencies were used to guess it",
         "Which text was the model fitted to? May it know the other's frequencies?"),
        (lambda train, held: lab.unigram_loss(train, train),
         "this is the entropy of the training text",
         "Over which characters is the mean of −ln p taken?"),
        (lambda train, held: lab.unigram_loss(held, train),
         "the two texts are swapped",
         "Which text was the model fitted to, and which does it guess?"),
        (lambda train, held: float((held / held.sum() * np.log(np.where(held > 0, held, 1)
            / held.sum() / (train / train.sum()))).sum()),
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
        (lambda train, held: np.log(len(train)),
         "ln V, as if all characters were equally frequent",
         "A model that knows how frequent each character is: does it guess them all alike?"),
        (edit("return -(", "return ("),
         "the sign is missing: a loss is −ln p",
         "Is ln p of a probability positive?"),
        (lambda train, held: -np.log(train / train.sum()).mean(),
         "every character counts alike, however often it occurs in the held-out text",
         "A character that occurs 8 times: how often is it guessed?"),
        (lambda train, held: np.exp(lab.unigram_loss(train, held)),
         "this is the perplexity, exp of the loss",
         "In which unit does the docstring ask for the loss?"),
        ([edit("train_counts / train_counts.sum()",
               "(train_counts + 1) / (train_counts + 1).sum()"), edit("np.log(p)", "p")],
         "−ln p is taken of something else than the training frequencies",
         "What does the model believe of a character that made up a tenth of its text?"),
    ]),
}
# fmt: on


def _length(arrays: Any) -> float:
    return float(np.sqrt(sum((a**2).sum() for a in arrays)))
