"""Wrong implementations of lab 02, by the name the check must give, and right ones."""

import time

import numpy as np

import minigrad
from minigrad import nn


def m(x):
    return x.mean(dim=-1, keepdim=True)


def up(x):
    return x.float() if x.dtype == minigrad.float16 else x


def rms(size):
    """An RMSNorm that divides by size(x, eps), with the float16 part done right."""

    def function(x, weight, eps=1e-5):
        h = up(x)
        return (h / size(h, eps) * weight).to(x.dtype)

    return function


def right_rms(x, eps):
    return (m(x * x) + eps).sqrt()


def rms_centred(x, weight, eps=1e-5):
    c = x - m(x)
    return c / (m(c * c) + eps).sqrt() * weight


def rms_cut(x, weight, eps=1e-5):
    a = x.numpy() if not x.requires_grad else x.array
    r = np.sqrt((a * a).mean(-1, keepdims=True) + eps)
    return minigrad.tensor(a / r, dtype=x.dtype) * weight


def rms_half(x, weight, eps=1e-5):
    return x / right_rms(x, eps) * weight.to(x.dtype)


def rms_float32_out(x, weight, eps=1e-5):
    h = up(x)
    return h / right_rms(h, eps) * weight


def rms_over(dim):
    def function(x, weight, eps=1e-5):
        square = x * x
        mean = square.mean() if dim is None else square.mean(dim=dim, keepdim=True)
        return x / (mean + eps).sqrt() * weight

    return function


def ln(mean=m, var=None, affine=lambda h, w, b: h * w + b, size=None):
    """A LayerNorm with one of its parts replaced."""
    var = var or (lambda x, c: m(c * c))
    size = size or (lambda v, eps: (v + eps).sqrt())

    def function(x, weight, bias, eps=1e-5):
        c = x - mean(x)
        return affine(c / size(var(x, c), eps), weight, bias)

    return function


def ln_over(dims):
    def function(x, weight, bias, eps=1e-5):
        c = x - x.mean(dim=dims, keepdim=True)
        return c / ((c * c).mean(dim=dims, keepdim=True) + eps).sqrt() * weight + bias

    return function


def ln_over_all_but_first(x, weight, bias, eps=1e-5):
    return ln_over(tuple(range(1, x.ndim)))(x, weight, bias, eps)


def ln_over_tokens(x, weight, bias, eps=1e-5):
    return ln_over(1)(x, weight, bias, eps)


def ln_not_centred(x, weight, bias, eps=1e-5):
    return x / (x.var(dim=-1, keepdim=True, correction=0) + eps).sqrt() * weight + bias


def ln_affine_first(x, weight, bias, eps=1e-5):
    h = x * weight + bias
    c = h - m(h)
    return c / (m(c * c) + eps).sqrt()


def ln_lost(x, weight, bias, eps=1e-5):
    return (x - x.mean(dim=1)) / (x.var(dim=1, correction=0) + eps).sqrt() * weight + bias


def ln_cut(x, weight, bias, eps=1e-5):
    a = x.array
    y = (a - a.mean(-1, keepdims=True)) / np.sqrt(a.var(-1, keepdims=True) + eps)
    return minigrad.tensor(y, dtype=x.dtype) * weight + bias


def layer(forward, **parameters):
    """A layer class whose __init__ makes these: name -> function of dim."""

    class Layer(nn.Module):
        def __init__(self, dim, eps=1e-5):
            super().__init__()
            self.eps = eps
            for name, make in parameters.items():
                setattr(self, name, make(dim))

        def forward(self, x):
            return forward(self, x)

    return Layer


def ones(d):
    return nn.Parameter(minigrad.ones(d))


def zeros(d):
    return nn.Parameter(minigrad.zeros(d))


def apply(self, x):
    return x


def over(a):
    return a.mean(-1, keepdims=True)


def back(formula, dweight=None, size="rms"):
    """A backward whose dx is formula(g, x, weight, x_hat, r)."""

    def function(g, x, weight, eps=1e-5):
        c = x if size == "rms" else x - over(x)
        r = np.sqrt(over(c * c) + eps)
        h = c / r
        dw = (g * h).sum(0) if dweight is None else dweight(g, h)
        dx = formula(g, g * weight, h, r, weight)
        return (dx, dw) if size == "rms" else (dx, dw, g.sum(0))

    return function


def rms_dx(g, gh, h, r, w):
    return (gh - h * over(gh * h)) / r


def ln_dx(g, gh, h, r, w):
    return (gh - over(gh) - h * over(gh * h)) / r


def seconds(function, clock):
    start = clock()
    function()
    return clock() - start


def timing(measure, warm=True):
    def function(f, g, repeats, clock=time.perf_counter):
        if warm:
            f(), g()
        return measure(lambda: seconds(f, clock), lambda: seconds(g, clock), repeats)

    return function


def blocks(f, g, n):
    return np.median([f() for _ in range(n)]) / np.median([g() for _ in range(n)])


def pairs(f, g, n):
    return np.array([(f(), g()) for _ in range(n)])


MISTAKES = {
    "rms_norm": [
        ("this is LayerNorm", rms_centred),
        ("the sum of squares", rms(lambda x, e: ((x * x).sum(dim=-1, keepdim=True) + e).sqrt())),
        ("the root is missing", rms(lambda x, e: m(x * x) + e)),
        ("the standard deviation", rms(lambda x, e: (m((x - m(x)) ** 2) + e).sqrt())),
        (
            "divided by d − 1",
            rms(lambda x, e: ((x * x).sum(dim=-1, keepdim=True) / (x.shape[-1] - 1) + e).sqrt()),
        ),
        ("multiplied by the RMS", rms(lambda x, e: 1 / right_rms(x, e))),
        ("the mean of |x|", rms(lambda x, e: m(x.abs()) + e)),
        ("the square of the mean", rms(lambda x, e: (m(x) ** 2 + e).sqrt())),
        ("ε stands outside", rms(lambda x, e: m(x * x).sqrt() + e)),
        ("ε is missing", rms(lambda x, e: m(x * x).sqrt())),
        ("eps is not used", lambda x, w, eps=1e-5: rms(right_rms)(x, w)),
        ("the standard deviation", rms(lambda x, e: x.std(dim=-1, keepdim=True) + e)),
        ("no gradient flows", rms_cut),
        ("treated as a constant", rms(lambda x, e: right_rms(x.detach(), e))),
        ("overflow in float16", rms_half),
        ("float32 came out", rms_float32_out),
        ("over the whole array", rms_over(None)),
        ("over the batch", rms_over(0)),
    ],
    "layer_norm": [
        ("lost their axis", ln_lost),
        ("lost their axis", ln(mean=lambda x: x.mean(dim=1), var=lambda x, c: (c * c).mean(dim=1))),
        ("lost their axis", ln(var=lambda x, c: (c * c).mean(dim=-1))),
        ("over tokens and features", ln_over_all_but_first),
        ("over tokens and features", ln_over_tokens),
        ("over the batch", ln_over(0)),
        ("over the whole array", ln_over((0, 1))),
        ("d − 1", ln(var=lambda x, c: (c * c).sum(dim=-1, keepdim=True) / (x.shape[-1] - 1))),
        ("by the variance", ln(size=lambda v, e: v + e)),
        ("was not taken off", ln_not_centred),
        ("was not taken off", ln(mean=lambda x: 0)),
        ("before the weight", ln(affine=lambda h, w, b: (h + b) * w)),
        ("takes them out again", ln_affine_first),
        ("weight and bias are swapped", ln(affine=lambda h, w, b: h * b + w)),
        ("ε stands outside", ln(size=lambda v, e: v.sqrt() + e)),
        ("ε is missing", ln(size=lambda v, e: v.sqrt())),
        ("eps is not used", lambda x, w, b, eps=1e-5: ln()(x, w, b)),
        ("no gradient flows", ln_cut),
        ("statistics were treated as constants", lambda x, w, b, e=1e-5: ln_detached(x, w, b, e)),
        ("σ was treated as a constant", ln(var=lambda x, c: m(c * c).detach())),
        ("μ was treated as a constant", ln(mean=lambda x: m(x).detach())),
    ],
    "RMSNorm": [
        ("2d parameters", layer(apply, weight=ones, bias=zeros)),
        ("one number for all", layer(apply, weight=lambda d: ones(1))),
        ("not an nn.Parameter", layer(apply, weight=minigrad.ones)),
        ("does not start as the plain norm", layer(apply, weight=zeros)),
    ],
    "LayerNorm": [
        ("one number for all", layer(apply, weight=lambda d: ones(1), bias=lambda d: zeros(1))),
        ("not an nn.Parameter", layer(apply, weight=minigrad.ones, bias=minigrad.zeros)),
        ("not an nn.Parameter", layer(apply, weight=ones, bias=minigrad.zeros)),
        ("does not start as the plain norm", layer(apply, weight=zeros, bias=zeros)),
        ("does not start as the plain norm", layer(apply, weight=ones, bias=ones)),
    ],
    "rms_norm_backward": [
        ("mean term was copied", back(ln_dx)),
        ("the RMS was treated as a constant", back(lambda g, gh, h, r, w: gh / r)),
        ("the weight is forgotten", back(lambda g, gh, h, r, w: rms_dx(g, g, h, r, w))),
        ("outside the means", back(lambda g, gh, h, r, w: w * rms_dx(g, g, h, r, w))),
        ("σ² instead of σ", back(lambda g, gh, h, r, w: rms_dx(g, gh, h, r, w) / r)),
        ("over the batch", back(lambda g, gh, h, r, w: (gh - h * (gh * h).mean(0)) / r)),
        ("root that holds eps", lambda g, x, w, eps=1e-5: back(rms_dx)(g, x, w)),
        ("root that holds eps", lambda g, x, w, eps=1e-5: back(rms_dx)(g, x, w, 0)),
        ("that is dbias", back(rms_dx, lambda g, h: g.sum(0))),
        ("not summed over the rows", back(rms_dx, lambda g, h: g * h)),
    ],
    "layer_norm_backward": [
        ("treated as constants", back(lambda g, gh, h, r, w: gh / r, size="ln")),
        ("σ was treated", back(lambda g, gh, h, r, w: (gh - over(gh)) / r, size="ln")),
        ("μ was treated", back(rms_dx, size="ln")),
        ("weight is forgotten", back(lambda g, gh, h, r, w: ln_dx(g, g, h, r, w), size="ln")),
        ("outside the means", back(lambda g, gh, h, r, w: w * ln_dx(g, g, h, r, w), size="ln")),
        ("σ² instead of σ", back(lambda g, gh, h, r, w: ln_dx(g, gh, h, r, w) / r, size="ln")),
        (
            "over the batch",
            back(lambda g, gh, h, r, w: (gh - gh.mean(0) - h * (gh * h).mean(0)) / r, size="ln"),
        ),
        ("root that holds eps", lambda g, x, w, eps=1e-5: back(ln_dx, size="ln")(g, x, w)),
        ("root that holds eps", lambda g, x, w, eps=1e-5: back(ln_dx, size="ln")(g, x, w, 0)),
        ("that is dbias", back(ln_dx, lambda g, h: g.sum(0), size="ln")),
        ("not summed over the rows", back(ln_dx, lambda g, h: g * h, size="ln")),
    ],
    "paired_ratio": [
        (
            "upside down",
            timing(lambda f, g, n: np.median(pairs(g, f, n)[:, 0] / pairs(g, f, n)[:, 1])),
        ),
        ("all of f was timed before", timing(blocks)),
        ("the fastest call", timing(lambda f, g, n: np.divide(*pairs(f, g, n).min(0)))),
        ("a mean", timing(lambda f, g, n: np.mean([f() / g() for _ in range(n)]))),
        ("a mean", timing(lambda f, g, n: np.divide(*pairs(f, g, n).sum(0)))),
        (
            "cold call was counted",
            timing(lambda f, g, n: np.median([f() / g() for _ in range(n)]), False),
        ),
    ],
}


def ln_detached(x, weight, bias, eps=1e-5):
    c = x - m(x).detach()
    return c / (m(c * c) + eps).sqrt().detach() * weight + bias


def rms_reshaped(x, weight, eps=1e-5):
    rows = x.float().reshape(-1, x.shape[-1])
    y = rows * ((rows**2).sum(dim=1, keepdim=True) / rows.shape[1] + eps).rsqrt()
    return (y * weight).to(x.dtype).reshape(x.shape)


def ln_by_moments(x, weight, bias, eps=1e-5):
    var = (x * x).mean(dim=-1, keepdim=True) - m(x) ** 2
    return (x - m(x)) * (var + eps).rsqrt() * weight + bias


def ln_by_autograd(g, x, weight, eps=1e-5):
    x, w = (minigrad.tensor(a, dtype=minigrad.float64, requires_grad=True) for a in (x, weight))
    b = minigrad.zeros(len(weight), dtype=minigrad.float64, requires_grad=True)
    ln_by_moments(x, w, b, eps).backward(minigrad.tensor(g, dtype=minigrad.float64))
    return x.grad.array, w.grad.array, b.grad.array


def rms_by_jacobian(g, x, weight, eps=1e-5):
    dx = []
    for row, up_ in zip(x, g * weight, strict=True):
        r = np.sqrt((row @ row) / len(row) + eps)
        dx.append((np.eye(len(row)) / r - np.outer(row, row) / (len(row) * r**3)) @ up_)
    r = np.sqrt((x * x).mean(1) + eps)
    return np.array(dx), (g / r[:, None] * x).sum(axis=0)


class Inherited(nn.RMSNorm):
    def __init__(self, dim, eps=1e-5):
        super().__init__(dim, eps)


class InheritedLayerNorm(nn.LayerNorm):
    def __init__(self, dim, eps=1e-5):
        super().__init__(dim, eps)


RIGHT = {
    "rms_norm": [rms_reshaped, lambda x, w, eps=1e-5: nn.functional.rms_norm(x, w.shape, w, eps)],
    "layer_norm": [
        ln_by_moments,
        lambda x, w, b, eps=1e-5: (
            (x - m(x)) / (x.var(dim=-1, keepdim=True, correction=0) + eps) ** 0.5 * w + b
        ),
    ],
    "RMSNorm": [layer(apply, weight=ones), Inherited],
    "LayerNorm": [layer(apply, weight=ones, bias=zeros), InheritedLayerNorm],
    "rms_norm_backward": [back(rms_dx), rms_by_jacobian],
    "layer_norm_backward": [back(ln_dx, size="ln"), ln_by_autograd],
    "paired_ratio": [
        timing(lambda f, g, n: sorted(f() / g() for _ in range(n))[n // 2]),
        timing(lambda f, g, n: float(1 / np.median([1 / (f() / g()) for _ in range(n)]))),
    ],
}
