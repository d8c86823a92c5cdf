"""What a step costs at the least: lab 01 written by hand with reused buffers, and lab 03's matrix
products alone. The engines are held against these floors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Step = Callable[[], Any]


def lab01() -> Step:
    """12 × 256 ReLU, batch 64, SGD with momentum: forward, backward and update, no allocation."""
    rng = np.random.default_rng(0)
    f = np.float32
    sizes = [(256, 256)] * 12 + [(2, 256)]
    W = [rng.standard_normal(s, dtype=f) * f((2 / 256) ** 0.5) for s in sizes]
    b = [np.zeros(s[0], f) for s in sizes]
    dW, vW = [np.zeros_like(w) for w in W], [np.zeros_like(w) for w in W]
    db, vb = [np.zeros_like(w) for w in b], [np.zeros_like(w) for w in b]
    x = rng.standard_normal((64, 256), dtype=f)
    y = (x[:, :10].sum(axis=1) > 0).astype(np.int64)
    h = [x] + [np.empty((64, s[0]), f) for s in sizes]
    g = [np.empty_like(a) for a in h]
    ones, rows = np.ones(64, f), np.arange(64)

    def step() -> None:
        for i, w in enumerate(W):
            np.matmul(h[i], w.T, out=h[i + 1])
            h[i + 1] += b[i]
            if i < 12:
                np.maximum(h[i + 1], 0, out=h[i + 1])
        p = np.exp(h[-1] - h[-1].max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[rows, y] -= 1
        p /= 64
        g[-1][...] = p
        for i in reversed(range(13)):
            np.matmul(g[i + 1].T, h[i], out=dW[i])
            np.matmul(ones, g[i + 1], out=db[i])
            if i:
                np.matmul(g[i + 1], W[i], out=g[i])
                np.multiply(g[i], h[i] > 0, out=g[i])
        for p_, d, v in (*zip(W, dW, vW, strict=True), *zip(b, db, vb, strict=True)):
            v *= f(0.9)
            v += d
            np.multiply(v, f(1e-3), out=d)
            p_ -= d

    return step


def lab03() -> Step:
    """The six matrix products of each of 50 blocks, into buffers that are there already."""
    rng = np.random.default_rng(0)
    f = np.float32
    up = [rng.standard_normal((1024, 256), dtype=f) for _ in range(50)]
    down = [rng.standard_normal((256, 1024), dtype=f) for _ in range(50)]
    d_up, d_down = np.empty((1024, 256), f), np.empty((256, 1024), f)
    x, h = rng.standard_normal((64, 256), dtype=f), rng.standard_normal((64, 1024), dtype=f)
    out_x, out_h = np.empty_like(x), np.empty_like(h)

    def step() -> None:
        for u, d in zip(up, down, strict=True):
            np.matmul(x, u.T, out=out_h)
            np.matmul(h, d.T, out=out_x)
        for u, d in zip(reversed(up), reversed(down), strict=True):
            np.matmul(x, d, out=out_h)
            np.matmul(x.T, h, out=d_down)
            np.matmul(h, u, out=out_x)
            np.matmul(h.T, x, out=d_up)

    return step


WORKLOADS = {"lab01": lab01, "lab03": lab03}
