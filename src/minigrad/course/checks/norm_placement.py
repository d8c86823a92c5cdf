"""Checks of lab 04: attention, with one head and with several."""

from itertools import permutations
from typing import Any

import numpy as np

from minigrad.course.check import check, drawn, edit, instead, solutions, some
from minigrad.course.checks import text_measures

lab = solutions("04_norm_placement")


def normal(*shapes: tuple[int, ...], size: float = 1.5) -> Any:
    return lambda rng: [size * rng.normal(size=s) for s in shapes]


def heads(rng: np.random.Generator, t: int, d: int, heads: int) -> list[Any]:
    return [*normal((t, d), (3 * d, d), (d, d), size=0.8)(rng), heads]


def own_softmax(scale: str, *rest: str) -> Any:
    return edit("np.sqrt(q.shape[-1])", scale, *rest)


MASK = "scores[np.triu_indices(len(q), 1)] = -np.inf"
P = "p / p.sum(axis=-1, keepdims=True)"
SPLIT, JOINED = "np.split(part, heads, axis=-1)", "np.concatenate(mixed, axis=-1)"

# fmt: off
NO_MASK = ("every position sees all others: the mask is missing",
    "If position t may look at t + 1, what is left to predict?")

CHECKS = {
    "causal_attention": check(lab.causal_attention, [
        drawn("five positions of four channels", normal((5, 4), (5, 4), (5, 4))),
        drawn("four positions of four channels", normal((4, 4), (4, 4), (4, 4))),
        drawn("three positions of nine channels", normal((3, 9), (3, 9), (3, 9))),
        drawn("a single position", normal((1, 3), (1, 3), (1, 3))),
        drawn("scores of a few thousand", normal((5, 4), (5, 4), (5, 4), size=60.0)),
    ], [
        (own_softmax("1"),
         "the scores are not divided by √d",
         "For independent entries of variance 1, what is the variance of q · k? What does "
             "softmax do with scores that large?"),
        ([own_softmax("q.shape[-1]"), own_softmax("q.shape[-1] ** 0.25")],
         "the scores are divided by d, not by √d",
         "Which power of d brings the standard deviation of q · k back to 1?"),
        ([own_softmax("np.sqrt(len(q))"), own_softmax("len(q)")],
         "the scores are divided by √T: the number of positions, not of channels",
         "How many products does one score sum? Their variance is what the root undoes."),
        (own_softmax("(q.shape[-1] / 2)"),
         "the scores are divided by another number than √d",
         "For independent entries of variance 1, what is the variance of q · k?"),
        (edit("np.exp(scores - scores.max(axis=-1, keepdims=True))",
              "np.maximum(scores, 0) + 1e-12"),
         "a ReLU stands in the place of exp",
         "What does softmax do with a negative score?"),
        (edit("/ np.sqrt", "* np.sqrt"),
         "the scores are multiplied by √d",
         "Should a longer sum have larger scores, or the same?"),
        (edit(MASK, "pass"), *NO_MASK),
        ([edit("q), 1)", "q), 0)"), edit("q), 1)", "q), 0)", "-np.inf", "-1e9")],
         "a position does not see itself",
         "Which positions may position 0 look at, if not itself?"),
        (edit("(len(q), 1)", "(len(q), 2)"),
         "a position sees the one after it",
         "If position t may look at t + 1, what is left to predict?"),
        ([edit(MASK, "pass", f"({P}) @ v", f"np.where(np.tri(len(q)), {P}, 0) @ v"),
          edit(MASK, "pass", f"({P}) @ v", f"np.where(np.tri(len(q)), {P}, -np.inf) @ v")],
         "masked after the softmax: the weights of a row no longer sum to 1",
         "What must be added to a score so that its exp is 0, before the row is divided by its "
             "sum?"),
        ([edit("= -np.inf", f"= {fill}") for fill in ("0", "-1", "-10", "1e-9", "-1e-9")],
         "the future's scores are set to a number that softmax still sees",
         "exp of which number is 0? Is e⁰?"),
        ([edit("p / p.sum(axis=-1, keepdims=True)", "p / p.sum(axis=0, keepdims=True)"),
          edit("axis=-1", "axis=0"),
          instead("p.sum(axis=-1, keepdims=True)", "p.sum(axis=-1)", "p.sum()")],
         "softmax over the positions that look, not over those that are looked at",
         "Row t of the scores belongs to query t. Along which axis must its weights sum to 1?"),
        (edit("triu_indices(len(q), 1)", "tril_indices(len(q), -1)"),
         "the mask is the other way round: a position sees itself and what comes after it",
         "Is the upper or the lower triangle of the scores the future?"),
        (edit(" / p.sum(axis=-1, keepdims=True)", ""),
         "the weights are not divided by their sum",
         "What must the weights of a position sum to?"),
        ([instead("q @ k.T", "k @ q.T", "q @ q.T", "q @ v.T"),
          edit("q @ k.T", "q @ v.T", "@ v", "@ k"), edit("q @ k.T", "v @ k.T", "@ v", "@ q"),
          edit("q @ k.T", "k @ q.T", MASK, "scores[np.tril_indices(len(q), -1)] = -np.inf")],
         "query, key and value have changed places",
         "Who asks, who is compared, and what is mixed?"),
        ([edit(" @ v", ""), edit(P, "scores")],
         "softmax or the mixture with v is missing",
         "What are the weights for? Which rows do they mix?"),
        (edit("scores - scores.max(axis=-1, keepdims=True)",
              "np.where(np.tri(len(q)), 0, -np.inf)"),
         "every position in sight counts alike: the scores are not used",
         "What decides how much of each v is in the mixture?"),
        ("v[np.where(np.tri(len(q)), q @ k.T, -np.inf).argmax(axis=1)]",
         "only the best match was taken; softmax mixes all",
         "Which weight does softmax give to the second best?"),
        (edit("scores - scores.max(axis=-1, keepdims=True)", "scores"),
         "exp overflowed: inf / inf",
         "Which number can be taken off a row of scores without changing softmax?",
         "07-scalar-gpt.md#rmsnorm-softmax-and-cross-entropy-from-the-table"),
        (edit("scores.max(axis=-1, keepdims=True)", "scores.max()"),
         "the largest score of all was taken off every row: the others' exps vanish",
         "A row of scores near −2,000: which number makes its largest exponent 0?",
         "07-scalar-gpt.md#rmsnorm-softmax-and-cross-entropy-from-the-table"),
    ]),
    "multi_head": check(lab.multi_head, [
        drawn("five positions, six channels, three heads", lambda rng: heads(rng, 5, 6, 3)),
        drawn("five positions, six channels, two heads", lambda rng: heads(rng, 5, 6, 2)),
        drawn("four positions, four channels, two heads", lambda rng: heads(rng, 4, 4, 2)),
        drawn("the same with one head", lambda rng: heads(rng, 5, 6, 1)),
        drawn("a head per channel", lambda rng: heads(rng, 3, 4, 4)),
    ], [
        (edit("heads, axis", "1, axis"),
         "one head with all the channels",
         "How many softmaxes does each position have? Over how many channels is each score "
             "summed?"),
        (edit(" @ proj.T", ""),
         "the heads were not mixed: proj is missing",
         "Which matrix lets one head's result reach another's channels?"),
        ([edit("proj.T", "proj"), edit("qkv.T", "qkv.reshape(x.shape[1], -1)")],
         "a weight is used the wrong way round",
         "A weight has shape (out, in). What is multiplied with each of its rows?"),
        ([edit("*share", f"*(share[i] for i in {order})")
          for order in list(permutations(range(3)))[1:]],
         "queries, keys and values have changed places",
         "Which d rows of qkv does the docstring give to the queries?"),
        (edit(SPLIT, "[part[:, h::heads] for h in range(heads)]"),
         "the heads took every heads-th channel, not neighbours",
         "Which channels does the docstring give to head 0?"),
        (edit(SPLIT, f"[c * heads**-0.25 for c in {SPLIT}]", JOINED, f"(heads**0.25 * {JOINED})"),
         "the scores are divided by √d of the whole, not of one head",
         "How many products does one head's score sum? Their variance is what the root undoes."),
        ([some((SPLIT, "part.reshape(heads, len(x), -1)"),
               (JOINED, "np.array(mixed).reshape(x.shape)")),
          edit(SPLIT, "part.reshape(len(x), heads, -1)",
               JOINED, "np.array(mixed).reshape(x.shape)")],
         "reshape alone cut the rows into pieces: positions and channels were mixed up",
         "reshape keeps the order in memory. Which axes must change places between (T, heads, "
             "d/heads) and (heads, T, d/heads)?"),
        (edit(SPLIT, "np.split(part, heads, axis=-1)[::-1]"),
         "the heads stand in the reverse order",
         "Which channels does the docstring give to head 0?"),
        (instead(JOINED, "np.tile(sum(mixed), heads)",
                 "np.tile(sum(mixed) / heads, heads)", "np.repeat(sum(mixed), heads, axis=1)",
                 "np.repeat(sum(mixed) / heads, heads, axis=1)"),
         "the heads' results were added up; they stand side by side",
         "How many channels has one head's result, and how many have all?"),
        (edit("causal_attention(*share) for share",
              "p / p.sum(axis=1, keepdims=True) @ v for q, k, v",
              "strict=True)]", "strict=True) for p in [np.exp(q @ k.T / q.shape[1] ** 0.5)]]"),
         *NO_MASK),
        (edit("np.split(x @ qkv.T, 3, axis=-1)", "[(x @ qkv.T)[:, i::3] for i in range(3)]"),
         "every third channel was taken; queries, keys and values are blocks of d",
         "Which d rows of qkv does the docstring give to the queries?"),
        (edit("*share", "share[0], per_head[1][0], per_head[2][0]"),
         "all heads share the first head's keys and values",
         "Which channels of k and v belong to head 1?"),
        (edit("zip(*per_head, strict=True)",
              "(np.split(p, 3, axis=-1) for p in np.split(x @ qkv.T, heads, axis=-1))"),
         "the rows of qkv were cut by heads first; they are queries, keys, values",
         "Which d rows of qkv does the docstring give to the queries?"),
        (edit("*share", "share[0] * share[0].shape[1] ** 0.5, share[1], share[2]"),
         "the scores are not divided by the root of a head's channels",
         "How many products does one head's score sum? What does the root undo?"),
        (edit("return np", "return x + np"),
         "x was added: the skip belongs to the block, not to its attention",
         "What does the docstring return, the branch or the block?"),
    ]),
    **text_measures.CHECKS,
}
