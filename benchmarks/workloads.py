"""The workloads, written once: minigrad has PyTorch's names, so one script serves both engines.

Each function takes an engine (the module `minigrad` or `torch`) and returns a step: a function
that does the whole of it once, from zero_grad to the optimizer's update.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

Step = Callable[[], Any]


def _parts(engine: str) -> tuple[Any, Any, Any]:
    return (
        importlib.import_module(engine),
        importlib.import_module(f"{engine}.nn"),
        importlib.import_module(f"{engine}.optim"),
    )


def _array(E: Any, values: np.ndarray, **options: Any) -> Any:
    return E.tensor(values, **options)


def _trained(engine: str, model: Any, optimizer: Any, x: Any, y: Any) -> Step:
    F = importlib.import_module(f"{engine}.nn.functional")

    def step() -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def _batch(E: Any) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((64, 256), dtype=np.float32)
    return E.tensor(x), E.tensor((x[:, :10].sum(axis=1) > 0).astype(np.int64))


def _mlp(engine: str, norm: str | None) -> Step:
    """Labs 01 and 02: 12 × 256, Kaiming, SGD with momentum."""
    E, nn, optim = _parts(engine)
    layers: list[Any] = []
    for _ in range(12):
        layers.append(nn.Linear(256, 256))
        if norm:
            layers.append(getattr(nn, norm)(256))
        layers.append(nn.ReLU())
    model = nn.Sequential(*layers, nn.Linear(256, 2))
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return _trained(engine, model, optim.SGD(model.parameters(), lr=1e-3, momentum=0.9), *_batch(E))


def lab01(engine: str) -> Step:
    """12 × 256 ReLU, batch 64, SGD with momentum."""
    return _mlp(engine, None)


def lab02_layernorm(engine: str) -> Step:
    """lab01 with LayerNorm before each ReLU."""
    return _mlp(engine, "LayerNorm")


def lab02_rmsnorm(engine: str) -> Step:
    """lab01 with RMSNorm before each ReLU."""
    return _mlp(engine, "RMSNorm")


def lab03(engine: str) -> Step:
    """50 blocks x + Linear(GELU(Linear(RMSNorm(x)))), 256 → 1024 → 256, batch 64, SGD."""
    E, nn, optim = _parts(engine)

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.f = nn.Sequential(
                nn.RMSNorm(256), nn.Linear(256, 1024), nn.GELU(), nn.Linear(1024, 256)
            )

        def forward(self, x: Any) -> Any:
            return x + self.f(x)

    model = nn.Sequential(*(Block() for _ in range(50)), nn.RMSNorm(256), nn.Linear(256, 2))
    return _trained(engine, model, optim.SGD(model.parameters(), lr=1e-3, momentum=0.9), *_batch(E))


def small_ops(engine: str) -> Step:
    """1,000 ops on 4 × 4, forward and backward."""
    E, _, _ = _parts(engine)
    rng = np.random.default_rng(0)
    a = E.tensor(rng.standard_normal((4, 4), dtype=np.float32), requires_grad=True)
    b = E.tensor(rng.standard_normal((4, 4), dtype=np.float32) * 0.1, requires_grad=True)

    def step() -> None:
        a.grad = b.grad = None
        x = a
        for _ in range(250):
            x = (x * b + a).tanh() - b
        x.sum().backward()

    return step


def _norm(engine: str, layer: str) -> Step:
    E, nn, _ = _parts(engine)
    rng = np.random.default_rng(0)
    module = getattr(nn, layer)(512)
    x = E.tensor(rng.standard_normal((1024, 512), dtype=np.float32), requires_grad=True)
    g = E.tensor(rng.standard_normal((1024, 512), dtype=np.float32))

    def step() -> None:
        x.grad = None
        module.zero_grad()
        module(x).backward(g)

    return step


def layernorm(engine: str) -> Step:
    """LayerNorm alone, 1024 × 512, forward and backward."""
    return _norm(engine, "LayerNorm")


def rmsnorm(engine: str) -> Step:
    """RMSNorm alone, 1024 × 512, forward and backward."""
    return _norm(engine, "RMSNorm")


WORKLOADS = {
    f.__name__: f
    for f in (lab01, lab02_layernorm, lab02_rmsnorm, lab03, small_ops, layernorm, rmsnorm)
}
