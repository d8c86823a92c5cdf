"""create_graph: gradients of gradients, of networks and of fused ops, beside PyTorch's."""

from contextlib import nullcontext

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import grad, record
from minigrad.errors import GraphError, InplaceError
from minigrad.models import CharGPT


def leaf(*shape, seed=0):
    return mg.randn(*shape, dtype="float64", generator=mg.Generator(seed), requires_grad=True)


def test_backward_with_create_graph_leaves_gradients_to_be_differentiated():
    x = leaf(3)
    (x**3).sum().backward(create_graph=True)
    assert x.grad.requires_grad
    first, x.grad = x.grad, None
    first.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 6 * x.array)


def test_a_gradient_penalty():
    """d/dw of ‖dL/dx‖², with gradients that accumulate into what stood in grad."""
    x, w = leaf(4, 3), leaf(3, 2, seed=1)
    w.grad = mg.ones(3, 2, dtype="float64")
    (g,) = grad((x @ w).tanh().sum(), x, create_graph=True)
    (g**2).sum().backward()
    expected = mg.autograd.gradcheck(
        lambda w: mg.enable_grad()(
            lambda: grad((x @ w).tanh().sum(), x, create_graph=True)[0] ** 2
        )(),
        w,
    )
    assert expected and not w.grad.requires_grad


def test_the_weights_of_a_gradient_can_be_differentiated():
    x, v = leaf(3), leaf(3, seed=1)
    (g,) = grad(x.exp(), x, v, create_graph=True)
    (found,) = grad(g.sum(), v)
    np.testing.assert_allclose(found.numpy(), np.exp(x.array))


def test_the_fourth_derivative_of_a_small_expression():
    torch = pytest.importorskip("torch")
    values = np.linspace(-1.2, 1.4, 7)
    results = []
    for lib in (mg, torch):
        x = lib.tensor(values, dtype=lib.float64, requires_grad=True)
        y = lib.sin(x) * lib.exp(-x * x) / (2 + x**3)
        for _ in range(4):
            (y,) = lib.autograd.grad(y.sum(), [x], create_graph=True)
        results.append(y.detach().numpy())
    np.testing.assert_allclose(*results, rtol=1e-10)


def test_hooks_under_create_graph_are_recorded():
    x = leaf(3)
    y = x * 1
    with y.register_hook(lambda g: g * g):
        (g,) = grad((y**2).sum(), x, create_graph=True)
    (second,) = grad(g.sum(), x)
    np.testing.assert_allclose(second.numpy(), 8 * x.array)  # of (2x)²


def test_a_saved_tensor_that_has_moved_on_has_no_second_derivative_where_it_was():
    """Its first is that of the value it had: only the way back from it is gone."""
    x = leaf(3)
    h = x * 1
    y = (h**3).sum()
    h.add_(1)
    (g,) = grad(y, x, retain_graph=True)
    np.testing.assert_allclose(g.numpy(), 3 * x.array**2)
    with pytest.raises(InplaceError, match="changed in place after 'pow'"):
        grad(y, x, create_graph=True)


def test_retain_graph_may_be_refused():
    x = leaf(3)
    y = mg.nn.functional.silu(x**3).sum()
    (g,) = grad(y, x, create_graph=True, retain_graph=False)
    assert g.requires_grad
    with pytest.raises(GraphError, match="freed"):
        grad(y, x)


def test_a_gradient_made_of_arrays_has_no_second_derivative():
    x = leaf(3)
    bare, held = np.cos(x.array), np.cos(x.array)
    for out in (
        record("bare", np.sin(x.array), (x, lambda g, c: g * c, bare)),
        record("held", np.sin(x.array), (x, lambda g: g * held)),
        record("left", np.sin(x.array), (x, lambda g: held * g)),
        record("constant", np.sin(x.array), (x, lambda g: held.copy())),
    ):
        with pytest.raises(GraphError, match=f"no second derivative of '{out.grad_fn.name}'"):
            grad(out.sum(), x, create_graph=True)
        grad(out.sum(), x)  # the first is fine


def test_masks_indices_and_numbers_are_constants():
    x = leaf(3)
    mask = x.array > 0
    out = record("kept", x.array * mask, (x, lambda g, m, n: np.where(m, g * n, 0), mask, 1.0))
    (g,) = grad((out**2).sum(), x, create_graph=True)
    (second,) = grad(g.sum(), x)
    np.testing.assert_allclose(second.numpy(), 2.0 * mask)


# -- networks, beside PyTorch ----------------------------------------------------------------------


def mlp(lib, x, p):
    h = lib.tanh(x @ p[0] + p[1])
    return ((lib.nn.functional.gelu(h @ p[2]) @ p[3]) ** 2).mean()


def residual(lib, x, p):
    for w, scale in zip(p[::2], p[1::2], strict=True):
        normed = lib.nn.functional.rms_norm(x, (4,), scale, 1e-6)
        x = x + lib.nn.functional.silu(normed @ w)
    return lib.nn.functional.cross_entropy(x, lib.tensor([0, 3, 1, 1, 2]))


MLP = [(4, 6), (6,), (6, 5), (5, 1)]
RESIDUAL = [(4, 4), (4,)] * 5


@pytest.mark.parametrize(("net", "shapes"), [(mlp, MLP), (residual, RESIDUAL)])
def test_hessian_vector_products(net, shapes):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x = rng.standard_normal((5, 4))
    params = [rng.standard_normal(shape) * 0.5 for shape in shapes]
    along = [rng.standard_normal(shape) for shape in shapes]
    found = [
        lib.autograd.functional.hvp(
            lambda *p, lib=lib: net(lib, lib.tensor(x), p),
            tuple(map(lib.tensor, params)),
            tuple(map(lib.tensor, along)),
        )[1]
        for lib in (mg, torch)
    ]
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-8, atol=1e-8)


def small_gpt(lib, state, tokens, heads):
    """CharGPT's forward pass from its state_dict, for either engine."""
    f = lib.nn.functional
    dim = state["head.weight"].shape[1]
    x = f.embedding(tokens, state["token_embedding.weight"])
    x = x + state["position_embedding.weight"][: tokens.shape[1]]
    for i in range(2):
        p = {k.removeprefix(f"blocks.{i}."): v for k, v in state.items()}
        h = f.rms_norm(x, (dim,), p["norm1.weight"], EPS)
        h = f.linear(h, p["attention.qkv.weight"], p["attention.qkv.bias"])
        q, k, v = h.reshape(*tokens.shape, 3, heads, dim // heads).permute(2, 0, 3, 1, 4)
        h = f.scaled_dot_product_attention(q, k, v, is_causal=True)
        h = h.transpose(1, 2).reshape(*tokens.shape, dim)
        x = x + f.linear(h, p["attention.proj.weight"], p["attention.proj.bias"])
        h = f.rms_norm(x, (dim,), p["norm2.weight"], EPS)
        h = f.gelu(f.linear(h, p["ffn.up.weight"], p["ffn.up.bias"]))
        x = x + f.linear(h, p["ffn.down.weight"], p["ffn.down.bias"])
    return f.linear(f.rms_norm(x, (dim,), state["norm.weight"], EPS), state["head.weight"])


EPS = 1e-5  # nn.RMSNorm's, unless told


def test_hessian_vector_products_of_a_small_chargpt():
    torch = pytest.importorskip("torch")
    mg.manual_seed(0)
    model = CharGPT(11, dim=8, layers=2, heads=2, context=6).to(mg.float64)
    state = {k: v.detach().numpy() for k, v in model.state_dict().items()}
    rng = np.random.default_rng(1)
    tokens, labels = rng.integers(0, 11, (2, 6)), rng.integers(0, 11, 12)
    along = [rng.standard_normal(p.shape) for p in state.values()]
    logits = small_gpt(mg, {k: mg.tensor(v) for k, v in state.items()}, mg.tensor(tokens), 2)
    np.testing.assert_allclose(logits.numpy(), model(mg.tensor(tokens)).detach().numpy(), 1e-9)
    found = []
    for lib in (mg, torch):

        def loss(*p, lib=lib):
            logits = small_gpt(lib, dict(zip(state, p, strict=True)), lib.tensor(tokens), 2)
            return lib.nn.functional.cross_entropy(logits.reshape(-1, 11), lib.tensor(labels))

        inputs = tuple(map(lib.tensor, state.values()))
        weights = tuple(map(lib.tensor, along))
        with math_attention(lib):
            found.append(lib.autograd.functional.hvp(loss, inputs, weights)[1])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-8, atol=1e-8)


def math_attention(lib):
    """PyTorch's fused attention has no second derivative; its composition has."""
    if lib is mg:
        return nullcontext()
    return lib.nn.attention.sdpa_kernel(lib.nn.attention.SDPBackend.MATH)
