"""Checks of lab 03's blocks: the residual connection, and the norm's place."""

import itertools
from collections.abc import Callable
from typing import Any

from minigrad.course.check import Probe, apply, check, demand, drawn, solutions, then
from minigrad.course.checks.tensors import by, each, rows, tensor

lab = solutions("03_residual_depth")
PLACE = "03-residual.md#pre-norm-and-post-norm"
PATH = "03-residual.md#the-identity-path"


def square(x: Any) -> Any:
    return x * x


def triple(x: Any) -> Any:
    return x * 3


def zero(x: Any) -> Any:
    return x * 0


def bend(x: Any) -> Any:
    return (x - 0.5).tanh() * 2


def norm(x: Any) -> Any:
    return x / ((x * x).mean(dim=-1, keepdim=True) + 1e-5).sqrt()


def double(x: Any) -> Any:
    return x * 2


def through(make: Callable[..., Any], x: Any, *parts: Any) -> dict[str, Any]:
    """What ``make(*parts)`` makes of x, and the gradient by x."""
    function = demand(make(*parts), "a function")
    out = demand(apply(lambda x: function(x), tensor(x)), "a Tensor")
    leaf = tensor(x, requires_grad=True)
    return {"its answer": out, **by(demand(function(leaf), "a Tensor"), {"x": leaf})}


def blocks(*parts: tuple[Any, ...]) -> list[Probe]:
    """Probes of a block made of these parts: on rows of both signs, of one to three dims."""
    return [
        drawn(
            f"the block of {', '.join(getattr(p, '__name__', str(p)) for p in some)}, for x of "
            f"shape {shape}",
            then(each(rows(*shape)), *some),
            through,
        )
        for some, shape in itertools.product(parts, [(2, 4), (3,), (2, 1, 3)])
    ]


NORMED = blocks((norm, square), (norm, bend), (double, triple), (norm, zero))


# fmt: off
BOTH_NORMS = ("a norm stands in both places, before f and after the addition",
    "How often does a block apply its norm?", PLACE)
NO_NORM = ("the norm is missing", "What does the block do with self.norm?", PLACE)


def of_any(right: str, branch: str, *bare: str) -> list[Any]:
    """What can go wrong in every block: it returns ``right``, with x + ``branch`` in it. ``bare``:
    what may come out of it without a skip, besides the branch."""

    def other(*sums: str) -> list[str]:
        return [right.replace(f"x + {branch}", one) for one in sums]

    return [
        ([*other(branch), "self.f(x)", *bare],
         "the skip is missing: only the branch comes out",
         "If f gives 0, what must come out?"),
        (other(f"2 * x + {branch}"),
         "the skip is counted twice",
         "If f gives 0, what must come out?"),
        (other("x"),
         "the branch is missing: f adds nothing",
         "What does the block learn with?"),
        (other(f"x - {branch}", f"{branch} - x"),
         "the branch is taken off, or the skip is; both are added",
         "Is it x + f(x), or x − f(x)?"),
        ([*other(f"x * ({branch})", f"x + {branch} * x"), "x * self.f(x)"],
         "x and the branch are multiplied; they are added",
         "If f gives 0, what must come out?"),
        ([f"({right}).relu()", f"({right}).tanh()"],
         "an activation stands after the addition: negative numbers are gone from the identity "
             "path",
         "Can anything that is negative still pass through fifty of these blocks?"),
        (other(f"x + {branch.replace('self.f(', 'self.f(self.f(')})"),
         "f is applied twice",
         "How often does x go through f in one block?"),
        (f"({right}).detach()",
         "no gradient reaches x: the graph was cut",
         "Which step leaves Tensors, by .array, .numpy(), .item() or detach()?", PATH),
        (other(f"x.detach() + {branch}"),
         "the skip carries no gradient",
         "y = x + 3x has slope 4. Which of the two paths does yours not see?", PATH),
        (other(f"x + ({branch}).detach()"),
         "the branch carries no gradient",
         "y = x + 3x has slope 4. Which of the two paths does yours not see?", PATH),
    ]


RES, PRE = "x + self.scale * self.f(x)", "x + self.f(self.norm(x))"
POST = "self.norm(x + self.f(x))"

CHECKS = {
    "Residual": check(lab.Residual, [
        *blocks((zero,), (triple,), (square,), (square, 0.5), (bend, -2.0)),
    ], [
        ("x + self.f(x)",
         "the scale is ignored",
         "Residual(f, scale=0.5): what is halved?"),
        (["self.scale * (x + self.f(x))", "self.scale * x + self.f(x)"],
         "the scale stands on the skip",
         "Which of the two paths must be left untouched?"),
        ("x + self.f(self.scale * x)",
         "the scale stands inside f: f(scale · x)",
         "In x + scale · f(x), is it f's input that is made smaller, or what f adds?"),
        (["x + self.f(x) / self.scale", "x + self.scale**2 * self.f(x)",
          "x + self.f(x) + self.scale", "x + self.f(x) ** self.scale"],
         "the scale does not multiply what f adds",
         "Residual(f, scale=0.5): what is halved?"),
        ("x.relu() + self.scale * self.f(x)",
         "an activation stands on the skip",
         "Can anything that is negative still pass?"),
        ([f"({RES}) / 2", "(1 - self.scale) * x + self.scale * self.f(x)", f"({RES}) / 2**0.5"],
         "x and the branch are averaged or mixed; x goes through untouched",
         "If f gives 0, what must come out?"),
        *of_any(RES, "self.scale * self.f(x)"),
    ]),
    "PreNormBlock": check(lab.PreNormBlock, NORMED, [
        (POST,
         "this is post-norm",
         "Does the norm stand before f or after the addition?", PLACE),
        ("x + self.f(x)", *NO_NORM),
        ("self.norm(x) + self.f(self.norm(x))",
         "the skip is normalized too",
         "In pre-norm, what should the identity path do to x?", PLACE),
        ("x + self.norm(self.f(x))",
         "the norm stands after f, not before it",
         "What does f see in pre-norm?", PLACE),
        (["self.norm(x) + self.f(x)", "x + self.norm(x) + self.f(x)"],
         "the norm stands on the skip, and f sees x as it is",
         "Which of the two should be free of any norm?", PLACE),
        ("x + self.norm(self.f(self.norm(x)))",
         "f's answer is normalized once more",
         "How often does a block apply its norm?", PLACE),
        ("self.norm(x + self.f(self.norm(x)))", *BOTH_NORMS),
        ("x + self.norm(x)",
         "f is missing: only the norm is applied",
         "What does the block do with self.f?", PLACE),
        ("self.f(x + self.norm(x))",
         "x was added inside f: the skip leads around it",
         "If f gives 0, what must come out?"),
        ("x + self.f(self.norm(self.norm(x)))",
         "the norm is applied twice",
         "How often does a block apply its norm?", PLACE),
        *of_any(PRE, "self.f(self.norm(x))"),
    ]),
    "PostNormBlock": check(lab.PostNormBlock, NORMED, [
        (PRE,
         "this is pre-norm",
         "Does the norm stand before f or after the addition?", PLACE),
        ("x + self.f(x)", *NO_NORM),
        (["x + self.norm(self.f(x))", "self.norm(x) + self.f(x)",
          "self.norm(x) + self.norm(self.f(x))"],
         "only one of the two paths is normalized, not their sum",
         "What is inside the norm of post-norm?", PLACE),
        ("self.norm(x + self.f(self.norm(x)))", *BOTH_NORMS),
        ("x + self.norm(x + self.f(x))",
         "x is added once more after the norm",
         "Is anything left of the skip after post-norm's norm?", PLACE),
        ("self.norm(x + self.f(x)) + self.f(x)",
         "the branch is added once more after the norm",
         "What is left to do after post-norm's norm?", PLACE),
        *of_any(POST, "self.f(x)", "self.norm(self.f(self.norm(x)))"),
    ]),
}
