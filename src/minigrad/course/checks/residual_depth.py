"""Checks of lab 03: a stack of blocks, its gradient, and what breaks without the skip."""

import itertools
from collections.abc import Callable
from typing import Any

from minigrad import nn
from minigrad.course.check import apply, check, drawn, edit, instead, probe, solutions, then
from minigrad.course.checks import gradient_norm, residual_blocks
from minigrad.course.checks.residual_blocks import bend, double, norm, square, through, triple
from minigrad.course.checks.tensors import each, rows

lab = solutions("03_residual_depth")


def plus_one(x: Any) -> Any:
    return x + 1


class Layer(nn.Module):
    """A function of a Tensor, as a module."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)


def without_skip(n: Any, f: Any) -> Any:
    return lab.PreNormBlock(Layer(n), Layer(f))


def stack(function: Any, x: Any, *parts: Any) -> dict[str, Any]:
    *blocks, final = parts
    return through(lambda: lambda x: apply(function, x, list(blocks), final), x)


def predictions(wrong: int) -> list[Any]:
    """Every prediction whose first wrong answer is this one."""
    right = {"gradient before": "healthy", "gradient after": "vanished", "loss": "stalled"}
    words = [("healthy", "vanished"), ("healthy", "vanished"), ("stalled", "trained", "diverged")]
    answers = [dict(zip(right, a, strict=True)) for a in itertools.product(*words)]
    firsts = [next((i for i, k in enumerate(a) if a[k] != right[k]), None) for a in answers]
    return [lambda a=a: a for a, first in zip(answers, firsts, strict=True) if first == wrong]


def twice(old: str, new: str) -> list[Any]:
    """A norm elsewhere, and the one at the end still there or not."""
    return [edit(old, new), edit(old, new, "return final_norm(x)", "return x")]


# fmt: off
CHECKS = {
    **residual_blocks.CHECKS,
    "pre_norm_stack": check(lab.pre_norm_stack, [
        drawn(f"blocks {', '.join(b.__name__ for b in parts[:-1])}, and {parts[-1].__name__} in "
              "the final norm's place", then(each(rows(2, 3)), *parts), stack)
        for parts in [
            (square, triple, plus_one),
            (triple, square, bend, norm),
            (square, norm),
            (plus_one, bend),
            (norm,),
        ]
    ], [
        ("x",
         "the final norm is missing: the stream has grown with depth",
         "Each of fifty blocks adds a share of size 1. How large is the sum?"),
        (twice("for block", "x = final_norm(x)\n    for block"),
         "the final norm came first",
         "Whose output must the head not see unnormalized?"),
        ([twice("x = block(x)", "x = final_norm(block(x))"),
          twice("x = block(x)", "x = block(final_norm(x))")],
         "the norm was applied in every block",
         "How often is the final norm applied?"),
        (edit("    for block", "    y = x\n    for block", "x = block(x)", "y = block(x)",
              "final_norm(x)", "final_norm(y)"),
         "every block got the first x",
         "What is the input of block 2?"),
        (edit("x = block(x)", "x = x + block(x)"),
         "x is added to each block's answer: a block has its own skip",
         "What does a pre-norm block return: f alone, or x + f?"),
        (edit("for block", "first = x\n    for block", "final_norm(x)", "final_norm(x + first)"),
         "the first x was added once more at the end",
         "Each block has its own skip. What would another one around all of them do?"),
        (edit("in blocks", "in reversed(blocks)"),
         "the blocks run in reverse order",
         "Which block sees the input first?"),
        ([instead("in blocks", "in blocks[:-1]", "in blocks[1:]", "in blocks[:1]"),
          edit("    for block in blocks:\n", "", "        x = block(x)\n", "")],
         "not every block was run",
         "How many blocks are in the list, and which does your loop leave out?"),
        ("final_norm(final_norm(x))",
         "the final norm was applied twice",
         "How often is the final norm applied?"),
    ]),
    **gradient_norm.CHECKS,
    "remove_skip": check(lab.remove_skip, [
        drawn(f"the block of {n.__name__} and {f.__name__} without its skip, x of shape {shape}",
              then(each(rows(*shape)), without_skip(n, f)),
              lambda function, x, block: through(function, x, block))
        for n, f in [(norm, square), (norm, bend), (double, plus_one)]
        for shape in [(2, 4), (3,)]
    ], [
        (["block", "lambda x: block.norm(x) + block.f(block.norm(x))"],
         "the skip is still there",
         "Which term of x + f(norm(x)) is the skip?"),
        ("block.f",
         "the norm went out with the skip",
         "Only one thing may change in an experiment. What should f still see?"),
        ("lambda x: block.norm(block.f(x))",
         "the norm stands after f, not before it",
         "What does f see in pre-norm?"),
        ("lambda x: x - block(x)",
         "the sign is turned round",
         "block(x) is x + f(norm(x)). What must be taken off it?"),
        (["lambda x: block.f(x) + block.norm(x)", "lambda x: block.f(block.norm(x)) + x * 0 + 1",
          "lambda x: block.f(block.f(block.norm(x)))"],
         "something else than f(norm(x))",
         "Which term of x + f(norm(x)) is left?"),
        (["lambda x: block(x) - block.norm(x)", "lambda x: block.norm(block.f(block.norm(x)))"],
         "what was taken off is not the skip, or a norm was added",
         "block(x) is x + f(norm(x)). What must be taken off it?"),
        (["lambda x: x", "block.norm"],
         "the branch went out, not the skip",
         "Which term of x + f(norm(x)) holds what the block has learned?"),
        ("lambda x: block.f(block.norm(x)).detach()",
         "no gradient flows back: the graph was cut",
         "Which step leaves Tensors, by .array, .numpy(), .item() or detach()?"),
    ]),
    "symptoms_without_skip": check(lab.symptoms_without_skip, [
        probe("the symptoms of fifty blocks without skips", guessed=True),
    ], [
        (predictions(0),
         "not what is seen before the first update, in any seed",
         "Each block begins by putting the size right. Which product of fifty factors is then "
             "small?"),
        (predictions(1),
         "not what is seen after ten updates, in any seed",
         "An update changes all fifty layers at once. What does 0.6⁵⁰ leave?"),
        (predictions(2),
         "not what becomes of the run, in any seed",
         "Which layers still learn when layer 1's gradient is gone? And do norms let anything "
             "explode?"),
    ]),
}
