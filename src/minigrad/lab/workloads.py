"""The steps that `minigrad profile` and the benchmarks time, written once for two engines: minigrad
has PyTorch's names.

Each function takes an engine (the module `minigrad` or `torch`) and returns a step: a function
that does the whole of it once, from zero_grad to the optimizer's update. The file imports NumPy
alone, so that a benchmark of PyTorch can load it by its path, without minigrad.
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

    class Block(nn.Module):  # type: ignore[name-defined]
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


def gelu(engine: str) -> Step:
    """GELU alone, 1024 × 256, forward and backward."""
    E, _, _ = _parts(engine)
    F = importlib.import_module(f"{engine}.nn.functional")
    rng = np.random.default_rng(0)
    x = E.tensor(rng.standard_normal((1024, 256), dtype=np.float32), requires_grad=True)
    g = E.tensor(rng.standard_normal((1024, 256), dtype=np.float32))

    def step() -> None:
        x.grad = None
        F.gelu(x).backward(g)

    return step


def attention(engine: str) -> Step:
    """Causal attention alone, 16 × 4 heads, 64 positions of 16, forward and backward."""
    E, _, _ = _parts(engine)
    F = importlib.import_module(f"{engine}.nn.functional")
    rng = np.random.default_rng(0)
    q, k, v, g = (E.tensor(rng.standard_normal((16, 4, 64, 16), dtype=np.float32)) for _ in "qkvg")
    for tensor in (q, k, v):
        tensor.requires_grad_()

    def step() -> None:
        q.grad = k.grad = v.grad = None
        F.scaled_dot_product_attention(q, k, v, is_causal=True).backward(g)

    return step


def adamw(engine: str) -> Step:
    """AdamW's step alone, of a million parameters."""
    E, _, optim = _parts(engine)
    rng = np.random.default_rng(0)
    p = E.tensor(rng.standard_normal(1_000_000, dtype=np.float32), requires_grad=True)
    p.grad = E.tensor(rng.standard_normal(1_000_000, dtype=np.float32))
    return optim.AdamW([p], lr=1e-3).step


def chargpt(engine: str) -> Step:
    """CharGPT: 4 layers, 64 channels, 4 heads, context 64, batch 16, AdamW."""
    E, nn, optim = _parts(engine)
    F = importlib.import_module(f"{engine}.nn.functional")
    B, T, D, H, V = 16, 64, 64, 4, 65

    class Block(nn.Module):  # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.RMSNorm(D, eps=1e-5), nn.RMSNorm(D, eps=1e-5)
            self.qkv, self.proj = nn.Linear(D, 3 * D), nn.Linear(D, D)
            self.up, self.down = nn.Linear(D, 4 * D), nn.Linear(4 * D, D)

        def forward(self, x: Any) -> Any:
            qkv = self.qkv(self.norm1(x)).reshape(B, T, 3, H, D // H)
            q, k, v = qkv.permute(2, 0, 3, 1, 4)  # (B, H, T, D / H) each
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.proj(mixed.transpose(1, 2).reshape(B, T, D))
            return x + self.down(F.gelu(self.up(self.norm2(x))))

    class GPT(nn.Module):  # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.token, self.position = nn.Embedding(V, D), nn.Embedding(T, D)
            self.blocks = nn.ModuleList([Block() for _ in range(4)])
            self.norm, self.head = nn.RMSNorm(D, eps=1e-5), nn.Linear(D, V, bias=False)

        def forward(self, ids: Any) -> Any:
            x = self.token(ids) + self.position.weight
            for block in self.blocks:
                x = block(x)
            return self.head(self.norm(x)).reshape(B * T, V)

    rng = np.random.default_rng(0)
    ids, targets = E.tensor(rng.integers(0, V, (B, T))), E.tensor(rng.integers(0, V, B * T))
    model = GPT()
    return _trained(engine, model, optim.AdamW(model.parameters(), lr=1e-3), ids, targets)


WORKLOADS = {
    f.__name__: f
    for f in (
        lab01,
        lab02_layernorm,
        lab02_rmsnorm,
        lab03,
        chargpt,
        small_ops,
        layernorm,
        rmsnorm,
        gelu,
        attention,
        adamw,
    )
}
