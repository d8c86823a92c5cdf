"""Wrong implementations of lab 05, by the name the check must give, and right ones."""

import numpy as np


def twice(pre, post):
    def block(x, a, f, n1, n2, placement):
        one = pre if placement == "pre" else post
        return one(one(x, a, n1), f, n2)

    return block


def pre(x, f, n):
    return x + f(n(x))


def post(x, f, n):
    return n(x + f(x))


def in_place(x, f, n):
    x += f(n(x))
    return x


def parallel(x, a, f, n1, n2, placement):
    if placement == "pre":
        return x + a(n1(x)) + f(n2(x))
    return n2(n1(x + a(x)) + f(x))


def no_skip_ffn(x, a, f, n1, n2, placement):
    return f(n2(pre(x, a, n1))) if placement == "pre" else n2(f(post(x, a, n1)))


def branches(x, a, f, n1, n2, placement):
    for branch, norm in [(a, n1), (f, n2)]:
        y = branch(norm(x) if placement == "pre" else x)
        x = x + y
        x = x if placement == "pre" else norm(x)
    return x


def walk(norm, branches, gain, pre=1.0, none=None, post=True, keep=1.0):
    q, out = 1.0, []
    for _ in range(branches):
        read = (pre or q) if norm == "pre" else (none or q)
        q = keep * q + gain * read
        q = 1.0 if norm == "post" and post else q
        out.append(q)
    return out


MISTAKES = {
    "stream_walk": [
        ("reads the stream itself", lambda n, b, g: walk(n, b, g, pre=None)),
        ("the branch reads 1", lambda n, b, g: walk(n, b, g, none=1.0)),
        ("post-norm's stream grows", lambda n, b, g: walk(n, b, g, post=False)),
        ("not added to", lambda n, b, g: walk(n, b, g, keep=0.0)),
        ("before the first branch", lambda n, b, g: [1.0, *walk(n, b, g)][:b]),
        ("before the first branch", lambda n, b, g: [1.0, *walk(n, b, g)]),
    ],
    "block": [
        ("swapped", twice(post, pre)),
        ("the skip is normalized too", twice(lambda x, f, n: n(x) + f(n(x)), post)),
        ("only the branch is normalized", twice(pre, lambda x, f, n: x + n(f(x)))),
        ("both branches read", parallel),
        ("a skip is missing", twice(lambda x, f, n: f(n(x)), post)),
        ("a skip is missing", twice(pre, lambda x, f, n: n(f(x)))),
        ("a skip is missing", no_skip_ffn),
        ("counted twice", twice(lambda x, f, n: 2 * x + f(n(x)), post)),
        ("counted twice", twice(pre, lambda x, f, n: n(2 * x + f(x)))),
        ("an activation stands after", twice(lambda x, f, n: np.maximum(pre(x, f, n), 0), post)),
        ("wrote into the caller's x", twice(in_place, post)),
        ("norm1 is used twice", lambda x, a, f, n, _, p: branches(x, a, f, n, n, p)),
        ("the FFN comes first", lambda x, a, f, n, m, p: branches(x, f, a, m, n, p)),
    ],
    "warmup_lr": [
        ("a rate of 0", lambda s, lr, w: lr * min(1, s / w)),
        ("goes on rising", lambda s, lr, w: lr * (s + 1) / w),
        ("goes on rising", lambda s, lr, w: lr * s / w),
        ("always lr", lambda s, lr, w: lr),
        ("divides by zero", lambda s, lr, w: lr * min(1, (s + 1) / w)),
    ],
}

RIGHT = {
    "stream_walk": [
        walk,
        lambda n, b, g: [
            {"none": (1 + g) ** k, "pre": 1 + g * k, "post": 1}[n] for k in range(1, b + 1)
        ],
    ],
    "block": [twice(pre, post), branches],
    "warmup_lr": [
        lambda s, lr, w: lr if s >= w else lr * (s + 1) / w,
        lambda s, lr, w: lr * min(w, s + 1) / w if w else lr,
    ],
}
