"""Checks of lab 02: RMSNorm and LayerNorm, forward and backward, and timing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad
from minigrad.course.check import Mistake, Probe, call
from minigrad.course.values import agree, array

PAGE = "02-normalization.md"
RMS, LN = f"{PAGE}#rmsnorm", f"{PAGE}#layernorm"
RMS_B, LN_B = f"{PAGE}#rmsnorm-backward", f"{PAGE}#layernorm-backward"
LEARNED, TIMING = f"{PAGE}#what-is-learned", f"{PAGE}#timing-two-things"

IS_LAYER_NORM = Mistake(
    "this is LayerNorm: the mean is taken off",
    "RMSNorm leaves the mean alone. Which step of yours does not?",
    RMS,
)
SUM_FOR_MEAN = Mistake(
    "the sum of squares, not their mean",
    "A row of ones has size 1, however long it is. What does yours make of it?",
    RMS,
)
NO_ROOT = Mistake("the root is missing", "x grows tenfold. Does your output stay as it is?", RMS)
STD_FOR_RMS = Mistake(
    "divided by the standard deviation: the mean is taken off inside the root",
    "RMS is the root of mean(x²), not of mean((x − μ)²). Which does the name say?",
    RMS,
)
D_MINUS_1 = Mistake(
    "divided by d − 1: nothing was estimated from these numbers",
    "What is the mean of d numbers?",
    RMS,
)
MULTIPLIED = Mistake(
    "multiplied by the RMS; dividing takes the size out",
    "A row twice as large should give the same output. Does it?",
    RMS,
)
ROOT_OF_MEAN_SQUARED = Mistake(
    "the square of the mean, not the mean of the squares",
    "What does [1, −1] have for a mean, and for a size?",
    RMS,
)
MEAN_OF_ABS = Mistake(
    "the mean of |x|, not the root of the mean square",
    "R, M, S: in which order are they applied?",
    RMS,
)
EPS_OUTSIDE = Mistake(
    "ε stands outside the root",
    "For a row of ±0.001, is √(10⁻⁶ + 10⁻⁵) the same as √10⁻⁶ + 10⁻⁵?",
    f"{PAGE}#where-epsilon-stands",
)
NO_EPS = Mistake(
    "ε is missing: a row of zeros is divided by zero",
    "What is the size of a row of zeros?",
    f"{PAGE}#where-epsilon-stands",
)
CUT = Mistake(
    "no gradient flows to x: the graph was cut",
    "Which step leaves Tensors, by .data, .numpy(), .item() or detach()?",
    RMS,
)
HALF = Mistake(
    "squares overflow in float16: ±300 gives 0",
    "300² is 90,000; the largest float16 is 65,504. In which type can the squares be summed?",
    f"{PAGE}#half-precision",
)
DTYPE_LOST = Mistake(
    "float16 went in and float32 came out",
    "The next layer holds float16 weights. Which type should it get?",
    f"{PAGE}#half-precision",
)
AXIS_0 = Mistake(
    "the statistics were taken over the batch, not over each row",
    "Should a row's output change when another row does?",
    LN,
)
WHOLE = Mistake(
    "the statistics were taken over the whole array",
    "Should a row's output change when another row does?",
    LN,
)
TWO_AXES = Mistake(
    "the statistics were taken over tokens and features together",
    "Each token is normalized by itself. Over which axis only?",
    LN,
)
UNBIASED = Mistake(
    "the variance divides by d − 1",
    "LayerNorm describes these d numbers; it estimates nothing from a sample. By what does it "
    "divide?",
    LN,
)
BY_VARIANCE = Mistake(
    "divided by the variance, not by its root",
    "x grows tenfold. Does your output stay as it is?",
    LN,
)
NOT_CENTRED = Mistake(
    "the mean was not taken off", "What should the mean of a normalized row be?", LN
)
KEEPDIMS = Mistake(
    "the statistics lost their axis, and were lined up with the columns",
    "A (4,) array meets a (4, 4) one. Along which axis does it broadcast?",
    LN,
)
BIAS_TOO_EARLY = Mistake(
    "the bias was added before the weight was multiplied",
    "weight · x̂ + bias: which mean should a row have if bias is 1?",
    LN,
)
AFFINE_FIRST = Mistake(
    "weight and bias came before the normalization, which takes them out again",
    "Why would the learned size and mean survive the norm?",
    LN,
)
AFFINE_SWAPPED = Mistake("weight and bias are swapped", "Which of the two multiplies?", LN)
BIAS_KEPT = Mistake(
    "2d parameters: RMSNorm has no bias",
    "What would a bias put back that RMSNorm never took off?",
    LEARNED,
)
SCALAR = Mistake(
    "one number for all features, not one for each",
    "Each feature has its own scale. How many weights is that?",
    LEARNED,
)
UNREGISTERED = Mistake(
    "the optimizer cannot see it: it is not an nn.Parameter",
    "What does model.parameters() list?",
    LEARNED,
)
STARTS_ELSEWHERE = Mistake(
    "the layer does not start as the plain norm",
    "Which weight leaves x̂ as it is?",
    LEARNED,
)
DETACHED_BOTH = Mistake(
    "the statistics were treated as constants",
    "x_j moves the mean and the spread as well. Which paths does g/σ leave out?",
    LN_B,
)
DETACHED_SIGMA = Mistake(
    "σ was treated as a constant",
    "x grows tenfold and nothing changes: what must dx · x̂ be?",
    LN_B,
)
DETACHED_MU = Mistake(
    "μ was treated as a constant",
    "A constant added to a row changes nothing: what must a row of dx sum to?",
    LN_B,
)
NO_WEIGHT = Mistake(
    "the weight is forgotten in dx",
    "out = weight · x̂ + bias. What is the gradient of x̂?",
    LN_B,
)
WEIGHT_OUTSIDE = Mistake(
    "the weight stands outside the means",
    "The means run over the gradient of x̂, which is g · weight. Where must the weight be?",
    LN_B,
)
SIGMA_SQUARED = Mistake(
    "divided by σ² instead of σ",
    "x grows tenfold: by how much must dx shrink?",
    LN_B,
)
OVER_BATCH = Mistake(
    "the means were taken over the batch",
    "Does row 1 of the output depend on row 2 of x?",
    LN_B,
)
DW_IS_DB = Mistake(
    "dweight is the sum of g alone; that is dbias",
    "weight multiplies x̂. What does its gradient multiply g with?",
    LN_B,
)
DW_UNREDUCED = Mistake(
    "dweight was not summed over the rows",
    "One weight was used in N rows. What happens to the gradients of its uses?",
    LN_B,
)
MEAN_TERM = Mistake(
    "LayerNorm's mean term was copied: RMSNorm subtracts no mean",
    "Does adding a constant to a row leave RMSNorm's output as it is?",
    RMS_B,
)
DETACHED_RMS = Mistake(
    "the RMS was treated as a constant",
    "x grows tenfold and nothing changes: what must dx · x be?",
    RMS_B,
)
INVERTED = Mistake(
    "the ratio is upside down", "f takes twice as long as g: is that 2 or ½?", TIMING
)
BLOCKS = Mistake(
    "all of f was timed before all of g: the machine had slowed down by then",
    "What do two measurements share when they are made right after each other?",
    TIMING,
)
MEAN_OF_TIMES = Mistake(
    "a mean: one disturbed measurement decides the result",
    "One of eleven calls was interrupted: 1,000 times as long. Which average does not care?",
    TIMING,
)
NO_WARM_UP = Mistake(
    "the first, cold call was counted",
    "The first call fills caches and allocates. Is it what you want to know?",
    TIMING,
)


def t(values: Any, dtype: Any = None) -> Any:
    """A float64 Tensor, unless said otherwise."""
    return minigrad.tensor(np.asarray(values), dtype=dtype or minigrad.float64)


def row_gradient(*args: Any) -> Callable[[Any], Any]:
    """A probe's run: the gradient of Σ c · f(x, …) by x; None if no graph leads to it."""

    def run(function: Any) -> Any:
        x = minigrad.tensor(ROWS, dtype=minigrad.float64, requires_grad=True)
        out = function(x, *args)
        if not hasattr(out, "backward") or not out.requires_grad:
            return None
        (out * t(C)).sum().backward()
        return None if x.grad is None else np.array(x.grad.data)

    return run


R = np.array([[3.0, -4.0, 0.0]])
ONES3, ONES4 = t(np.ones(3)), t(np.ones(4))
TINY = np.array([[1e-3, -1e-3, 1e-3, -1e-3]])
ROWS = np.array([[0.5, -1.0, 2.0, 3.0], [1.0, 0.0, -2.0, 0.5], [-1.5, 2.5, 0.3, 1.0]])
C = np.array([[1.0, -2.0, 0.5, 3.0], [0.3, 1.0, -1.0, 2.0], [2.0, 0.0, 1.0, -0.7]])
GAMMA = np.array([1.0, 2.0, 3.0, 4.0])
X2 = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]])
SQUARE = np.array([[1.0, 2, 3, 5], [2, 0, 1, 4], [-1, 3, 3, 7], [0, 6, -2, 1]])
TOKENS = np.arange(24.0).reshape(2, 3, 4) ** 1.5


def normalize(x: Any, axis: Any = -1, eps: float = 1e-5, ddof: int = 0) -> Any:
    var = x.var(axis=axis, keepdims=True, ddof=ddof)
    return (x - x.mean(axis=axis, keepdims=True)) / np.sqrt(var + eps)


def rms(x: Any) -> Any:
    return np.sqrt((x * x).mean(-1, keepdims=True))


def lost_axis(x: Any) -> Any:
    return (x - x.mean(1)) / np.sqrt(x.var(1) + 1e-5)


def half_centred(x: Any) -> Any:
    """The mean's axis was lost; the spread was then taken of what came out."""
    c = x - x.mean(1)
    return c / np.sqrt((c * c).mean(1) + 1e-5)


def late_lost_axis(x: Any) -> Any:
    c = x - x.mean(1, keepdims=True)
    return c / np.sqrt((c * c).mean(1) + 1e-5)


def half(function: Any) -> Any:
    x = minigrad.tensor(np.array([[300.0, -300.0]]), dtype=minigrad.float16)
    return function(x, minigrad.ones(2))


def half_dtype(function: Any) -> Any:
    out = function(minigrad.tensor(np.ones((1, 2)), dtype=minigrad.float16), minigrad.ones(2))
    return str(out.data.dtype) if hasattr(out, "backward") else out


def moments(function: Any) -> Any:
    """(mean, std) of a row, for weight 2 and bias 1."""
    out = function(t(X2), t(np.full(4, 2.0)), t(np.ones(4)), 1e-9)
    return tuple(float(v) for v in (array(out)[0].mean(), array(out)[0].std()))


def parameters(layer: Any) -> int:
    return sum(p.data.size for p in layer(8).parameters())


def start(layer: Any) -> Any:
    built = layer(4)
    shapes = [p.data.shape for p in built.parameters()]
    return array(built.weight) if shapes else None


def start_bias(layer: Any) -> Any:
    return array(layer(4).bias)


def part(index: int, wrong: Any) -> Callable[[Any], bool]:
    """A predicate: this one of the answers is that wrong one."""
    return lambda received: agree(received[index], wrong, 1e-4, 1e-6)


X_HAT, SIGMA = normalize(ROWS), np.sqrt(ROWS.var(-1, keepdims=True) + 1e-5)
G_HAT = C * GAMMA


def over_rows(a: Any) -> Any:
    return a.mean(-1, keepdims=True)


def ln_dx(g_hat: Any) -> Any:
    return (g_hat - over_rows(g_hat) - X_HAT * over_rows(g_hat * X_HAT)) / SIGMA


LN_RIGHT = (ln_dx(G_HAT), (C * X_HAT).sum(0), C.sum(0))
BATCHED = (G_HAT - G_HAT.mean(0) - X_HAT * (G_HAT * X_HAT).mean(0)) / SIGMA
R_ROWS = np.sqrt((ROWS * ROWS).mean(-1, keepdims=True) + 1e-5)
R_HAT = ROWS / R_ROWS


def rms_dx(g_hat: Any) -> Any:
    return (g_hat - R_HAT * over_rows(g_hat * R_HAT)) / R_ROWS


RMS_RIGHT = (rms_dx(G_HAT), (C * R_HAT).sum(0))


class Machine:
    """A clock, and two functions on a machine that halves its speed in the middle."""

    def __init__(self, slow_after: int = 10**9, cold: bool = False, hiccup: int = -1) -> None:
        self.now, self.calls = 0.0, 0
        self.slow_after, self.cold, self.hiccup = slow_after, cold, hiccup

    def work(self, seconds: float, first: float) -> Callable[[], None]:
        done = 0

        def run() -> None:
            nonlocal done
            slow = 3.0 if self.calls >= self.slow_after else 1.0
            extra = 1000.0 if self.calls == self.hiccup else 1.0
            self.now += slow * extra * (first if self.cold and done == 0 else seconds)
            done += 1
            self.calls += 1

        return run


def timed(repeats: int, **machine: Any) -> Callable[[Any], Any]:
    """A probe's run: f takes 2 s and g 1 s (cold: 100 s and 10 s) on such a machine."""

    def run(paired_ratio: Any) -> Any:
        m = Machine(**machine)
        return paired_ratio(m.work(2.0, 100.0), m.work(1.0, 10.0), repeats, lambda: m.now)

    return run


CHECKS: dict[str, list[Probe]] = {
    "rms_norm": [
        Probe(
            "the norm of [3, −4, 0]",  # the sign tells mean|x| and |mean x| apart
            call(t(R), ONES3, 1e-12),
            t(R / rms(R)),
            [
                (normalize(R, eps=0), IS_LAYER_NORM),
                (R / np.sqrt((R * R).sum()), SUM_FOR_MEAN),
                (R / rms(R) ** 2, NO_ROOT),
                (R / R.std(), STD_FOR_RMS),
                (R / np.sqrt((R * R).sum() / 2), D_MINUS_1),
                (R * rms(R), MULTIPLIED),
                (R / np.abs(R).mean(), MEAN_OF_ABS),
                (R / np.abs(R.mean()), ROOT_OF_MEAN_SQUARED),
                (np.sign(R), AXIS_0),
            ],
        ),
        Probe("the norm of [3, 4, 0]", call(t(np.abs(R)), ONES3, 1e-12), t(np.abs(R) / rms(R))),
        Probe(
            "the norm of a row of ±0.001, ε = 1e-5",
            call(t(TINY), ONES4, 1e-5),
            t(TINY / np.sqrt(1e-6 + 1e-5)),
            [(TINY / (1e-3 + 1e-5), EPS_OUTSIDE), (TINY / 1e-3, NO_EPS)],
        ),
        Probe(
            "the norm of a row of zeros",
            call(t(np.zeros((1, 4))), ONES4, 1e-5),
            t(np.zeros((1, 4))),
            [(lambda y: np.isnan(array(y)).any(), NO_EPS)],
        ),
        Probe(
            "the norms of three rows, weight [1, 2, 3, 4]",
            call(t(ROWS), t(GAMMA), 1e-5),
            t(R_HAT * GAMMA),
            [
                (ROWS / np.sqrt((ROWS**2).mean() + 1e-5) * GAMMA, WHOLE),
                (ROWS / np.sqrt((ROWS**2).mean(0) + 1e-5) * GAMMA, AXIS_0),
            ],
        ),
        Probe(
            "the gradient of x through rms_norm",
            row_gradient(t(GAMMA), 1e-5),
            rms_dx(G_HAT),
            [(lambda g: g is None, CUT), (G_HAT / R_ROWS, DETACHED_RMS)],
        ),
        Probe(
            "the norm of [300, −300] in float16",
            half,
            minigrad.tensor(np.array([[1.0, -1.0]]), dtype=minigrad.float16),
            [(lambda y: not np.any(array(y)) or not np.isfinite(array(y)).all(), HALF)],
            rtol=2e-3,
        ),
        Probe(
            "the dtype of a float16 row's norm",
            half_dtype,
            "float16",
            [
                ("float32", DTYPE_LOST),
            ],
        ),
    ],
    "layer_norm": [
        Probe(
            "the norm of a 4 × 4 array",
            call(t(SQUARE), ONES4, t(np.zeros(4)), 1e-5),
            t(normalize(SQUARE)),
            [
                (lost_axis(SQUARE), KEEPDIMS),
                (half_centred(SQUARE), KEEPDIMS),
                (late_lost_axis(SQUARE), KEEPDIMS),
                (np.ones((4, 4)), AFFINE_SWAPPED),
                (normalize(SQUARE, axis=0), AXIS_0),
                (normalize(SQUARE, axis=(0, 1)), WHOLE),
                (normalize(SQUARE, ddof=1), UNBIASED),
                (
                    (SQUARE - over_rows(SQUARE)) / (SQUARE.var(-1, keepdims=True) + 1e-5),
                    BY_VARIANCE,
                ),
                (SQUARE / np.sqrt(SQUARE.var(-1, keepdims=True) + 1e-5), NOT_CENTRED),
                (SQUARE / np.sqrt((SQUARE**2).mean(-1, keepdims=True) + 1e-5), NOT_CENTRED),
            ],
        ),
        Probe(
            "the norm of [[1, 2, 3, 4], [5, 6, 7, 8]]",
            call(t(X2), ONES4, t(np.zeros(4)), 1e-5),
            t(normalize(X2)),
        ),
        Probe(
            "(mean, std) of a row for weight 2 and bias 1",
            moments,
            (1.0, 2.0),
            [
                ((2.0, 2.0), BIAS_TOO_EARLY),
                ((0.0, 1.0), AFFINE_FIRST),
                ((2.0, 1.0), AFFINE_SWAPPED),
            ],
        ),
        Probe(
            "the norm of a row of ±0.001, ε = 1e-5",
            call(t(TINY), ONES4, t(np.zeros(4)), 1e-5),
            t(TINY / np.sqrt(1e-6 + 1e-5)),
            [(TINY / (1e-3 + 1e-5), EPS_OUTSIDE), (TINY / 1e-3, NO_EPS)],
        ),
        Probe(
            "the norm of tokens, x of shape (2, 3, 4)",
            call(t(TOKENS), ONES4, t(np.zeros(4)), 1e-5),
            t(normalize(TOKENS)),
            [
                (normalize(TOKENS, axis=(1, 2)), TWO_AXES),
                (normalize(TOKENS, axis=1), TWO_AXES),
            ],
        ),
        Probe(
            "the gradient of x through layer_norm",
            row_gradient(t(GAMMA), t(np.zeros(4)), 1e-5),
            LN_RIGHT[0],
            [
                (lambda g: g is None, CUT),
                (G_HAT / SIGMA, DETACHED_BOTH),
                ((G_HAT - over_rows(G_HAT)) / SIGMA, DETACHED_SIGMA),
                ((G_HAT - X_HAT * over_rows(G_HAT * X_HAT)) / SIGMA, DETACHED_MU),
            ],
        ),
    ],
    "RMSNorm": [
        Probe(
            "the number of parameters for dim = 8",
            parameters,
            8,
            [(16, BIAS_KEPT), (1, SCALAR), (2, SCALAR), (0, UNREGISTERED)],
        ),
        Probe(
            "the weight at the start",
            start,
            np.ones(4),
            [
                (lambda w: w is not None, STARTS_ELSEWHERE),
            ],
        ),
    ],
    "LayerNorm": [
        Probe(
            "the number of parameters for dim = 8",
            parameters,
            16,
            [(2, SCALAR), (9, SCALAR), (0, UNREGISTERED), (8, UNREGISTERED)],
        ),
        Probe(
            "the weight at the start",
            start,
            np.ones(4),
            [
                (lambda w: w is not None, STARTS_ELSEWHERE),
            ],
        ),
        Probe(
            "the bias at the start",
            start_bias,
            np.zeros(4),
            [
                (lambda w: w is not None, STARTS_ELSEWHERE),
            ],
        ),
    ],
    "rms_norm_backward": [
        Probe(
            "(dx, dweight) for three rows, weight [1, 2, 3, 4]",
            call(C, ROWS, GAMMA, 1e-5),
            RMS_RIGHT,
            [
                (
                    part(0, (G_HAT - over_rows(G_HAT) - R_HAT * over_rows(G_HAT * R_HAT)) / R_ROWS),
                    MEAN_TERM,
                ),
                (part(0, G_HAT / R_ROWS), DETACHED_RMS),
                (part(0, rms_dx(C)), NO_WEIGHT),
                (part(0, rms_dx(C) * GAMMA), WEIGHT_OUTSIDE),
                (part(0, RMS_RIGHT[0] / R_ROWS), SIGMA_SQUARED),
                (
                    part(0, (G_HAT - R_HAT * (G_HAT * R_HAT).mean(0)) / R_ROWS),
                    OVER_BATCH,
                ),
                (part(1, C.sum(0)), DW_IS_DB),
                (part(1, C * R_HAT), DW_UNREDUCED),
            ],
        ),
        Probe(
            "(dx, dweight) for one row of ten times the size",
            call(C[:1], 10 * ROWS[:1], GAMMA, 1e-12),
            ((G_HAT - R_HAT * over_rows(G_HAT * R_HAT))[:1] / R_ROWS[:1] / 10, (C * R_HAT)[0]),
        ),
    ],
    "layer_norm_backward": [
        Probe(
            "(dx, dweight, dbias) for three rows, weight [1, 2, 3, 4]",
            call(C, ROWS, GAMMA, 1e-5),
            LN_RIGHT,
            [
                (part(0, G_HAT / SIGMA), DETACHED_BOTH),
                (part(0, (G_HAT - over_rows(G_HAT)) / SIGMA), DETACHED_SIGMA),
                (part(0, (G_HAT - X_HAT * over_rows(G_HAT * X_HAT)) / SIGMA), DETACHED_MU),
                (part(0, ln_dx(C)), NO_WEIGHT),
                (part(0, ln_dx(C) * GAMMA), WEIGHT_OUTSIDE),
                (part(0, LN_RIGHT[0] / SIGMA), SIGMA_SQUARED),
                (part(0, BATCHED), OVER_BATCH),
                (part(1, C.sum(0)), DW_IS_DB),
                (part(1, C * X_HAT), DW_UNREDUCED),
            ],
        ),
    ],
    "paired_ratio": [
        Probe(
            "the ratio for f = 2 s, g = 1 s, when one call of f took 1,000 times as long",
            timed(11, hiccup=10),
            2.0,
            [(lambda r: r > 20, MEAN_OF_TIMES), (lambda r: r < 0.6, INVERTED)],
        ),
        Probe(
            "the ratio on a machine that slows down half-way",
            timed(11, slow_after=13),
            2.0,
            [(lambda r: 0.6 < r < 1.2, BLOCKS)],
        ),
        Probe(
            "the ratio of one repeat, where the very first calls are slow",
            timed(1, cold=True),
            2.0,
            [(lambda r: r > 5, NO_WARM_UP)],
        ),
    ],
}
