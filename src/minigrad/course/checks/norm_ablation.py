"""Checks of lab 02: the norms forward, as layers, and backward by hand; and timing."""

from typing import Any

import numpy as np

from minigrad.course.check import Probe, check, drawn, edit, instead, probe, solutions, some
from minigrad.course.checks import norm_backward, norm_layers, norms, timing
from minigrad.course.checks.tensors import each, forward, gradients, rows, weight

lab = solutions("02_norm_ablation")
BACKWARD = "02-normalization.md#layernorm-backward"

NO_WEIGHT = ("the weight is not used", "Which numbers does the layer learn, and what do they do?")

MEAN = "(h * h).mean(dim=-1, keepdim=True)"
SCALED = "centred / (var + eps).sqrt() * weight"
TINY = np.array([[1e-3, -1e-3, 1e-3, -1e-3], [2e-3, 1e-3, -1e-3, 0]])


def forwards(*bias: Any) -> list[Probe]:
    """Probes of a norm's forward pass; ``bias`` draws what follows the weight, if anything does."""

    def given(x: Any, d: int, dtype: Any = np.float64) -> list[Any]:
        return [x, weight(d, dtype), *(b(d, dtype) for b in bias)]

    ones = [np.ones(4), *(np.zeros(4) for _ in bias)]
    return [
        *(
            drawn(f"the norm of x of shape {shape}", each(*given(rows(*shape), shape[-1]), 1e-5),
                  forward)
            for shape in [(3, 4), (4, 4), (2, 3, 4), (4,), (1, 5), (2, 2, 2, 3), (3, 1)]
        ),
        probe("the norm of rows of some 0.001, ε = 1e-5", TINY, *ones, 1e-5, run=forward),
        probe("the norm of rows of some 0.001, ε = 1e-3", TINY, *ones, 1e-3, run=forward),
        probe("the norm of rows of some 0.001, without an eps", TINY, *ones, run=forward),
        probe("the norm of a row of zeros", np.zeros((1, 4)), *ones, 1e-5, run=forward),
        drawn("the norm of float32 rows",
              each(*given(rows(3, 4, dtype=np.float32), 4, np.float32), 1e-5), forward),
    ]  # fmt: skip


def reduced(text: str) -> list[Any]:
    """Mistakes of the axis, for a text of a mean over the last."""
    over = [edit(text, text.replace("dim=-1", f"dim={d}")) for d in ("0", "1", "-2")]
    return [
        (over[0], *norms.AXIS_0),
        (edit(text, text.replace("dim=-1, keepdim=True", "")), *norms.WHOLE),
        ([*over[1:], edit(text, text.replace("dim=-1", "dim=tuple(range(1, x.ndim))"))], *TOKENS),
    ]  # fmt: skip


# fmt: off
WEIGHT_FIRST = ("weight came before the normalization, which takes its size out again",
    "Why would the learned size survive the norm?")
OTHER_SIGN = ("the weight is added, not multiplied",
    "A weight of 2 should double a feature. Does it?")
TOKENS = ("the statistics were taken over another axis than the last",
    "x is (batch, tokens, features): each token is normalized by itself. Over which axis?")
CUT = ("no gradient flows back: the graph was cut",
    "Which step leaves Tensors, by .array, .numpy(), .item() or detach()?")
WEIGHT_CUT = ("the weight gets no gradient: it left the graph",
    "Which step takes the weight out of the graph? How would the layer learn it?")

CHECKS = {
    "rms_norm": check(lab.rms_norm, [
        probe("the norm of [3, −4, 0]", np.array([[3.0, -4.0, 0.0]]), np.ones(3), 1e-12,
            run=forward),
        *forwards(),
        probe("the norm of [300, −300] in float16", np.array([[300, -300]], np.float16),
            np.ones(2, np.float32), run=forward, rtol=2e-3),
        probe("the norm of [0.1, 300] in float16, weight [100,000, 1]",
            np.array([[0.1, 300]], np.float16), np.array([1e5, 1], np.float32), run=forward,
            rtol=2e-3),
        probe("the norm of zeros in float16", np.zeros((1, 3), np.float16),
            np.ones(3, np.float32), 1e-8, run=forward),
        drawn("the gradients through rms_norm", each(rows(3, 4), weight(4), 1e-5),
            gradients("x", "weight")),
        drawn("the gradients through rms_norm, x of shape (2, 3, 4)",
            each(rows(2, 3, 4), weight(4), 1e-3), gradients("x", "weight")),
    ], [
        *norms.wrong_rms("dim=-1, keepdim=True", "eps", "({}).sqrt()", "amax"),
        (edit(" + eps)", ")"), *norms.NO_EPS),
        *reduced(MEAN),
        (edit("    h = h / (", "    h = h + eps\n    h = h / (", " + eps).sqrt()", ").sqrt()"),
         "ε was added to x, not to its mean square",
         "What does adding a number to x do to a row's direction?"),
        (edit(" * weight", ""), *NO_WEIGHT),
        (edit("(h * weight)", "(h + weight)"), *OTHER_SIGN),
        (edit("    h = h / (", "    h = h * weight\n    h = h / (", "(h * weight)", "h"),
         *WEIGHT_FIRST),
        (edit("(h * weight)", "(h / weight)"),
         "divided by the weight",
         "A weight of 2 should double a feature. Does it?"),
        ([edit("(h * weight)", "(h * weight).detach()"),
          edit("h = x.float()", "x = x.detach(); h = x.float()")], *CUT),
        (edit("(h * weight)", "(h * weight.detach())"), *WEIGHT_CUT),
        (edit(MEAN, MEAN.replace("(h * h)", "(h * h).detach()")),
         "the RMS was treated as a constant",
         "x grows tenfold and nothing changes: what must dx · x be?",
         "02-normalization.md#rmsnorm-backward"),
        ([edit(" == minigrad.float16", " is None"),
          edit(" == minigrad.float16", " is None", ".to(x.dtype)", "")],
         "squares overflow in float16: ±300 gives 0",
         "300² is 90,000; the largest float16 is 65,504. In which type can the squares be summed?",
         "02-normalization.md#half-precision"),
        (edit("(h * weight)", "(h.to(x.dtype) * weight.to(x.dtype))"),
         "the weight was rounded to float16 before it was used",
         "The weight is 100,000: which float16 is that? What is the last thing to be rounded?",
         "02-normalization.md#half-precision"),
        (instead(".to(x.dtype)", "", ".float()"),
         "the result has another dtype than x",
         "The next layer holds float16 weights. Which type should it get?",
         "02-normalization.md#half-precision"),
    ]),
    "layer_norm": check(lab.layer_norm, [
        probe("the norm of [[1, 2, 3, 4], [5, 6, 7, 8]]", np.arange(1.0, 9).reshape(2, 4),
            np.ones(4), np.zeros(4), 1e-5, run=forward),
        *forwards(weight),
        drawn("the gradients through layer_norm",
            each(rows(3, 4), weight(4), weight(4), 1e-5), gradients("x", "weight", "bias")),
        drawn("the gradients through layer_norm, x of shape (2, 3, 4)",
            each(rows(2, 3, 4), weight(4), weight(4), 1e-3), gradients("x", "weight", "bias")),
    ], [
        ([some(("x.mean(dim=-1, keepdim=True)", "x.mean(dim=-1)"),
               ("centred).mean(dim=-1, keepdim=True)", "centred).mean(dim=-1)")),
          edit("dim=-1, keepdim=True", "dim=1"),
          edit("x.mean(dim=-1, keepdim=True)", "x.mean(dim=-1)",
               "(centred * centred).mean(dim=-1, keepdim=True)", "x.var(dim=-1, correction=0)")],
         "the statistics lost their axis, and were lined up with the columns",
         "A (4,) array meets a (4, 4) one. Along which axis does it broadcast?"),
        *reduced("mean(dim=-1, keepdim=True)"),
        (edit("(centred * centred).mean(dim=-1, keepdim=True)",
              "(centred * centred).sum(dim=-1, keepdim=True) / (x.shape[-1] - 1)"),
         "the variance divides by d − 1",
         "LayerNorm describes these d numbers; it estimates nothing from a sample. By what does "
             "it divide?"),
        (edit("(centred * centred).mean", "(centred * centred).sum"),
         "the sum of squares, not their mean",
         "Would a row twice as long have twice the variance?"),
        (edit("(var + eps).sqrt()", "(var + eps)"),
         "divided by the variance, not by its root",
         "x grows tenfold. Does your output stay as it is?"),
        (edit("centred / (", "centred * ("),
         "multiplied by the standard deviation; dividing takes the size out",
         "A row twice as large should give the same output. Does it?"),
        ([edit("x - x.mean(dim=-1, keepdim=True)", "x"), edit("return centred", "return x")],
         "the mean was not taken off",
         "What should the mean of a normalized row be?"),
        (edit("(centred * centred)", "(x * x)"),
         "the mean square of x, not its variance: the mean was left in",
         "Which spread has a row of tens: 0 or 10?"),
        ("(centred / (var + eps).sqrt() + bias) * weight",
         "the bias was added before the weight was multiplied",
         "weight · x̂ + bias: which mean should a row have if bias is 1?"),
        (edit("centred = x -", "x = x * weight + bias\n    centred = x -", " * weight + bias\n",
              "\n"),
         "weight and bias came before the normalization, which takes them out again",
         "Why would the learned size and mean survive the norm?"),
        (edit("* weight + bias", "* bias + weight"),
         "weight and bias are swapped",
         "Which of the two multiplies?"),
        (edit(" * weight", ""), *NO_WEIGHT),
        (edit(" * weight + bias", " + weight + bias"), *OTHER_SIGN),
        (instead(" + bias", "", " - bias"),
         "the bias is not added",
         "What moves the mean of a row away from 0?"),
        (instead("(var + eps).sqrt()", "(var.sqrt() + eps)", "(var.sqrt() + eps**0.5)"),
         *norms.EPS_OUTSIDE),
        (edit("(var + eps)", "var"), *norms.NO_EPS),
        (edit("(var + eps)", "(var + eps**2)"), *norms.EPS_SQUARED),
        (edit("* weight + bias", "* weight.detach() + bias"), *WEIGHT_CUT),
        (edit("+ bias", "+ bias.detach()"),
         "the bias gets no gradient: it left the graph",
         "Which step takes the bias out of the graph?"),
        ([edit("centred = x -", "x = x.detach()\n    centred = x -"),
          f"({SCALED} + bias).detach()"], *CUT),
        (edit("x.mean(dim=-1, keepdim=True)", "x.mean(dim=-1, keepdim=True).detach()",
              "(centred * centred)", "(centred * centred).detach()"),
         "the statistics were treated as constants",
         "x_j moves the mean and the spread as well. Which paths does g/σ leave out?", BACKWARD),
        (edit("(centred * centred)", "(centred * centred).detach()"),
         "σ was treated as a constant",
         "x grows tenfold and nothing changes: what must dx · x̂ be?", BACKWARD),
        (edit("x.mean(dim=-1, keepdim=True)", "x.mean(dim=-1, keepdim=True).detach()"),
         "μ was treated as a constant",
         "A constant added to a row changes nothing: what must a row of dx sum to?", BACKWARD),
        (f"{SCALED} - ({SCALED}).mean(dim=-1, keepdim=True) + bias",
         "a mean was taken off again after the weight",
         "Does the mean of weight · x̂ have to be 0?"),
        (f"({SCALED} + bias).reshape(-1, x.shape[-1])",
         "x was flattened to rows and not put back into its shape",
         "Which shape should the norm of a (2, 3, 4) have?"),
    ]),
    **norm_layers.CHECKS,
    **norm_backward.CHECKS,
    **timing.CHECKS,
}
