"""Shapes drawn at random, sizes 0 and 1 included: values against NumPy, gradients checked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices, mutually_broadcastable_shapes

import minigrad as mg
from minigrad.autograd import gradcheck

checked = settings(max_examples=40, derandomize=True, deadline=None)
shapes = array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
solid = array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3)


def leaf(shape, seed=0):
    values = np.random.default_rng(seed).uniform(0.4, 1.6, shape)
    return mg.tensor(values, requires_grad=True)


def agrees(op, reference, *inputs):
    out = op(*inputs)
    expected = np.asarray(reference(*(x.array for x in inputs)))
    assert out.shape == expected.shape
    np.testing.assert_allclose(out.detach().numpy(), expected, 1e-12, 1e-12)
    assert gradcheck(op, inputs, atol=1e-7, rtol=1e-6)


# -- elementwise -----------------------------------------------------------------------------------

BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
    "maximum": np.maximum,
    "minimum": np.minimum,
}
UNARY = {"exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh, "sin": np.sin}


@pytest.mark.parametrize("name", BINARY)
@given(drawn=mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=3, max_dims=3))
@checked
def test_two_operands(name, drawn):
    a, b = (leaf(shape, seed) for seed, shape in enumerate(drawn.input_shapes))
    agrees(getattr(mg, name), BINARY[name], a, b)


@pytest.mark.parametrize("name", UNARY)
@given(shape=shapes)
@checked
def test_one_operand(name, shape):
    agrees(getattr(mg, name), UNARY[name], leaf(shape))


@given(drawn=mutually_broadcastable_shapes(num_shapes=3, min_side=0, max_side=3, max_dims=3))
@checked
def test_where(drawn):
    first, *rest = drawn.input_shapes
    condition = np.random.default_rng(2).random(first) < 0.5
    agrees(
        lambda a, b: mg.where(mg.tensor(condition), a, b),
        lambda a, b: np.where(condition, a, b),
        *(leaf(shape, seed) for seed, shape in enumerate(rest)),
    )


# -- reductions ------------------------------------------------------------------------------------

REDUCTIONS = {
    "sum": (shapes, np.sum),
    "mean": (solid, np.mean),
    "amax": (solid, np.max),
    "amin": (solid, np.min),
    "logsumexp": (solid, lambda x, **k: np.log(np.exp(x).sum(**k))),
    "norm": (solid, lambda x, **k: np.sqrt((x * x).sum(**k))),
}


def drawn_dims(data, ndim):
    """None, an int, or several distinct ints, of either sign."""
    if not ndim:
        return None
    dims = data.draw(st.lists(st.integers(0, ndim - 1), unique=True, max_size=ndim))
    signed = tuple(d - ndim * data.draw(st.booleans()) for d in dims)
    return {0: None, 1: signed[0] if signed else None}.get(len(dims), signed)


@pytest.mark.parametrize("name", REDUCTIONS)
@given(data=st.data(), keepdim=st.booleans())
@checked
def test_reduction(name, data, keepdim):
    made, reference = REDUCTIONS[name]
    shape = data.draw(made)
    dim = drawn_dims(data, len(shape))
    if dim is None and name == "logsumexp":
        dim = tuple(range(len(shape)))
    options = {"p": 2} if name == "norm" else {}
    agrees(
        lambda x: getattr(mg, name)(x, dim=dim, keepdim=keepdim, **options),
        lambda x: reference(x, axis=dim, keepdims=keepdim),
        leaf(shape),
    )


@pytest.mark.parametrize("name", ["prod", "max", "min", "cumsum", "softmax", "log_softmax"])
@given(data=st.data(), shape=solid)
@checked
def test_along_one_dim(name, data, shape):
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    reference = {
        "prod": lambda x: x.prod(dim),
        "max": lambda x: x.max(dim),
        "min": lambda x: x.min(dim),
        "cumsum": lambda x: x.cumsum(dim),
        "softmax": lambda x: np.exp(x) / np.exp(x).sum(dim, keepdims=True),
        "log_softmax": lambda x: x - np.log(np.exp(x).sum(dim, keepdims=True)),
    }[name]

    def op(x):
        out = getattr(mg, name)(x, dim)
        return out.values if isinstance(out, tuple) else out

    agrees(op, reference, leaf(shape))


# -- products --------------------------------------------------------------------------------------


@given(
    batch=mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=2, max_dims=2),
    n=st.integers(0, 3),
    k=st.integers(0, 3),
    m=st.integers(0, 3),
    vectors=st.sampled_from(["none", "left", "right", "both"]),
)
@checked
def test_matmul(batch, n, k, m, vectors):
    left, right = batch.input_shapes
    a = (k,) if vectors in ("left", "both") else (*left, n, k)
    b = (k,) if vectors in ("right", "both") else (*right, k, m)
    agrees(mg.matmul, np.matmul, leaf(a, 0), leaf(b, 1))


@given(lead=array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3), bias=st.booleans())
@checked
def test_linear(lead, bias):
    inputs = [leaf((*lead, 2), 0), leaf((3, 2), 1), leaf((3,), 2)][: 2 + bias]
    agrees(mg.nn.functional.linear, lambda x, w, b=0.0: x @ w.T + b, *inputs)


@given(
    letters=st.lists(st.sampled_from(["", "i", "ij", "ji", "jk", "ik", "kk", "bij"]), min_size=1),
    sizes=st.fixed_dictionaries({c: st.integers(0, 3) for c in "bijk"}),
    data=st.data(),
)
@checked
def test_einsum(letters, sizes, data):
    letters = letters[:3]
    used = sorted(set("".join(letters)))
    out = "".join(data.draw(st.permutations(used)))[: data.draw(st.integers(0, len(used)))]
    equation = ",".join(letters) + "->" + out
    inputs = [leaf(tuple(sizes[c] for c in word), i) for i, word in enumerate(letters)]
    agrees(lambda *x: mg.einsum(equation, *x), lambda *x: np.einsum(equation, *x), *inputs)


# -- shapes and indices ----------------------------------------------------------------------------


@given(shape=solid, data=st.data())
@checked
def test_rearranging(shape, data):
    order = data.draw(st.permutations(range(len(shape))))
    dim = data.draw(st.integers(0, len(shape) - 1))
    times = [data.draw(st.integers(0, 2)) for _ in shape]
    size = data.draw(st.integers(1, 3))
    x = leaf(shape)
    agrees(lambda x: x.permute(*order), lambda x: x.transpose(order), x)
    agrees(lambda x: x.permute(*order).reshape(-1), lambda x: x.transpose(order).ravel(), x)
    agrees(lambda x: x.flip(dim), lambda x: np.flip(x, dim), x)
    agrees(lambda x: x.repeat(*times), lambda x: np.tile(x, times), x)
    agrees(lambda x: x.unsqueeze(dim).squeeze(), lambda x: np.squeeze(x), x)
    agrees(lambda x: mg.cat(x.split(size, dim), dim), lambda x: x, x)
    agrees(lambda x: mg.cat(x.chunk(size, dim), dim), lambda x: x, x)
    agrees(lambda x: mg.stack([x, x * 2], dim), lambda x: np.stack([x, x * 2], dim), x)
    agrees(lambda x: x.transpose(0, dim), lambda x: np.swapaxes(x, 0, dim), x)


def forward(index):
    """Whether no slice of the index runs backwards."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(not isinstance(p, slice) or p.step is None or p.step > 0 for p in parts)


@given(data=st.data(), shape=array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3))
@checked
def test_basic_index(data, shape):
    index = data.draw(basic_indices(shape, allow_newaxis=True).filter(forward))
    agrees(lambda x: x[index], lambda x: x[index], leaf(shape))


@given(data=st.data(), shape=solid)
@checked
def test_index_tensors(data, shape):
    """One index tensor or mask among slices; the gradient adds up what is picked twice."""
    dim = data.draw(st.integers(0, len(shape) - 1))
    ints = data.draw(
        st.lists(st.integers(-shape[dim], shape[dim] - 1), max_size=4).map(
            lambda values: np.array(values, dtype=np.int64)
        )
    )
    masked = np.random.default_rng(len(shape)).random(shape) < 0.5
    lead = (slice(None),) * dim
    x = leaf(shape)
    agrees(lambda x: x[(*lead, mg.tensor(ints))], lambda x: x[(*lead, ints)], x)
    agrees(lambda x: x[mg.tensor(masked)], lambda x: x[masked], x)
    agrees(lambda x: x.masked_fill(mg.tensor(masked), 2.0), lambda x: np.where(masked, 2.0, x), x)
    positive = ints % shape[dim]
    agrees(
        lambda x: x.index_select(dim, mg.tensor(positive)),
        lambda x: np.take(x, positive, dim),
        x,
    )


@given(shape=solid, data=st.data())
@checked
def test_norms(shape, data):
    d = data.draw(st.integers(1, len(shape)))
    axes = tuple(range(-d, 0))
    x, w, b = leaf(shape), leaf(shape[-d:], 1), leaf(shape[-d:], 2)

    def layer_norm(x, w, b):
        centred = x - x.mean(axes, keepdims=True)
        return centred / np.sqrt((centred**2).mean(axes, keepdims=True) + 0.1) * w + b

    def rms_norm(x, w):
        return x / np.sqrt((x**2).mean(axes, keepdims=True) + 0.1) * w

    F = mg.nn.functional
    agrees(lambda x, w, b: F.layer_norm(x, shape[-d:], w, b, 0.1), layer_norm, x, w, b)
    agrees(lambda x, w: F.rms_norm(x, shape[-d:], w, 0.1), rms_norm, x, w)


@given(
    batch=mutually_broadcastable_shapes(num_shapes=3, min_side=1, max_side=2, max_dims=2),
    t=st.integers(1, 3),
    s=st.integers(1, 3),
    d=st.integers(1, 3),
    causal=st.booleans(),
)
@checked
def test_attention(batch, t, s, d, causal):
    sizes = ((t, d), (s, d), (s, 2))
    inputs = [
        leaf((*lead, *size), seed)
        for seed, (lead, size) in enumerate(zip(batch.input_shapes, sizes, strict=True))
    ]

    def reference(q, k, v):
        scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(d)
        weights = np.exp(scores) * (np.tril(np.ones((t, s))) if causal else 1)
        return weights / weights.sum(-1, keepdims=True) @ v

    attend = mg.nn.functional.scaled_dot_product_attention
    agrees(lambda q, k, v: attend(q, k, v, is_causal=causal), reference, *inputs)
