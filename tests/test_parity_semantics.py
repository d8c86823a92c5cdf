"""Edges where PyTorch's semantics are a choice: ties, zeros, infinities, NaN, aliasing, writing by
index. Values and gradients must be the same, NaN for NaN; of the gradient at a NaN nothing is asked
(PyTorch's own is 0, 1 or NaN there, by op).
"""

import numpy as np
import pytest

import minigrad as mg
from tests.functional.inputs import find

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:.*degrees of freedom:UserWarning"),
]

NAN, INF = float("nan"), float("inf")


def run(lib, call, arrays, dtype="float64"):
    """(values, gradients) of call(lib, *tensors), as arrays."""
    inputs = [
        lib.tensor(a, dtype=getattr(lib, dtype), requires_grad=True)
        if np.asarray(a).dtype.kind == "f"
        else lib.tensor(a)
        for a in arrays
    ]
    out = call(lib, *inputs)
    outs = list(out) if isinstance(out, tuple | list) else [out]
    total = lib.tensor(0.0, dtype=getattr(lib, dtype))
    for i, o in enumerate(outs):
        if o.requires_grad:
            weights = np.arange(1.0, o.numel() + 1).reshape(tuple(o.shape)) + i
            total = total + (o * lib.tensor(weights, dtype=getattr(lib, dtype))).sum()
    if total.requires_grad:
        total.backward()
    gradients = [None if x.grad is None else x.grad.numpy() for x in inputs]
    return [o.detach().numpy() for o in outs], gradients


def compare(call, *arrays, dtype="float64", tolerance=1e-9):
    (values, gradients), (others, wanted) = (run(lib, call, arrays, dtype) for lib in (mg, torch))
    for a, b in zip(values, others, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(a, b, tolerance, tolerance)
    for x, a, b in zip(arrays, gradients, wanted, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            asked = ~np.isnan(x)
            np.testing.assert_allclose(a[asked], b[asked], tolerance, tolerance)


TIES = [[1.0, 3.0, 3.0, 1.0], [3.0, 3.0, 1.0, 2.0], [3.0, 1.0, 2.0, 1.0]]
WITH_NAN = [[1.0, NAN, 3.0, NAN], [3.0, 3.0, 1.0, 2.0]]


@pytest.mark.parametrize("x", [TIES, WITH_NAN], ids=["ties", "nan"])
@pytest.mark.parametrize("name", ["max", "min", "amax", "amin"])
def test_the_largest_and_the_smallest(name, x):
    for dim in (0, 1, -1):
        compare(lambda lib, x, dim=dim: getattr(lib, name)(x, dim), x)
        compare(lambda lib, x, dim=dim: getattr(lib, name)(x, dim, keepdim=True), x)
    if x is TIES:  # of a NaN result there is no gradient to speak of
        compare(lambda lib, x: getattr(lib, name)(x), x)
    compare(lambda lib, x: getattr(lib, name)(x.detach()), x)


@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_the_position_is_the_first_of_equals(name):
    for x in (TIES, WITH_NAN):
        for dim in (None, 0, 1, -1):
            compare(lambda lib, x, dim=dim: getattr(lib, name)(x, dim), x)
            compare(lambda lib, x, dim=dim: getattr(lib, name)(x, dim, keepdim=True), x)


def test_max_and_min_along_a_dim_are_named():
    result = mg.tensor(TIES).max(dim=1)
    assert type(result)._fields == ("values", "indices")
    assert result.indices.tolist() == torch.tensor(TIES).max(dim=1).indices.tolist()


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_the_larger_of_two(name):
    pair = [1.0, 2.0, 2.0, NAN, 1.0, INF, -0.0], [1.0, 2.0, 3.0, 1.0, NAN, -INF, 0.0]
    compare(lambda lib, a, b: getattr(lib, name)(a, b), *pair)
    compare(lambda lib, a, b: getattr(lib, name)(a, b), [[1.0], [2.0]], [2.0, 1.0, 1.0])


@pytest.mark.parametrize(
    "call",
    [
        lambda lib, x: lib.clamp(x, -1, 1),
        lambda lib, x: lib.clamp(x, min=1),
        lambda lib, x: lib.clamp(x, max=-1.0),
        lambda lib, x: lib.clamp(x, 1, -1),
        lambda lib, x: lib.clamp(x, lib.full_like(x, -1), lib.full_like(x, 1)),
        lambda lib, x: lib.clamp(x, min=lib.full_like(x, 1)),
        lambda lib, x: lib.clamp(x, max=lib.zeros_like(x)),
        lambda lib, x: x.clamp(-1, 1).clamp(0),
    ],
)
def test_clamp(call):
    compare(call, [-2.0, -1.0, 0.0, 1.0, 2.0, NAN, INF, -INF])


def test_clamp_between_tensors_sends_the_gradient_to_the_bound():
    bounds = [-1.0, 0.0, 1.0, 2.0, 0.5], [1.0, 1.0, 0.0, 3.0, 0.7]
    compare(lambda lib, x, a, b: lib.clamp(x, a, b), [-2.0, 0.5, 0.5, 5.0, 0.5], *bounds)


SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 30.0, -30.0, 800.0, -800.0, INF, -INF, NAN]


FUNCTIONS = (
    "neg exp log log1p sqrt rsqrt reciprocal abs sin cos tanh sigmoid relu leaky_relu elu silu "
    "softplus gelu isnan isfinite sign"
)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", FUNCTIONS.split())
def test_functions_at_special_values(name, dtype):
    values = SPECIAL
    if name in ("silu", "gelu"):  # x · s(x): the gradient at an infinity is NaN in one of the two
        values = [v for v in SPECIAL if abs(v) < INF]
    if name == "sign":
        values = SPECIAL[:-1]  # NaN stays NaN here; PyTorch gives 0
    tolerance = 1e-9 if dtype == "float64" else 1e-6
    compare(lambda lib, x: find(lib, name)(x), values, dtype=dtype, tolerance=tolerance)


def test_the_tanh_form_of_gelu():
    def gelu(lib, x):
        return lib.nn.functional.gelu(x, approximate="tanh")

    compare(gelu, [*(v for v in SPECIAL if abs(v) < INF), *np.linspace(-6, 6, 97)])


def test_softplus_beyond_its_threshold():
    x = [19.0, 20.0, 20.5, 21.0, -25.0]
    compare(lambda lib, x: lib.nn.functional.softplus(x), x)
    compare(lambda lib, x: lib.nn.functional.softplus(x, 2.0, 40.0), x)
    compare(lambda lib, x: lib.nn.functional.softplus(x, beta=0.5, threshold=1), x)


def test_powers_at_zero_and_below():
    bases = [0.0, 0.0, 0.0, 2.0, -2.0, -2.0, 0.0, 1.0]
    compare(lambda lib, x, p: x**p, bases, [2.0, 0.0, 1.0, 0.0, 3.0, 0.0, 0.5, INF])
    compare(lambda lib, x, p: x**p, [-2.0, 0.0], [0.5, -1.0])
    for p in (0, 1, 2, 3, -1, 0.5, 2.0):
        compare(lambda lib, x, p=p: x**p, bases)
    compare(lambda lib, x: 0.0**x, [0.0, 1.0, 2.0])
    compare(lambda lib, x: 2**x, [0.0, 1.0, -2.0])


def test_the_method_where():
    compare(lambda lib, a, b: a.where(a > 0, b), [1.0, -1.0], [5.0, 6.0])


def test_division_by_zero():
    compare(lambda lib, a, b: a / b, [1.0, -1.0, 0.0], [0.0, 0.0, 0.0])
    compare(lambda lib, a: a / 0, [1.0, -1.0, 0.0])
    compare(lambda lib, a: 1 / a, [0.0, 2.0])


@pytest.mark.parametrize("p", [1, 2, 3, 0.5, 1.5, INF, "fro"], ids=str)
def test_norms_at_zero(p):
    x = [[0.0, 0.0, 0.0], [0.0, -3.0, 4.0], [2.0, -2.0, 0.0]]
    compare(lambda lib, x: lib.norm(x, p, 1), x[1:])
    if p in (1, 2, INF, "fro"):  # others give 0 here, and NaN in PyTorch, for a row of zeros
        compare(lambda lib, x: lib.norm(x, p, 1, True), x)
    compare(lambda lib, x: lib.norm(x, p), x)


@pytest.mark.parametrize("name", ["var", "std"])
def test_spread_without_degrees_of_freedom(name):
    x = [[1.0, 2.0, 4.0], [2.0, 2.0, 2.0]]
    for correction in (0, 1, 2, 1.5, -1):
        compare(lambda lib, x, c=correction: getattr(lib, name)(x, 1, correction=c), x)
    for correction in (3, 5):  # no gradient to speak of
        compare(lambda lib, x, c=correction: getattr(lib, name)(x.detach(), 1, correction=c), x)
    compare(lambda lib, x: getattr(lib, name)(x.detach()), [3.0])
    compare(lambda lib, x: getattr(lib, name)(x.detach()), 3.0)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_softmax_of_infinities(name):
    rows = [[1.0, -INF, 2.0], [800.0, 0.0, -800.0], [-INF, -INF, 0.0]]
    compare(lambda lib, x: getattr(lib, name)(x, 1), rows)
    compare(lambda lib, x: getattr(lib, name)(x.detach(), 1), [[-INF, -INF], [INF, 0.0]])


def test_empty_reductions():
    for name in ("sum", "mean", "prod", "var", "std", "norm", "all", "any"):
        compare(lambda lib, x, name=name: getattr(lib, name)(x.detach()), np.zeros((0, 3)))
    for dim in (0, 1):
        compare(lambda lib, x, dim=dim: lib.logsumexp(x.detach(), dim), np.zeros((0, 3)))
        compare(lambda lib, x, dim=dim: lib.mean(x.detach(), dim), np.zeros((0, 3)))
        compare(lambda lib, x, dim=dim: lib.cumsum(x, dim), np.zeros((0, 3)))


def test_embedding_gives_padding_no_gradient():
    at, rows = np.array([[0, 2], [2, 2]]), np.arange(6.0).reshape(3, 2)
    for index in (2, -1, 0, 1):
        compare(lambda lib, a, w, i=index: lib.nn.functional.embedding(a, w, i), at, rows)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("ignore_index", [-100, 1, 2])
def test_cross_entropy(reduction, smoothing, ignore_index):
    x = np.random.default_rng(0).standard_normal((4, 3, 2))
    for labels in (np.array([[0, 1], [2, 1], [1, 1], [0, 2]]), np.ones((4, 2), int)):
        compare(
            lambda lib, x, t: lib.nn.functional.cross_entropy(
                x, t, reduction=reduction, label_smoothing=smoothing, ignore_index=ignore_index
            ),
            x,
            labels,
        )
        compare(
            lambda lib, x, t: lib.nn.functional.nll_loss(
                x, t, reduction=reduction, ignore_index=ignore_index
            ),
            x,
            labels,
        )


def test_losses_at_infinite_scores():
    logits = [[INF, 0.0], [-INF, 0.0], [800.0, -800.0]]
    for call in (
        lambda lib, x: lib.nn.functional.cross_entropy(x.detach(), lib.tensor([1, 1, 1])),
        lambda lib, x: lib.nn.functional.cross_entropy(x[1:], lib.tensor([1, 1])),
        lambda lib, x: lib.nn.functional.binary_cross_entropy_with_logits(
            x[2], lib.tensor([1.0, 0.0], dtype=lib.float64)
        ),
    ):
        compare(call, logits)


@pytest.mark.parametrize("name", ["layer_norm", "rms_norm"])
def test_norms_of_constant_and_zero_rows(name):
    rows = [[0.0, 0.0, 0.0], [2.0, 2.0, 2.0], [1e-6, -1e-6, 0.0], [1.0, 2.0, 4.0]]
    for options in ({}, {"eps": 1e-2}, {"eps": 1e-12}):

        def norm(lib, x, options=options):
            return getattr(lib.nn.functional, name)(x, (3,), **options)

        compare(norm, rows)
        compare(norm, rows[3:], dtype="float32", tolerance=1e-6)


MASKS = {
    "half hidden": np.array([[True, False, True, False]] * 3),
    "a row that sees nothing": np.array([[True, True, True, True], [False] * 4, [True] * 4]),
    "nothing at all": np.zeros((3, 4), bool),
    "added": np.array([[0.0, 1.0, -2.0, 0.5]] * 3),
    "added, -inf": np.array([[0.0, -INF, 1.0, -INF]] * 3),
    "batched": np.random.default_rng(0).random((2, 3, 4)) < 0.5,
}


@pytest.mark.parametrize("mask", MASKS)
def test_attention_masks(mask):
    rng = np.random.default_rng(0)
    q, k, v = (rng.standard_normal(s) for s in ((2, 3, 5), (2, 4, 5), (2, 4, 6)))

    def attention(lib, q, k, v, mask):
        given = mask.detach() if mask.is_floating_point() else mask
        return lib.nn.functional.scaled_dot_product_attention(q, k, v, given)

    compare(attention, q, k, v, MASKS[mask])


def test_causal_attention_of_unequal_lengths():
    rng = np.random.default_rng(0)
    for t, s in ((3, 3), (2, 4), (4, 2), (1, 3), (3, 1)):
        q, k, v = rng.standard_normal((t, 5)), rng.standard_normal((s, 5)), rng.random((s, 2))
        compare(
            lambda lib, q, k, v: lib.nn.functional.scaled_dot_product_attention(
                q, k, v, is_causal=True, scale=0.3
            ),
            q,
            k,
            v,
        )
