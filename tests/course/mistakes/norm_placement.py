"""Wrong implementations of lab 04, by the name the check must give, and right ones."""

import math

import numpy as np


def attend(q, k, v, scale=None, mask=1, late=False, axis=-1, up=False, shift=True):
    s = q @ k.T * (q.shape[-1] ** -0.5 if scale is None else scale(q.shape[-1]))
    hidden = np.triu(np.ones(s.shape, bool), mask) if mask is not None else np.zeros(s.shape, bool)
    hidden = hidden.T if up else hidden
    if not late:
        s = np.where(hidden, -np.inf, s)
    p = np.exp(s - s.max(axis=axis, keepdims=True) if shift else s)
    p = p / p.sum(axis=axis, keepdims=True)
    return np.where(hidden, 0, p) @ v


def loop(q, k, v):
    out = []
    for t in range(len(q)):
        w = [float(q[t] @ k[j]) / math.sqrt(q.shape[1]) for j in range(t + 1)]
        e = [math.exp(s - max(w)) for s in w]
        out.append(sum(a / sum(e) * v[j] for j, a in enumerate(e)))
    return np.array(out)


def entropy(p, c):
    return -(c * np.log(p / p.sum())).sum() / c.sum()


MISTAKES = {
    "causal_attention": [
        ("not divided by √d", lambda q, k, v: attend(q, k, v, lambda d: 1.0)),
        ("divided by d, not by √d", lambda q, k, v: attend(q, k, v, lambda d: 1 / d)),
        ("the mask is missing", lambda q, k, v: attend(q, k, v, mask=None)),
        ("does not see itself", lambda q, k, v: attend(q, k, v, mask=0)),
        ("masked after the softmax", lambda q, k, v: attend(q, k, v, late=True)),
        ("over the positions that look", lambda q, k, v: attend(q, k, v, axis=0)),
        ("the other way round", lambda q, k, v: attend(q, k, v, up=True)),
        ("exp overflowed", lambda q, k, v: attend(q, k, v, shift=False)),
    ],
    "unigram_loss": [
        ("held-out text's own frequencies", lambda t, h: entropy(h, h)),
        ("entropy of the training text", lambda t, h: entropy(t, t)),
        ("bits, not nats", lambda t, h: entropy(t, h) / math.log(2)),
        ("the sum over all", lambda t, h: entropy(t, h) * h.sum()),
        ("the sign is wrong", lambda t, h: -entropy(t, h)),
        ("as if all characters were equally", lambda t, h: math.log(len(t))),
    ],
}

RIGHT = {
    "causal_attention": [attend, loop],
    "unigram_loss": [
        entropy,
        lambda t, h: sum(n * math.log(t.sum() / m) for m, n in zip(t, h, strict=True)) / sum(h),
    ],
}
