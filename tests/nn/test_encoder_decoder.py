"""The two-stack transformer against PyTorch's: the same state, values and gradients."""

from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.core.tensor import wrap

torch: Any = pytest.importorskip("torch")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore:enable_nested_tensor")]
SIZES = (8, 2, 2, 2, 16, 0.0)  # d_model, heads, encoders, decoders, feed-forward, dropout


@pytest.mark.parametrize("options", [{}, {"batch_first": True, "norm_first": True}], ids=str)
def test_equals_pytorch(options):
    ours, theirs = nn.Transformer(*SIZES, **options), torch.nn.Transformer(*SIZES, **options)
    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state)
    ours.load_state_dict({name: minigrad.tensor(t.numpy()) for name, t in state.items()})
    rng = np.random.default_rng(0)
    src, tgt = (rng.normal(size=(n, n, 8)).astype(np.float32) for n in (5, 5))
    mask = theirs.generate_square_subsequent_mask(5)
    assert np.array_equal(ours.generate_square_subsequent_mask(5).numpy(), mask.numpy())
    pad = np.zeros((5, 5), bool)
    pad[1, 3:] = True
    out = ours(
        wrap(src), wrap(tgt), tgt_mask=wrap(mask.numpy()), src_key_padding_mask=wrap(pad),
        memory_key_padding_mask=wrap(pad),
    )  # fmt: skip
    want = theirs(
        torch.tensor(src), torch.tensor(tgt), tgt_mask=mask,
        src_key_padding_mask=torch.tensor(pad), memory_key_padding_mask=torch.tensor(pad),
    )  # fmt: skip
    np.testing.assert_allclose(out.detach().numpy(), want.detach().numpy(), atol=1e-5)
    out.pow(2).sum().backward()
    want.pow(2).sum().backward()
    for name, p in theirs.named_parameters():
        got = dict(ours.named_parameters())[name].grad.numpy()
        np.testing.assert_allclose(got, p.grad.numpy(), rtol=1e-3, atol=1e-4, err_msg=name)


def test_heads_that_serve_several_queries():
    rng = np.random.default_rng(0)
    q, k, v = (rng.normal(size=(2, n, 5, 4)) for n in (6, 2, 2))
    both: list[Any] = []
    for engine in (minigrad, torch):
        x = [engine.tensor(a, requires_grad=True) for a in (q, k, v)]
        attend = engine.nn.functional.scaled_dot_product_attention
        out = attend(*x, is_causal=True, enable_gqa=True)
        out.sum().backward()
        both.append([t.detach().numpy() for t in (out, *(a.grad for a in x))])
    for ours, theirs in zip(*both, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_rows_of_an_embedding_that_are_there_already():
    rows = minigrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    frozen, learns = (nn.Embedding.from_pretrained(rows, freeze=f) for f in (True, False))
    assert frozen(minigrad.tensor([1])).tolist() == [[3.0, 4.0]]
    assert not frozen.weight.requires_grad and learns.weight.requires_grad
