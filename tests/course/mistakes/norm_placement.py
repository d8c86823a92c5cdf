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


def heads(x, qkv, proj, n, order=(0, 1, 2), scale=None, mix=True, apart=False):
    T, d = x.shape
    shape = (T, d // n, n) if apart else (T, n, d // n)
    share = [p.reshape(shape) for p in np.split(x @ qkv.T, 3, axis=1)]
    share = [p.swapaxes(1, 2) if apart else p for p in share]
    q, k, v = (share[i] for i in order)
    outs = [attend(q[:, h], k[:, h], v[:, h], scale) for h in range(n)]
    out = np.stack(outs, axis=2 if apart else 1).reshape(T, d)
    return out @ proj.T if mix else out


def heads_in_a_loop(x, qkv, proj, n):
    T, d = x.shape
    size = d // n
    out = np.zeros((T, d))
    for t in range(T):
        q = qkv[:d] @ x[t]
        for h in range(n):
            mine = slice(h * size, (h + 1) * size)
            s = [q[mine] @ (qkv[d : 2 * d] @ x[j])[mine] / math.sqrt(size) for j in range(t + 1)]
            w = np.exp(np.array(s) - max(s))
            values = [(qkv[2 * d :] @ x[j])[mine] for j in range(t + 1)]
            out[t, mine] = sum(a * b for a, b in zip(w / w.sum(), values, strict=True))
    return np.array([proj @ row for row in out])


def length(arrays):
    return math.sqrt(sum(float((a**2).sum()) for a in arrays))


def moved(b, a):
    return length([x - y for x, y in zip(a, b, strict=True)])


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
    "multi_head": [
        ("one head with all", lambda x, w, p, n: heads(x, w, p, 1)),
        ("of the whole", lambda x, w, p, n: heads(x, w, p, n, scale=lambda d: (d * n) ** -0.5)),
        ("proj is missing", lambda x, w, p, n: heads(x, w, p, n, mix=False)),
        ("the wrong way round", lambda x, w, p, n: heads(x, w, p.T, n)),
        ("changed places", lambda x, w, p, n: heads(x, w, p, n, order=(1, 0, 2))),
        ("changed places", lambda x, w, p, n: heads(x, w, p, n, order=(2, 1, 0))),
        ("not neighbours", lambda x, w, p, n: heads(x, w, p, n, apart=True)),
    ],
    "update_ratio": [
        ("the root is missing", lambda b, a: (moved(b, a) / length(b)) ** 2),
        ("weights over update", lambda b, a: length(b) / moved(b, a)),
        ("the change of the norm", lambda b, a: abs(length(a) - length(b)) / length(b)),
        ("the change of the norm", lambda b, a: (length(a) - length(b)) / length(b)),
        ("after the step", lambda b, a: moved(b, a) / length(a)),
        (
            "a ratio per array",
            lambda b, a: np.mean(
                [moved([x], [y]) / length([x]) for x, y in zip(b, a, strict=True)]
            ),
        ),
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
    "multi_head": [heads, heads_in_a_loop],
    "update_ratio": [
        lambda b, a: moved(b, a) / length(b),
        lambda b, a: (lambda x, y: np.linalg.norm(y - x) / np.linalg.norm(x))(
            np.concatenate([w.ravel() for w in b]), np.concatenate([w.ravel() for w in a])
        ),
    ],
    "unigram_loss": [
        entropy,
        lambda t, h: sum(n * math.log(t.sum() / m) for m, n in zip(t, h, strict=True)) / sum(h),
    ],
}
