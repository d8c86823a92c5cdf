"""What a norm costs: its time alone and in a training step, and the memory it keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

import minigrad
from minigrad import Generator, from_numpy, nn, optim
from minigrad.data import toy
from minigrad.lab import timing
from minigrad.nn import functional as F
from minigrad.training import train_step


def measure(
    s: Any, norms: Mapping[str, Any], network: Callable[..., nn.Module], advance: Callable[[], None]
) -> dict[str, Any]:
    """Times of both norms, in turn: forward and backward alone, and a whole training step."""
    generator, shape = Generator(0), (s.timing_rows, s.timing_width)
    x, upstream = (minigrad.randn(*shape, generator=generator) for _ in range(2))
    x.requires_grad_()
    layers = {name: norm(shape[1], eps=1e-5) for name, norm in norms.items()}

    def whole_step(name: str) -> Callable[[], Any]:
        model = network(s.depth, s.width, norms[name], Generator(0))
        optimizer = optim.SGD(model.parameters(), lr=s.lr, momentum=s.momentum)
        task = toy.toy(0)
        x, y = from_numpy(task.x[: s.batch]), from_numpy(task.y[: s.batch])
        return lambda: train_step(model, F.cross_entropy, optimizer, x, y)

    mean_square = np.square(x.array).mean(axis=1, keepdims=True)  # (rows, 1)
    functions: dict[str, dict[str, Callable[[], Any]]] = {
        "forward": {n: partial(m, x) for n, m in layers.items()},
        "backward": {n: timing.backward(m, x, upstream) for n, m in layers.items()},
        "step": {n: whole_step(n) for n in layers},
        "root": {
            "multiply by rsqrt": lambda: x.array * (1 / np.sqrt(mean_square)),
            "divide by sqrt": lambda: x.array / np.sqrt(mean_square),
        },
    }
    repeats = dict.fromkeys(functions, s.timing_repeats) | {"step": s.step_repeats}
    times = {k: timing.interleaved(f, repeats[k], advance) for k, f in functions.items()}
    kept = {n: timing.bytes_kept(partial(m, x)) for n, m in layers.items()}
    numbers = {n: sum(p.numel() for p in m.parameters()) for n, m in layers.items()}
    return {"shape": shape, "parameters": numbers, "bytes_kept": kept, "milliseconds": times}
