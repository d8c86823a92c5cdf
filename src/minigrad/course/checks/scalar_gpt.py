"""Checks of lab 07: RMSNorm, softmax and cross-entropy in plain numbers, with their gradients."""

from collections.abc import Sequence
from typing import Any

from minigrad.course.check import Probe, check, demand, drawn, edit, instead, probe, solutions
from minigrad.course.checks import norms
from minigrad.scalar import Value

lab = solutions("07_scalar_gpt")


def values(function: Any, x: Sequence[float], *more: Any) -> dict[str, Any]:
    """The numbers of the answer, and the gradients of Σ (i + 1) · answer[i] by each x."""
    leaves = [Value(float(v)) for v in x]
    out = function(leaves, *more)
    listed = out if isinstance(out, list | tuple) else [out]
    loss = Value(0.0)
    for i, v in enumerate(listed):
        loss = loss + demand(v, "a Value") * (i + 1.0)
    loss.backward()
    numbers = [v.data for v in listed]
    return {
        "its numbers": numbers if isinstance(out, list | tuple) else numbers[0],
        "the gradients by x": [v.grad for v in leaves],
    }


def of(what: str, x: Sequence[float], *more: Any) -> Probe:
    return probe(what, list(x), *more, run=values)


def some(what: str, count: int, shift: float = 0.0, target: int | None = None) -> Probe:
    """A probe on numbers that are drawn, and moved by ``shift``."""
    more = [] if target is None else [target]
    return drawn(what, lambda rng: ((2 * rng.normal(size=count) + shift).tolist(), *more), values)


MEAN = "sum(v * v for v in x) / len(x)"
SCALE = "(mean_square + eps) ** -0.5"
LOSS = "total.log() + largest - logits[target]"
TOTAL = "sum((v - largest).exp() for v in logits)"
SOFTMAX = f"{TOTAL} ** -1 * (logits[target] - largest).exp()"


# fmt: off
def shifts(xs: str) -> list[Any]:
    """Softmax of ``xs``, or its logarithm, with another number taken off."""
    return instead(f"max(v.data for v in {xs})", "0.0", "1000.0", f"min(v.data for v in {xs})",
                   f"sum(v.data for v in {xs}) / len({xs})", f"{xs}[0].data", f"{xs}[-1].data",
                   f"max(abs(v.data) for v in {xs})", f"sum(v.data for v in {xs})")


DETACHED = ("the values are right and the gradients are not: a Value was replaced by its number",
    "Which of your numbers depend on x, and come from .data? A number passes no gradient on.",
    "07-scalar-gpt.md#one-local-gradient-per-argument")
NUMBERS = ("numbers came back, not Values: no gradient can flow through them",
    "Where did .data or float() take the place of a Value?",
    "07-scalar-gpt.md#one-local-gradient-per-argument")
OVERFLOW = (
    "exp is beyond every float, or all exps are 0: the wrong number was taken off x, or none",
    "Which number can be taken off every x so that the largest exponent is 0?")

CHECKS = {
    "scalar_rms_norm": check(lab.scalar_rms_norm, [
        of("RMSNorm of [3, −4, 0]", [3, -4, 0]),
        some("RMSNorm of five numbers", 5),
        of("RMSNorm of [0.001, −0.002], ε = 1e-5", [1e-3, -2e-3], 1e-5),
        of("RMSNorm of [0.001, −0.002], without an eps", [1e-3, -2e-3]),
        of("RMSNorm of [0.5, −1.5, 1], ε = 0.1", [0.5, -1.5, 1.0], 0.1),
        of("RMSNorm of [0, 0]", [0, 0]),
        of("RMSNorm of [−2]", [-2]),
    ], [
        (edit("v * scale", "(v - sum(x) / len(x)) * scale"),
         "the mean is taken off x", *norms.IS_LAYER_NORM[1:]),
        (edit("mean_square =", "x = [v - sum(x) / len(x) for v in x]\n    mean_square ="),
         *norms.IS_LAYER_NORM),
        (edit(" / len(x)", ""), *norms.SUM_FOR_MEAN),
        (edit("-0.5", "-1"), *norms.NO_ROOT),
        (edit("-0.5", "0.5"), *norms.MULTIPLIED),
        (edit(MEAN, "sum((v - sum(x) / len(x)) ** 2 for v in x) / len(x)"), *norms.STD_FOR_RMS),
        (edit("/ len(x)", "/ (len(x) - 1 or 1)"), *norms.D_MINUS_1),
        (edit(SCALE, "(sum(v if v.data > 0 else -v for v in x) / len(x) + eps) ** -1"),
         *norms.MEAN_OF_ABS),
        (instead(MEAN, "(sum(x) / len(x)) ** 2", "sum(x) ** 2 / len(x)"), *norms.SQUARE_OF_MEAN),
        (edit(SCALE, "(mean_square**0.5 + eps) ** -1"), *norms.EPS_OUTSIDE),
        (instead(" + eps", "", " - eps"), *norms.NO_EPS),
        (edit(" + eps", " + eps**2"), *norms.EPS_SQUARED),
        ([edit(" + eps", f" + {value}") for value in ("1e-5", "1e-6", "1e-8")],
         "the argument eps is not used: another number stands in its place",
         "A caller asks for ε = 0.1. Which number stands in your root?"),
        ([instead("v * v for", "v.data**2 for", "v * v.data for"),
          edit("v * scale", "v.data * scale")], *DETACHED),
        (edit("v * scale", "(v * scale).data"), *NUMBERS),
        ("[v * (v * v + eps) ** -0.5 for v in x]",
         "each number was divided by its own size, not by that of all together",
         "How many sizes does a row have?"),
        (edit("v * scale", "scale"),
         "the scale alone came back: x is not multiplied by it",
         "What must have size 1 in the end: the scale, or x?"),
    ]),
    "scalar_softmax": check(lab.scalar_softmax, [
        of("softmax of [2, 0.5, −1]", [2, 0.5, -1]),
        some("softmax of five numbers", 5),
        of("softmax of [1000, 1001]", [1000, 1001]),
        of("softmax of [−1000, −1001, −1000.5]", [-1000, -1001, -1000.5]),
        of("softmax of [0, 1000, −1000]", [0, 1000, -1000]),
        of("softmax of [−1500, 1, 0]", [-1500, 1, 0]),
        of("softmax of [1500, 0, 1]", [1500, 0, 1]),
        of("softmax of [7]", [7]),
    ], [
        (shifts("x"), *OVERFLOW),
        ([instead("e / total", "e", "e / len(x)"),
          edit("total = sum(exps)", "total = max(exps, key=lambda v: v.data)")],
         "the results do not sum to 1",
         "By what must the exponentials be divided?"),
        (instead("e / total", "e / total.data", "e.data / total"), *DETACHED),
        (edit("e / total", "(e / total).data"), *NUMBERS),
        (instead("(v - largest)", "(v / largest)", "(v / len(x))"),
         "x was divided by a number; softmax allows only that one is taken off",
         "exp(x − c) = exp(x) / exp(c). What is exp(x / c)?"),
        (edit("(v - largest)", "(largest - v)"),
         "the sign of the exponent is turned round",
         "Which x should have the largest probability?"),
        (edit("e / total", "e / (total - e + 1e-9)"),
         "divided by the sum of the others, not of all",
         "What must the results sum to?"),
        ([edit("sum(exps)", "sum(v.exp() for v in x)"),
          edit("(v - largest).exp() for v in x", "v.exp() for v in x", "sum(exps)",
               "sum((v - largest).exp() for v in x)")],
         "the largest was taken off in one place only, above or below the line",
         "exp(x − m) / Σ exp(x): does the e^(−m) cancel?"),
        (edit("e / total", "(e / total).log()"),
         "this is the logarithm of softmax",
         "What must the results sum to?"),
    ]),
    "scalar_cross_entropy": check(lab.scalar_cross_entropy, [
        of("cross-entropy of [2, 0.5, −1], target 1", [2, 0.5, -1], 1),
        some("cross-entropy of five numbers, target 2", 5, target=2),
        some("cross-entropy of four numbers moved by −3, target 0", 4, -3.0, target=0),
        of("cross-entropy of [1000, 0], target 1", [1000, 0], 1),
        of("cross-entropy of [1000, 0], target 0", [1000, 0], 0),
        of("cross-entropy of [−1000, −1001], target 1", [-1000, -1001], 1),
        of("cross-entropy of [0, 1000, −1000], target 0", [0, 1000, -1000], 0),
        of("cross-entropy of [−1500, 1, 0], target 2", [-1500, 1, 0], 2),
        of("cross-entropy of [1500, 0, 1], target 0", [1500, 0, 1], 0),
    ], [
        (f"-({LOSS})",
         "the sign is missing: a loss is −ln p",
         "Is ln p of a probability positive?"),
        ([SOFTMAX, f"-({SOFTMAX})"],
         "this is the probability; the loss is its negative logarithm",
         "What is the loss at p = 1?"),
        (f"1 - {SOFTMAX}",
         "1 − p is not −ln p",
         "What is the loss of p = 0: 1, or more?"),
        ("scalar_cross_entropy(scalar_softmax(logits), target)",
         "softmax was applied twice",
         "Is what you hand to the last step a row of logits, or already probabilities?"),
        ([total + over for over in ("", " / len(logits)") for total in (
            "sum(-p.log() for p in scalar_softmax(logits))",
            "sum(scalar_cross_entropy(logits, i) for i in range(len(logits)))")],
         "the sum or the mean over all classes, not the target's own",
         "Which of the probabilities does the loss look at?"),
        (shifts("logits"), *OVERFLOW),
        ([f"-({SOFTMAX} + {e}).log()" for e in (0.0, 1e-12, 1e-10, 1e-9, 1e-8)],
         "the probability was rounded to zero, or a small number added, before its logarithm was "
             "taken",
         "ln(e^x / Σ) = x − ln Σ. Which of the two needs no exp of the target's logit?"),
        ([instead("total.log() + largest", "total.log()", "total.log() - largest"),
          edit("+ largest - logits[target]", "+ logits[target]")],
         "what was taken off the logits was not put back where it belongs",
         "ln Σ e^(x − m) = ln Σ e^x − m. So what is ln Σ e^x?"),
        (edit("- logits[target]", ""),
         "the target's logit is missing",
         "Which of the logits should lower the loss as it grows?"),
        (edit("total.log() + largest - ", "largest - "),
         "the logarithm of the sum is missing",
         "−ln(e^{x_t} / Σ) is a difference of two logarithms. Where is the second?"),
        (instead("logits[target]", "logits[0]", "logits[-1]", "logits[target - 1]",
                 "logits[(target + 1) % len(logits)]", "max(logits, key=lambda v: v.data)"),
         "another class than the target was looked at",
         "Which index does the caller give?"),
        (edit("return ", "return (", LOSS, f"{LOSS}) / len(logits)"),
         "divided by the number of classes",
         "How many classes does the loss look at?"),
        (lambda x, t: sum((p - float(i == t)) ** 2 for i, p in enumerate(lab.scalar_softmax(x))),
         "a squared error, not −ln p",
         "What is the loss of a sure and wrong answer: 2, or more?"),
        ([edit("total.log()", "__import__('math').log(total.data)"),
          edit("- logits[target]", "- logits[target].data")], *DETACHED),
        (f"({LOSS}).data", *NUMBERS),
    ]),
}
