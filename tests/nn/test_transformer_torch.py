"""Attention, block and CharGPT against the same built of PyTorch's parts: 1e-6 in float64."""

from itertools import product
from typing import Any

import numpy as np
import pytest

import minigrad
import minigrad.nn.functional as F
from minigrad.data.text import corpus_of
from minigrad.models import CharGPT
from minigrad.nn import CausalSelfAttention, FeedForward, TransformerBlock
from minigrad.training.language import train_language_model

torch: Any = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

NORMS, PLACEMENTS, FFNS = (
    ["rmsnorm", "layernorm", None],
    ["pre", "post"],
    ["relu", "gelu", "swiglu"],
)


class TorchModel:
    """The module's formulas in torch, on copies of its parameters."""

    def __init__(self, module: Any) -> None:
        self.p = {
            name: torch.tensor(p.array, requires_grad=True) for name, p in module.named_parameters()
        }

    def linear(self, x: Any, name: str) -> Any:
        weight, bias = self.p[name + "weight"], self.p.get(name + "bias")
        return torch.nn.functional.linear(x, weight, bias)

    def norm(self, x: Any, kind: str | None, name: str) -> Any:
        if kind is None:
            return x
        weight = self.p[name + "weight"]
        if kind == "rmsnorm":
            return torch.nn.functional.rms_norm(x, weight.shape, weight, eps=1e-5)
        return torch.nn.functional.layer_norm(x, weight.shape, weight, self.p[name + "bias"])

    def attention(self, x: Any, heads: int, name: str) -> Any:
        B, T, D = x.shape
        q, k, v = (
            part.reshape(B, T, heads, -1).transpose(1, 2)
            for part in self.linear(x, name + "qkv.").chunk(3, dim=-1)
        )
        out = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.linear(out.transpose(1, 2).reshape(B, T, D), name + "proj.")

    def ffn(self, x: Any, kind: str, name: str) -> Any:
        up = self.linear(x, name + "up.")
        if kind == "swiglu":
            up = torch.nn.functional.silu(self.linear(x, name + "gate.")) * up
        else:
            up = getattr(torch.nn.functional, kind)(up)
        return self.linear(up, name + "down.")

    def block(self, x: Any, heads: int, norm: Any, placement: str, ffn: str, name: str) -> Any:
        branches = (
            ("norm1.", lambda h: self.attention(h, heads, name + "attention.")),
            ("norm2.", lambda h: self.ffn(h, ffn, name + "ffn.")),
        )
        for n, f in branches:
            if placement == "pre":
                x = x + f(self.norm(x, norm, name + n))
            else:
                x = self.norm(x + f(x), norm, name + n)
        return x


def to_float64(module: Any, seed: int = 0) -> Any:
    """Every parameter drawn anew in float64, none of them 0 or 1."""
    rng = np.random.default_rng(seed)
    for name, p in module.named_parameters():
        p.array = rng.uniform(0.5, 1.5, p.shape) if "norm" in name else rng.normal(0, 0.3, p.shape)
    return module


def assert_same(ours: Any, theirs: Any, module: Any, reference: TorchModel) -> None:
    g = np.random.default_rng(9).standard_normal(ours.shape)
    np.testing.assert_allclose(ours.array, theirs.detach().numpy(), atol=1e-6, rtol=1e-6)
    ours.backward(minigrad.tensor(g))
    theirs.backward(torch.tensor(g))
    for name, parameter in module.named_parameters():
        expected = reference.p[name].grad.numpy()
        np.testing.assert_allclose(
            parameter.grad.array, expected, atol=1e-6, rtol=1e-6, err_msg=name
        )


X = np.random.default_rng(1).standard_normal((2, 5, 12))


@pytest.mark.parametrize("bias", [True, False])
def test_attention(bias: bool) -> None:
    layer = to_float64(CausalSelfAttention(12, 3, bias=bias))
    reference = TorchModel(layer)
    x, tx = minigrad.tensor(X, requires_grad=True), torch.tensor(X, requires_grad=True)
    assert_same(layer(x), reference.attention(tx, 3, ""), layer, reference)
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.array, tx.grad.numpy(), atol=1e-6)


@pytest.mark.parametrize("kind", FFNS)
def test_feed_forward(kind: Any) -> None:
    layer = to_float64(FeedForward(12, kind))
    reference = TorchModel(layer)
    assert_same(
        layer(minigrad.tensor(X)), reference.ffn(torch.tensor(X), kind, ""), layer, reference
    )


@pytest.mark.parametrize(("norm", "placement", "ffn"), list(product(NORMS, PLACEMENTS, FFNS)))
def test_block(norm: Any, placement: Any, ffn: Any) -> None:
    block = to_float64(TransformerBlock(12, 3, norm=norm, placement=placement, ffn=ffn))
    reference = TorchModel(block)
    theirs = reference.block(torch.tensor(X), 3, norm, placement, ffn, "")
    assert_same(block(minigrad.tensor(X)), theirs, block, reference)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_char_gpt(placement: Any, tied: bool) -> None:
    model = to_float64(
        CharGPT(9, context=6, dim=12, heads=3, layers=3, placement=placement, tied=tied)
    )
    reference = TorchModel(model)
    text = np.random.default_rng(2).integers(9, size=(4, 7))
    x, y = text[:, :-1], text[:, 1:]
    loss = F.cross_entropy(model(minigrad.tensor(x)).reshape(-1, 9), minigrad.tensor(y.reshape(-1)))
    p = reference.p
    h = p["token_embedding.weight"][torch.tensor(x)] + p["position_embedding.weight"][:6]
    for i in range(3):
        h = reference.block(h, 3, "rmsnorm", placement, "gelu", f"blocks.{i}.")
    h = reference.norm(h, "rmsnorm" if placement == "pre" else None, "norm.")
    logits = h @ p["token_embedding.weight" if tied else "head.weight"].T
    theirs = torch.nn.functional.cross_entropy(logits.reshape(-1, 9), torch.tensor(y.reshape(-1)))
    assert_same(loss, theirs, model, reference)


@pytest.mark.parametrize("seed", range(3))
def test_twenty_steps_of_training_go_the_same_way(seed: int) -> None:
    """AdamW with warmup and clipping on a text: the same losses to 1e-6, step by step."""
    text = corpus_of("the quick brown fox jumps over the lazy dog. " * 40, "foxes")
    vocab, lr, warmup, clip = len(text.characters), 1e-2, 5, 0.5
    model = CharGPT(vocab, context=16, dim=16, heads=4, layers=2)
    model.init_weights(generator=minigrad.Generator(seed))
    for parameter in model.parameters():
        parameter.array = parameter.array.astype(np.float64)
    reference = TorchModel(model)
    parameters = list(reference.p.values())
    optimizer = torch.optim.AdamW(parameters, lr=lr)
    batches, theirs = text.batches(4, 16, seed), []
    for step in range(20):
        for group in optimizer.param_groups:
            group["lr"] = lr * min(1, (step + 1) / warmup)
        x, y = (torch.tensor(part) for part in next(batches))
        p = reference.p
        h = p["token_embedding.weight"][x] + p["position_embedding.weight"][:16]
        for i in range(2):
            h = reference.block(h, 4, "rmsnorm", "pre", "gelu", f"blocks.{i}.")
        logits = reference.norm(h, "rmsnorm", "norm.") @ p["head.weight"].T
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, vocab), y.reshape(-1))
        theirs.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, clip)
        optimizer.step()
    ours = train_language_model(
        model,
        text,
        context=16,
        steps=20,
        lr=lr,
        seed=seed,
        batch=4,
        optimizer="adamw",
        warmup=warmup,
        clip=clip,
    ).losses
    assert ours[-1] < ours[0] - 0.3
    np.testing.assert_allclose(ours, theirs, atol=1e-6, rtol=0)
