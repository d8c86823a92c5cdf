"""Checks of lab 05: the two blocks and the warmup."""

import re
from typing import Any

import numpy as np

from minigrad.course.check import apply, check, drawn, edit, instead, probe, solutions, some
from minigrad.course.checks.tensors import each

lab = solutions("05_prenorm_postnorm")
BLOCKS = "04-norm-placement.md#the-two-blocks"
NO_NORM = "04-norm-placement.md#no-norm-at-all"


def block(function: Any, x: Any, a: Any, b: Any, placement: str) -> Any:
    """A block with attention x·a, ffn tanh(x·b), and norms that scale by 2 and by 3."""

    def norm(size: float) -> Any:
        return lambda x: size * x / np.sqrt((x**2).mean(axis=-1, keepdims=True))

    return apply(
        function, x, lambda x: x @ a, lambda x: np.tanh(x @ b), norm(2), norm(3), placement
    )


def given(placement: str, t: int = 3) -> Any:
    return lambda rng: [*(rng.normal(size=s) for s in ((t, 4), (4, 4), (4, 4))), placement]


PRE1, PRE2 = "x + attention(norm1(x))", "x + ffn(norm2(x))"
POST1, POST2 = "norm1(x + attention(x))", "norm2(x + ffn(x))"
READ, WAY = '(1.0 if norm == "pre" else q)', "(step + 1) / warmup"


def told(rule: str, one: str, two: str) -> tuple[str, ...]:
    """The edit of both branches to a rule in which f and n stand for a branch and its norm."""
    names = (("attention(", "norm1("), ("ffn(", "norm2("))
    first, second = (re.sub(r"\bf\(", f, re.sub(r"\bn\(", n, rule)) for f, n in names)
    return one, first, two, second


def pre(rule: str) -> tuple[str, ...]:
    return told(rule, PRE1, PRE2)


def post(rule: str) -> tuple[str, ...]:
    return told(rule, POST1, POST2)


# fmt: off
CHECKS = {
    "block": check(lab.block, [
        drawn(f'block(…, "{p}") {what}', given(p, t), block)
        for what, t in (("with norms that scale by 2 and 3", 3), ("of a single position", 1))
        for p in ("pre", "post")
    ], [
        (edit('== "pre"', '!= "pre"'),
         "pre and post are swapped",
         "In which of the two is the sum itself normalized?"),
        (instead('placement == "pre"', "True", "False"),
         "the placement is not used: it is always the same block",
         "What must differ between pre and post?"),
        (edit(*pre("n(x) + f(n(x))")),
         "the skip is normalized too: N(x) + f(N(x))",
         "Pre-norm leaves one path from input to output untouched. Which?"),
        ([edit(*post("x + n(f(x))")), edit(*pre("x + n(f(x))"))],
         "the branch is normalized after f: x + N(f(x))",
         "Where does the norm stand in each: before f, or around the sum?"),
        (edit(*post("n(x) + f(x)")),
         "x is normalized, not the sum",
         "Post-norm normalizes after the addition. What stands inside N?"),
        (edit(f"x = {PRE1}", "h = norm1(x); x = x + attention(h)", "norm2(x))", "h)"),
         "norm1's answer serves both branches: the FFN's own norm is missing",
         "What does the FFN read: what attention read, or what it left?"),
        ([edit(*pre("n(x + f(n(x)))")), edit(*post("n(x + f(n(x)))"))],
         "a norm stands in both places, before f and around the sum",
         "How many norms does one branch have?"),
        (some((f"x = {PRE1}", f"y = {PRE1}", f"return {PRE2}", "return y + ffn(norm2(x))"),
              (f"x = {POST1}", f"y = {POST1}", f"return {POST2}", "return norm2(y + ffn(x))")),
         "both branches read the block's input: the second must read what the first left",
         "What does the FFN read, x as it came in or x with attention added?"),
        (some((f"x = {PRE1}", f"y = {PRE1}", f"return {PRE2}", "return x + ffn(norm2(y))"),
              (f"x = {POST1}", f"y = {POST1}", f"return {POST2}", "return norm2(x + ffn(y))")),
         "the second skip starts from the block's input, not from what attention left",
         "Which x does the FFN's branch add to?"),
        (some((PRE1, "attention(norm1(x))"), (PRE2, "ffn(norm2(x))"),
              (POST1, "norm1(attention(x))"), (POST2, "norm2(ffn(x))")),
         "a skip is missing",
         "How often is x added in one block?"),
        ([edit("norm2(x", "norm1(x"), edit("norm1(x", "norm2(x"), edit("norm1(x)", "norm2(x)"),
          edit("ffn(norm2(x))", "ffn(norm1(x))"), "norm1(x + ffn(x))",
          edit("norm1(x + attention(x))", "norm2(x + attention(x))"),
          edit("norm1(x", "@(x", "norm2(x", "norm1(x", "@(x", "norm2(x")],
         "a norm stands at the other's place",
         "How many norms does a block hold, and which goes with the FFN?"),
        ([some((PRE1, "@1", PRE2, PRE1, "@1", PRE2), (POST1, "@2", POST2, POST1, "@2", POST2)),
          edit("attention(n", "@(n", "ffn(n", "attention(n", "@(n", "ffn(n", "attention(x", "@(x",
               "ffn(x", "attention(x", "@(x", "ffn(x")],
         "the FFN comes first",
         "Which branch comes first, attention or FFN?"),
        (some((PRE1, "x + attention(x)"), (PRE2, "x + ffn(x)"),
              (POST1, "x + attention(x)"), (POST2, "x + ffn(x)")),
         "a norm is missing",
         "How many norms does a block hold?"),
        (instead(f"return {PRE2}", f"return norm2({PRE2})", f"return norm1({PRE2})"),
         "one norm too many, at the end",
         "What does pre-norm leave unnormalized inside a block?"),
        ([edit(*pre("2 * x + f(n(x))")), edit(*post("n(2 * x + f(x))"))],
         "the skip is counted twice",
         "If f gives 0, what must come out?"),
        (edit(*pre("(x + f(n(x))).clip(0)")),
         "an activation stands after the addition: negative numbers are gone",
         "Can anything that is negative still pass through fifty of these blocks?"),
        (some((f"return {PRE2}", "return x"), (f"return {POST2}", "return x")),
         "only attention is there: the FFN is missing",
         "Which two branches does a block have?"),
    ]),
    "stream_walk": check(lab.stream_walk, [
        probe("four branches of gain 1, pre-norm", "pre", 4, 1.0),
        probe("four branches of gain 1, no norm", "none", 4, 1.0),
        probe("three branches of gain 0.5, no norm", "none", 3, 0.5),
        probe("four branches of gain 1, post-norm", "post", 4, 1.0),
        *(drawn("norm {!r}, {} branches of gain {:.4g}", each(
            n, lambda rng: int(rng.integers(2, 7)), lambda rng: rng.uniform(1.5, 3)))
          for n in ("pre", "none", "post")),
    ], [
        (edit(READ, "q"),
         "with pre-norm the branch reads the stream itself: it grows exponentially",
         "What is the mean square of N(x), whatever that of x?"),
        (edit('1.0 if norm == "post" else q', "q if norm == 'none' else 1.0"),
         "pre-norm's stream is set back to 1: only post-norm normalizes the sum",
         "What stands around the sum in pre-norm?", BLOCKS),
        (edit(READ, "1.0"),
         "without a norm the branch reads 1: it grows linearly",
         "If the stream is four times as large, what does a linear branch without a norm add?",
         NO_NORM),
        ([edit('1.0 if norm == "post" else q', "q"),
          edit('1.0 if norm == "post" else q', "q", 'norm == "pre"', 'norm != "none"'),
          edit("walk = 1.0, []",
               "walk = 1.0, []\n    if norm == 'post':\n        return [1.0 + gain] * branches")],
         "post-norm's stream grows",
         "What stands around the sum in post-norm, and what mean square does it leave?", BLOCKS),
        ([edit("q = q + gain *", "q = gain *"),
          instead("q = q +", 'q = q * (norm == "pre") +', 'q = q * (norm != "pre") +')],
         "the stream is replaced, not added to",
         "Which of the two terms of x + f(x) is missing?"),
        ([edit("walk = 1.0, []", "walk = 1.0, [1.0]"),
          edit("        q = q +", "        walk.append(q)\n        q = q +",
               'post" else q\n        walk.append(q)', 'post" else q')],
         "the list begins before the first branch",
         "After how many branches is the first value taken?"),
        ([edit("gain *", "1.0 *"), edit("gain * (1.0 if", "(1.0 if", "else q)", "else gain * q)")],
         "the gain is not used",
         "A branch that gives gain · q: what does gain = 0.5 add?"),
        ([instead("gain *", "gain**2 *", "gain**0.5 *"), edit("gain * (", "gain + ("),
          edit("q + gain * (", "q + (2 + gain) * gain * ("),
          edit(READ, '(1.0 if norm == "pre" else (2 + gain) * q)')],
         "the gain does not multiply what the branch reads, once",
         "gain is a factor on the mean square already. Is it squared?"),
        (edit(f"gain * {READ}", f"2 * (q * gain * {READ}) ** 0.5 + gain * {READ}"),
         "the sizes were added; mean squares of independent terms add",
         "Var(a + b) for independent a and b: which quantities add?"),
        ([edit("    return walk", "        return walk"), "walk[-1]",
          edit("range(branches)", "range(branches - 1)")],
         "the list does not hold one value per branch",
         "How many numbers are there after four branches?"),
        ([edit('norm == "pre"', 'norm == "none"'),
          edit('norm == "pre"', 'norm == "post"', '"post" else q\n', '"pre" else q\n')],
         "two of the three placements have changed places",
         "Which placement normalizes what the branch reads, and which the sum?"),
    ]),
    "warmup_lr": check(lab.warmup_lr, [
        probe("steps 0, 1, 3, 4 and 99 with lr = 0.8 and warmup = 4", 0.8, 4,
            run=lambda f, lr, warmup: [f(step, lr, warmup) for step in (0, 1, 3, 4, 99)]),
        probe("step 0 with lr = 0.8 and warmup = 0", 0, 0.8, 0),
        probe("step 7 with lr = 0.8 and warmup = 0", 7, 0.8, 0),
        probe("step 0 with lr = 0.8 and warmup = 1", 0, 0.8, 1),
        drawn("step {} with lr = {:.4g} and warmup = {}",
            lambda rng: (int(rng.integers(1, 30)), rng.uniform(0.01, 2), 40)),
    ], [
        (edit(WAY, "step / warmup"),
         "the first step takes a rate of 0: it is step / warmup",
         "Once step 0 is taken, which share of the warmup is behind us?"),
        ([f"lr * {way}" for way in (WAY, "step / warmup", f"max(1.0, {WAY})")],
         "the rate goes on rising after the warmup",
         "What must the share of the way never exceed?"),
        ([edit("    if warmup == 0:\n        return lr\n", ""),
          edit("if warmup == 0:\n        return lr", "if warmup == 0:\n        return 0.0")],
         "warmup = 0 is not lr",
         "With no warmup, which rate does the first step take?"),
        ("lr",
         "there is no warmup: always lr",
         "Which rate does step 0 take?"),
        (["lr if step >= warmup else 0.0", "lr if step >= warmup else lr / warmup"],
         "the rate jumps at the end of the warmup; it rises step by step",
         "Half of the steps are behind us: which share of lr does the next one take?"),
        (instead(WAY, "(step + 2) / warmup", "step / (warmup + 1)", "(step + 1) / (warmup + 1)",
                 "step / (warmup - 1 or 1)"),
         "one step early, or late: the whole rate belongs to step warmup − 1",
         "What is the share after step 0, and after step number warmup − 1?"),
        (edit("/ warmup", "// warmup"),
         "// throws away what is after the point",
         "What is 3 // 4?"),
        ([f"lr * min({WAY}, (warmup / (step + 1)) ** {p})" for p in (1, 0.5)],
         "the rate falls after the warmup; it stays at lr",
         "Which rate does the docstring give after the warmup?"),
        ([f"min(lr, {WAY})", edit("lr * min(", "min(")],
         "the share is not multiplied by lr",
         "Half of the way: half of what?"),
        ([f"lr * min(1.0, {WAY}) ** 2", f"lr * min(1.0, {WAY}) ** 0.5",
          f"lr * (1 - __import__('math').cos(3.14159265 * min(1.0, {WAY}))) / 2",
          f"lr * __import__('math').sin(1.5707963 * min(1.0, {WAY}))"],
         "the rise is not linear",
         "After half of the warmup, which share of lr does the docstring ask for?"),
    ]),
}
