"""Wrong implementations of lab 06, by the name the check must give, and right ones."""

import math

import numpy as np


def wide(x, eps, back=True, centre=False, outside=False, keep_eps=True):
    h = x.astype(np.float32)
    if centre:
        h = h - h.mean(-1, keepdims=True)
    m = (h * h).mean(-1, keepdims=True)
    eps = eps if keep_eps else 0
    r = np.sqrt(m) + eps if outside else np.sqrt(m + np.float32(eps))
    return (h / r).astype(x.dtype if back else np.float32)


def sized(size):
    """A norm that divides by something else than the RMS."""
    return lambda x, eps: (x.astype(np.float32) / size(x.astype(np.float32))).astype(x.dtype)


def narrow(x, eps):
    return x * (1 / np.sqrt((x * x).mean(-1, keepdims=True) + np.float16(eps)))


def late(x, eps):
    square = (x * x).astype(np.float32)
    r = np.sqrt(square.mean(-1, keepdims=True) + np.float32(eps))
    return (x.astype(np.float32) / r).astype(np.float16)


def narrow_eps(x, eps):
    h = x.astype(np.float32)
    return (h / np.sqrt((h * h).mean(-1, keepdims=True) + np.float16(eps))).astype(np.float16)


def scale(gradients, limit=65504.0, pick=max, size=abs, part=slice(None), step=math.floor):
    entries = [size(float(x)) for g in gradients[part] for x in np.ravel(g)]
    return 2.0 ** step(math.log2(limit / pick(entries)))


def doubled(gradients, limit=65504.0):
    largest, s = max(abs(float(x)) for g in gradients for x in np.ravel(g)), 1.0
    while largest * s > limit:
        s /= 2
    while largest * s * 2 <= limit:
        s *= 2
    return s


MISTAKES = {
    "loss_scale": [
        ("overflows", lambda g: scale(g, step=math.ceil)),
        ("not a power of two", lambda g: 65504 / max(np.abs(a).max() for a in g)),
        ("the sign was not taken off", lambda g: scale(g, size=float)),
        ("the smallest entry", lambda g: scale(g, pick=min)),
        ("only one of the arrays", lambda g: scale(g, part=slice(-1, None))),
        ("only one of the arrays", lambda g: scale(g, part=slice(0, 1))),
        ("a scale below 1", lambda g: max(1.0, scale(g))),
    ],
    "rms_norm_half": [
        ("the sum of squares", sized(lambda h: (h * h).sum(-1, keepdims=True) ** 0.5)),
        ("the root is missing", sized(lambda h: (h * h).mean(-1, keepdims=True))),
        ("divided by the standard deviation", sized(lambda h: h.std(-1, keepdims=True))),
        ("divided by d − 1", sized(lambda h: ((h * h).sum(-1, keepdims=True) / 3) ** 0.5)),
        ("multiplied by the RMS", sized(lambda h: (h * h).mean(-1, keepdims=True) ** -0.5)),
        ("the mean of |x|", sized(lambda h: abs(h).mean(-1, keepdims=True))),
        ("the square of the mean", sized(lambda h: abs(h.mean(-1, keepdims=True)))),
        ("computed in float16", narrow),
        ("computed in float16", late),
        ("a row of zeros gives NaN", narrow_eps),
        ("a row of zeros gives NaN", lambda x, eps: wide(x, eps, keep_eps=False)),
        ("the result is float32", lambda x, eps: wide(x, eps, back=False)),
        ("outside the root", lambda x, eps: wide(x, eps, outside=True)),
        ("this is LayerNorm", lambda x, eps: wide(x, eps, centre=True)),
    ],
    "largest_safe": [
        ("the largest square", lambda limit, n, s: limit / n if s else limit),
        ("larger than one of them", lambda limit, n, s: limit**0.5),
        ("larger than one of them", lambda limit, n, s: limit**0.5 / n if s else limit**0.5),
        ("only each square by itself", lambda limit, n, s: (limit / n) ** 0.5),
    ],
}

RIGHT = {
    "loss_scale": [scale, doubled],
    "rms_norm_half": [
        wide,
        lambda x, eps: (
            x.astype(float) * (np.mean(x.astype(float) ** 2, axis=-1, keepdims=True) + eps) ** -0.5
        ).astype(np.float16),
    ],
    "largest_safe": [
        lambda limit, n, s: math.sqrt(limit / (n if s else 1)),
        lambda limit, n, s: np.sqrt(limit) / (np.sqrt(n) if s else 1),
    ],
}
