"""What minigrad.torch adds, beside PyTorch: gradients, orders, draws and in-place forms."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
import minigrad.torch as mt  # noqa: E402

pytestmark = pytest.mark.torch
RNG = np.random.default_rng(0)
A, B, V = RNG.uniform(0.1, 0.9, (3, 4)), RNG.normal(size=(4, 2)), RNG.normal(size=4)
LABELS, WEIGHT = np.array([0, 3, 1]), np.array([0.5, 2.0, 1.0, 3.0])

ONE = [
    *("floor", "ceil", "trunc", "sinh", "cosh", "tan", "asin", "acos", "atan", "expm1", "exp2"),
    *("log10", "log2", "erf", "square", "asinh", "atanh", "nansum", "median"),
]
LAYERS = [
    *("Softsign", "Tanhshrink", "Hardtanh", "ReLU6", "Hardsigmoid", "Hardswish", "SELU", "CELU"),
    *("Mish", "LogSigmoid", "GLU"),
]
CASES = {
    **{name: lambda t, a, b, v, name=name: getattr(t, name)(a) for name in ONE},
    "mm": lambda t, a, b, v: a.mm(b),
    "mv": lambda t, a, b, v: a.mv(v),
    "dot": lambda t, a, b, v: v.dot(v),
    "bmm": lambda t, a, b, v: t.bmm(a.unsqueeze(0), b.unsqueeze(0)),
    "addmm": lambda t, a, b, v: t.addmm(t.ones(2, dtype=a.dtype), a, b, beta=2, alpha=3),
    "tensordot": lambda t, a, b, v: t.tensordot(a, b, 1),
    "kron": lambda t, a, b, v: t.kron(a, b),
    "lerp": lambda t, a, b, v: t.lerp(a, v, 0.3),
    "addcmul": lambda t, a, b, v: t.addcmul(a, a, v, value=2),
    "addcdiv": lambda t, a, b, v: t.addcdiv(a, v, a),
    "remainder": lambda t, a, b, v: a % 0.3,
    "floor_divide": lambda t, a, b, v: a.detach() // 0.3 + a * 0,
    "fmod": lambda t, a, b, v: t.fmod(v, 0.3),
    "atan2": lambda t, a, b, v: t.atan2(a, v),
    "unbind": lambda t, a, b, v: a.unbind(1)[2] * a.select(0, 1)[0],
    "narrow": lambda t, a, b, v: a.narrow(1, 1, 2),
    "unflatten": lambda t, a, b, v: a.unflatten(1, (2, -1)).movedim(0, 2),
    "roll": lambda t, a, b, v: t.roll(a, (1, 2), (0, 1)),
    "repeat_interleave": lambda t, a, b, v: a.repeat_interleave(2, dim=1),
    "hstack": lambda t, a, b, v: t.hstack([a, a]) @ t.vstack([b, b]),
    "meshgrid": lambda t, a, b, v: t.meshgrid(v, v, indexing="xy")[0],
    "diag": lambda t, a, b, v: t.diag(v, 1).sum() + t.diagonal(a).sum() + t.trace(a),
    "sort": lambda t, a, b, v: t.sort(a, 1, descending=True).values[:, 0],
    "topk": lambda t, a, b, v: a.topk(2)[0],
    "take": lambda t, a, b, v: t.take(a, t.tensor([0, 5, 5])),
    "masked_select": lambda t, a, b, v: a.masked_select(a > 0.5),
    "scatter_add": lambda t, a, b, v: a.scatter_add(1, t.tensor([[0, 0], [3, 1]]), a[:2, :2]),
    "index_add": lambda t, a, b, v: a.index_add(0, t.tensor([1, 1]), a[:2], alpha=2),
    "masked_fill_": lambda t, a, b, v: (a * 1).masked_fill_(a > 0.5, 7.0),
    "scatter_": lambda t, a, b, v: (a * 1).scatter_(1, t.tensor([[0], [1], [2]]), 5.0),
    "in place": lambda t, a, b, v: (a * 1).exp_() + (a * 1).lerp_(v, 0.5),
    "polar": lambda t, a, b, v: t.view_as_real(
        t.view_as_complex(a.reshape(3, 2, 2)) * t.polar(v[:2] ** 2, v[2:])
    ),
    "weights": lambda t, a, b, v: t.nn.functional.cross_entropy(
        a, t.tensor(LABELS), t.tensor(WEIGHT), label_smoothing=0.1
    ),
    "probabilities": lambda t, a, b, v: t.nn.functional.cross_entropy(
        a, a.detach().softmax(1), label_smoothing=0.1
    ),
    "nll": lambda t, a, b, v: t.nn.functional.nll_loss(a, t.tensor(LABELS), t.tensor(WEIGHT)),
    "bce": lambda t, a, b, v: t.nn.functional.binary_cross_entropy_with_logits(
        a, a.detach(), t.tensor(WEIGHT), pos_weight=t.tensor(WEIGHT)
    ),
    "triplet": lambda t, a, b, v: t.nn.functional.triplet_margin_loss(a, a * 2, a - 1, swap=True),
    "group_norm": lambda t, a, b, v: t.nn.GroupNorm(2, 4).to(a.dtype)(a) ** 2,
    "pad": lambda t, a, b, v: t.nn.functional.pad(a, (1, -1, 2, 0), value=3.0),
    "cosine": lambda t, a, b, v: t.nn.functional.cosine_similarity(a, v.unsqueeze(0)),
    "gaussian": lambda t, a, b, v: t.nn.functional.gaussian_nll_loss(a, a * 2, a, full=True),
    "poisson": lambda t, a, b, v: t.nn.functional.poisson_nll_loss(a, a * 4, full=True),
    **{name: lambda t, a, b, v, name=name: getattr(t.nn, name)()(a - 0.5) for name in LAYERS},
}


@pytest.mark.parametrize("name", CASES)
def test_value_and_gradients(name):
    found = []
    for t in (torch, mt):
        given = [t.tensor(x, requires_grad=True) for x in (A, B, V)]
        out = CASES[name](t, *given)
        grads = [None] * 3
        if out.requires_grad:
            (out * t.arange(1, out.numel() + 1).reshape(out.shape)).sum().backward()
            grads = [x.grad for x in given]
        found.append([None if x is None else np.asarray(x.detach()) for x in (out, *grads)])
    for theirs, ours in zip(*found, strict=True):
        assert (theirs is None or not theirs.any()) if ours is None else True
        if ours is not None:
            theirs = np.zeros_like(ours) if theirs is None else theirs
            np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-12)


def test_without_gradients():
    for t in (torch, mt):
        x = t.tensor([3, 1, 3, 0])
        assert [y.tolist() for y in t.unique(x, return_counts=True)] == [[0, 1, 3], [1, 1, 2]]
        assert t.bincount(x).tolist() == [1, 1, 0, 2] and x.nonzero().shape == (3, 1)
        assert [y.tolist() for y in t.where(x > 1)] == [[0, 2]]
        assert t.argsort(x, descending=True).tolist() == [0, 2, 1, 3] or t is torch
        assert t.allclose(x.float(), x.float() + 1e-9) and t.equal(x, x) and x.nelement() == 4
        y = t.zeros(2, dtype=t.float64)
        assert x.type_as(y).dtype == y.dtype and y.new_zeros(3).shape == (3,)
        assert t.as_tensor([1.0]).view_as(t.ones(1)).tolist() == [1.0] and y.type()[:6] == "torch."
        assert t.searchsorted(t.tensor([1.0, 3.0]), t.tensor([2.0, 3.0])).tolist() == [1, 1]


def test_draws_follow_their_weights():
    mt.manual_seed(0)
    drawn = mt.multinomial(mt.tensor([[0.0, 1.0, 3.0]]), 4000, replacement=True)
    share = np.bincount(drawn.numpy()[0], minlength=3) / 4000
    np.testing.assert_allclose(share, [0, 0.25, 0.75], atol=0.03)
    assert sorted(mt.multinomial(mt.ones(5), 5).tolist()) == [0, 1, 2, 3, 4]
    x = mt.normal(2.0, 0.1, (2000,))
    assert abs(x.mean().item() - 2) < 0.02 and abs(x.std().item() - 0.1) < 0.02


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_an_encoder_is_pytorchs(norm_first, batch_first):
    options = {"dropout": 0.0, "batch_first": batch_first, "norm_first": norm_first}
    made, x = [], RNG.normal(size=(5, 3, 8)).astype(np.float32)
    for t in (torch, mt):
        layer = t.nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", **options)
        made.append(t.nn.TransformerEncoder(layer, 2))
    theirs, ours = made
    state = {k: mt.tensor(v.detach().numpy()) for k, v in theirs.state_dict().items()}
    ours.load_state_dict(state)
    outs = []
    for t, net in ((torch, theirs), (mt, ours)):
        T = 3 if batch_first else 5
        mask = t.triu(t.ones(T, T), 1) == 1
        out = net(t.tensor(x), mask=mask)
        (out**2).mean().backward()
        outs.append([out, *(p.grad for p in net.parameters())])
    for a, b in zip(*outs, strict=True):
        np.testing.assert_allclose(b.detach().numpy(), a.detach().numpy(), rtol=2e-3, atol=2e-5)


def test_attention_with_padding_and_weights():
    found = []
    q, k = RNG.normal(size=(2, 4, 8)), RNG.normal(size=(2, 5, 8))
    theirs = torch.nn.MultiheadAttention(8, 2, batch_first=True).double()
    ours = mt.nn.MultiheadAttention(8, 2, batch_first=True).double()
    ours.load_state_dict({n: mt.tensor(v.detach().numpy()) for n, v in theirs.state_dict().items()})
    for t, net in ((torch, theirs), (mt, ours)):
        hidden = t.tensor([[False] * 5, [False, False, False, True, True]])
        keys = t.tensor(k)
        found.append(net(t.tensor(q), keys, keys, key_padding_mask=hidden))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(b.detach().numpy(), a.detach().numpy(), rtol=1e-9, atol=1e-12)


def test_layers_without_a_twin_above():
    x = mt.randn(2, 6)
    lazy = mt.nn.LazyLinear(3)
    assert lazy(x).shape == (2, 3) and lazy.weight.shape == (3, 6) and lazy(x).requires_grad
    assert mt.nn.Unflatten(1, (2, 3))(x).shape == (2, 2, 3)
    assert mt.nn.Bilinear(6, 6, 4)(x, x).shape == (2, 4)
    assert mt.nn.PReLU()(mt.tensor([-4.0, 2.0])).tolist() == [-1.0, 2.0]
