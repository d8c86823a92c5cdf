"""Checks of lab 09: a branch's share."""

from typing import Any

import numpy as np

from minigrad.course.check import apply, check, drawn, edit, instead, probe, solutions, some

lab = solutions("09_branch_share")
PLACES = "04-norm-placement.md#the-two-blocks"


def branch(function: Any, x: Any, a: Any, placement: str, s: float) -> Any:
    """A branch tanh(x·a) and a norm that scales by 2."""

    def norm(x: Any) -> Any:
        return 2 * x / np.sqrt((x**2).mean(axis=-1, keepdims=True))

    return apply(function, x, lambda x: np.tanh(x @ a), norm, placement, s)


def given(placement: str, s: float) -> Any:
    return lambda rng: [*(rng.normal(size=n) for n in ((3, 4), (4, 4))), placement, s]


def places(rule: str) -> list[Any]:
    """A mistake under some or all placements; B is the branch with the norm around or inside."""
    return some(
        *((f"x + s * {b}", rule.replace("B", b)) for b in ("f(x)", "f(norm(x))", "norm(f(x))"))
    )


# fmt: off
CHECKS = {
    "shared_branch": check(lab.shared_branch, [
        drawn(f'shared_branch(…, "{p}", s={s}), a norm that scales by 2', given(p, s), branch)
        for p in ("none", "pre", "post", "out") for s in (0.25, 0.0)
    ], [
        (places("x + B"),
         "a branch has no share",
         "With s = 0, what must be left of the branch?"),
        (places("s * x + B"),
         "the share stands at the path",
         "With s = 0 the block is to do nothing. What does yours do?"),
        (places("s * (x + B)"),
         "path and branch are both multiplied by s",
         "Which of the two terms of x + f(x) is to become smaller?"),
        ([edit("s * f(x)", "f(s * x)"),
          instead("s * f(norm(x))", "f(s * norm(x))", "f(norm(s * x))"),
          edit("s * norm(f(x))", "norm(s * f(x))")],
         "the share is inside, where f or a norm undoes it",
         "Does a norm notice what it is multiplied by? Where must s stand to be seen?"),
        ([edit('if placement == "pre":', 'if placement == "pre":\n        x = norm(x)'),
          edit("x + s * f(norm(x))", "norm(x) + s * f(x)")],
         "pre-norm's path is normalized too",
         "What does the docstring leave untouched in x + s·f(N(x))?", PLACES),
        (instead("x + s * norm(f(x))", "norm(x + s * f(x))", "x + s * f(x)",
                 "norm(x + s * norm(f(x)))"),
         "out's norm stands elsewhere than around f",
         "In x + s·N(f(x)), what is inside N?", PLACES),
        ([edit("s * norm(f(x))", "s * f(norm(x))"),
          edit('"out"', '"@"', '"pre"', '"out"', '"@"', '"pre"'),
          edit("s * f(norm(x))", "s * norm(f(x))")],
         "pre and out are taken for each other",
         "Which of the two normalizes what f reads, and which what f gives?", PLACES),
        (["norm(y)", edit('== "post"', '== "none"')],
         "no norm at all is normalized",
         "How many norms are there in x + s·f(x)?", PLACES),
        (edit("norm(y) if", "norm(x + f(x)) if"),
         "post-norm's branch has no share",
         "What does the docstring's N(…) hold in post-norm?", PLACES),
        (instead("norm(y) if", "s * norm(x + f(x)) if", "s * norm(y) if",
                 "x + s * norm(x + f(x)) if"),
         "the share stands around the norm, not inside it at the branch",
         "With s = 0, what must post-norm give?", PLACES),
        (places("(1 - s) * x + s * B"),
         "the path was made smaller too: it has the whole of x",
         "Only the branch has s. What is in front of x?"),
        ("y",
         "post-norm is not normalized",
         "What stands around the sum in post-norm?", PLACES),
        ([edit("y = x + s * f(x)", "y = x + s * norm(f(x))"),
          instead("norm(y) if", "x + s * norm(f(x)) if", "norm(x) + s * f(x) if")],
         "the norm stands around a part, not around the sum",
         "Post-norm normalizes after the addition. What stands inside N?", PLACES),
    ]),
    "share_for": check(lab.share_for, [
        probe("12 layers whose branches move together", 12, True),
        probe("12 layers whose branches go their own ways", 12, False),
        drawn("{} layers, together={}", lambda rng: (int(rng.integers(3, 40)), True)),
        drawn("{} layers, together={}", lambda rng: (int(rng.integers(3, 40)), False)),
    ], [
        ("branches**-0.5 if together else 1 / branches",
         "the two are taken for each other",
         "Steps in one direction add up. How far do steps at right angles get?"),
        ([edit("2 * layers", "layers / 2"), edit("1 / branches", "2 / branches")],
         "the two branches of a layer make the share larger; there are more of them",
         "Twice as many branches: is each one's share larger or smaller?"),
        (edit("2 * layers", "layers"),
         "a layer has been given one branch",
         "Attention and FFN: how many branches are there in L layers?"),
        (["1 / branches", "branches**-0.5"],
         "together is not used",
         "Two steps of length 1, in one direction and at right angles: how far do you get?"),
        (edit("1 / branches if", "branches if", "branches**-0.5", "branches**0.5"),
         "this is how far it goes with s = 1, not the share that stops it at 1",
         "If the stack moves by 24 with s = 1, which s makes it move by 1?"),
        (instead("branches**-0.5", "branches**-1.5", "branches**-0.25", "branches**-2",
                 "(2 / branches) ** 0.5"),
         "squares add at right angles, and their root is the length",
         "n steps of length s at right angles: what is the square of the whole?"),
    ]),
    "deepnorm_share": check(lab.deepnorm_share, [
        probe("12 layers, an FFN's two matrices", 12, 2),
        probe("2 layers, one matrix", 2, 1),
        probe("2 layers, no shrunken matrix", 2, 0),
        drawn("{} layers, {} matrices",
              lambda rng: (int(rng.integers(3, 60)), int(rng.integers(1, 4)))),
    ], [
        ("1 / alpha",
         "the shrunken weights are missing",
         "f's matrices are β times as large. What does that do to a product of them?"),
        ("beta**matrices",
         "α is missing: N(αx + f) has not the path of N(x + …)",
         "What can αx + f(x) be divided by without a norm's noticing?"),
        (["beta / alpha",
          instead("beta**matrices", "beta * matrices", "(beta * max(matrices, 1))")],
         "β is taken once: each of the matrices is β times as large",
         "W₂W₁x with both matrices halved: how large is it?"),
        ([edit("/ alpha", "* alpha"), "alpha / beta**matrices"],
         "turned round: a larger α makes the branch's share smaller",
         "αx + f(x) with a large α: which of the two hardly counts?"),
        (edit("(2 *", "(@ *", "(8 *", "(2 *", "(@ *", "(8 *"),
         "2 and 8 have changed places",
         "Which of α and β has 2L, and which 8L?"),
        (some(("** 0.25", "** 0.5"), ("** -0.25", "** -0.5")),
         "a square root stands where the fourth root is meant",
         "What is x^¼: one root, or the root of the root?"),
        (edit("** -0.25", "** 0.25"),
         "β is larger than 1: the weights are to shrink with depth",
         "What is (8L)^-¼ at L = 2?"),
    ]),
}
