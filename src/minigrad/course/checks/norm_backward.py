"""Checks of lab 02's backward passes by hand."""

from typing import Any

from minigrad.course.check import Probe, check, drawn, edit, instead, solutions, some
from minigrad.course.checks.tensors import each, rows, weight

lab = solutions("02_norm_ablation")
EPSILON = "02-normalization.md#where-epsilon-stands"


def probes() -> list[Probe]:
    def given(n: int, d: int, size: float = 1.0) -> list[Any]:
        return [rows(n, d, shift=0.2), rows(n, d, size=size), weight(d)]

    return [
        drawn("the gradients for rows (3, 4)", each(*given(3, 4), 1e-5)),
        drawn("the gradients for one row of five", each(*given(1, 5), 1e-5)),
        drawn("the gradients for a square, (4, 4)", each(*given(4, 4), 1e-5)),
        drawn("the gradients for rows of some 0.01, ε = 1e-4", each(*given(3, 4, 0.01), 1e-4)),
        drawn("the gradients for rows of some 0.01, without an eps", each(*given(2, 3, 0.01))),
    ]


# fmt: off
def mistakes(size: str, dx: str) -> list[Any]:
    """What can go wrong in both; ``size`` is what the solution divides by, ``dx`` its result."""
    mean, dweight = "(g_hat * x_hat).mean(axis=-1, keepdims=True)", "(g * x_hat).sum(axis=0)"
    total, layer_norm = mean.replace("mean", "sum"), dx.startswith("dx /")
    return [
        (edit("g_hat = g * weight", "g_hat = g"),
         "the weight is forgotten in dx",
         "out = weight · x̂ + bias. What is the gradient of x̂?"),
        (edit("g_hat = g * weight", "g_hat = g", f"return {dx}", f"return weight * ({dx})"),
         "the weight stands outside the means",
         "The means run over the gradient of x̂, which is g · weight. Where must the weight be?"),
        (edit(f"return {dx}", f"return {dx} / {size}"),
         "divided by the size twice",
         "x grows tenfold: by how much must dx shrink?"),
        (edit(f"return {dx}", f"return ({dx}) * {size}"),
         "dx is not divided by the size",
         "x grows tenfold: by how much must dx shrink?"),
        ([edit(mean, "(g_hat * x_hat).mean(axis=0)"), edit("axis=-1, keepdims=True", "axis=0")],
         "the means were taken over the batch",
         "Does row 1 of the output depend on row 2 of x?"),
        (some((mean, total), ("g_hat - g_hat.mean", "g_hat - g_hat.sum")) if layer_norm
         else edit(mean, total),
         "sums stand where means are meant",
         "The statistics are means of d numbers. Which factor does each x_j's share carry?"),
        (edit("dx -=", "dx +=") if layer_norm else edit("- x_hat *", "+ x_hat *"),
         "the sign of the x̂ term is turned round",
         "The norm takes out what points along x̂. Is it added or subtracted?"),
        (instead("x_hat * (g_hat * x_hat)", f"x_hat * {size} * (g_hat * x_hat)",
                 f"x_hat * {size} * (g_hat * x_hat * {size})"),
         "x stands where x̂ is meant",
         "Which of x and x̂ stays the same when x grows tenfold?"),
        (instead("(g_hat * x_hat).mean", "g_hat.mean", "(g * x_hat).mean"),
         "the mean in the x̂ term is not that of ĝ · x̂",
         "How much of ĝ points along x̂? Which product says so?"),
        (edit(dweight, "g.sum(axis=0)"),
         "dweight is the sum of g alone; that is dbias",
         "weight multiplies x̂. What does its gradient multiply g with?"),
        (edit(dweight, "(g * x).sum(axis=0)"),
         "dweight multiplies g with x, not with x̂",
         "weight multiplies x̂. What does its gradient multiply g with?"),
        (edit(dweight, "(g_hat * x_hat).sum(axis=0)"),
         "dweight carries the weight itself",
         "out = weight · x̂. Does the slope in weight depend on weight?"),
        (edit(dweight, "(g * x_hat)"),
         "dweight was not summed over the rows",
         "One weight was used in N rows. What happens to the gradients of its uses?"),
        (instead(dweight, *(f"(g * x_hat).{how}" for how in (
            "mean(axis=0)", "sum(axis=1)", "sum()", "mean()"))),
         "dweight is not the sum over the rows",
         "Each feature has its own weight, used in N rows. Over which axis do the uses add?"),
        (edit("+ eps)", ")"),
         "eps is left out",
         "The forward pass divided by √(… + eps). By what must the backward pass divide?", EPSILON),
        (edit("keepdims=True) + eps)", "keepdims=True)) + eps"),
         "eps does not stand inside the root as it is",
         "The forward pass divided by √(… + eps). By what must the backward pass divide?", EPSILON),
    ]


CHECKS = {
    "rms_norm_backward": check(lab.rms_norm_backward, probes(), [
        (edit("(g_hat - x_hat", "(g_hat - g_hat.mean(axis=-1, keepdims=True) - x_hat"),
         "LayerNorm's mean term was copied: RMSNorm subtracts no mean",
         "Does adding a constant to a row leave RMSNorm's output as it is?"),
        (edit(" - x_hat * (g_hat * x_hat).mean(axis=-1, keepdims=True)", ""),
         "the RMS was treated as a constant",
         "x grows tenfold and nothing changes: what must dx · x be?"),
        (edit("r = np.sqrt(", "x = x - x.mean(axis=-1, keepdims=True)\n    r = np.sqrt("),
         "x is centred: these are LayerNorm's statistics",
         "Which of the two norms takes the mean off?"),
        *mistakes("r", "dx"),
        (lambda *given: lab.rms_norm_backward(*given)[::-1],
         "the answers stand in the other order",
         "What comes first, dx or dweight?"),
    ]),
    "layer_norm_backward": check(lab.layer_norm_backward, probes(), [
        (edit("return dx /", "return g_hat /"),
         "the statistics were treated as constants",
         "x_j moves the mean and the spread as well. Which paths does g/σ leave out?"),
        (edit("    dx -= x_hat * (g_hat * x_hat).mean(axis=-1, keepdims=True)\n", ""),
         "σ was treated as a constant",
         "x grows tenfold and nothing changes: what must dx · x̂ be?"),
        (edit("g_hat - g_hat.mean(axis=-1, keepdims=True)", "g_hat.copy()"),
         "μ was treated as a constant",
         "A constant added to a row changes nothing: what must a row of dx sum to?"),
        *mistakes("sigma", "dx / sigma"),
        (edit("g_hat - g_hat.mean", "g_hat - g.mean"),
         "the mean that is taken off is not that of ĝ",
         "Which gradient flows back through x̂: g, or g · weight?"),
        (edit("(centred * centred).mean(axis=-1, keepdims=True)",
              "((centred * centred).sum(axis=-1, keepdims=True) / max(1, x.shape[-1] - 1))"),
         "the variance divides by d − 1",
         "By what did the forward pass divide?"),
        (edit("g_hat - g_hat.mean", "g_hat + g_hat.mean"),
         "the sign of the mean term is turned round",
         "A constant added to a row changes nothing: what must a row of dx sum to?"),
        (instead(", g.sum(axis=0)", ", g.mean(axis=0)", ", g", ", g_hat.sum(axis=0)",
                 ", g.sum(axis=1)", ", g.sum()", ", weight * 0 + len(g)", ", weight * 0 + 1"),
         "dbias is not the sum of g over the rows",
         "The bias is added in each of N rows, with slope 1. What reaches it?"),
        (lambda *given: tuple(lab.layer_norm_backward(*given)[i] for i in (0, 2, 1)),
         "dweight and dbias are swapped",
         "Which of the two is a sum of g alone?"),
        (edit("centred = x - x.mean(axis=-1, keepdims=True)", "centred = x * 1"),
         "x is not centred",
         "What is x̂ in LayerNorm: x/σ, or (x − μ)/σ?"),
    ]),
}
