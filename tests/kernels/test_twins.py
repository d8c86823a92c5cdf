"""Each compiled twin against the NumPy form it stands for: on the table of cases, at every shape
and layout, at the ends of float32, and where it is not to run."""

import importlib
import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

import minigrad as mg
from minigrad import kernels, optim
from minigrad.functional import activation, attention, index, linalg, loss, norm
from minigrad.optim import adam, sgd
from tests.functional.cases import CASES
from tests.functional.inputs import apply, convert, leaves

pytestmark = pytest.mark.skipif(
    not importlib.util.find_spec("numba"), reason="numba is not installed"
)

TWINS = [
    (room, module, name)
    for room, module, names in (
        ("activation", activation, "_gelu _gelu_gradient _gelu_tanh _gelu_tanh_gradient"),
        ("activation", activation, "_relu_gradient"),
        ("activation", activation, "_silu _silu_gradient"),
        ("norm", norm, "_layer_rows _layer_gradient _rms_rows _rms_gradient _column_products"),
        ("softmax", attention, "_softmax _causal_softmax _softmax_gradient"),
        ("softmax", loss, "_log_softmax"),
        ("index", index, "_add_rows"),
        ("product", linalg, "product"),
        ("optim", sgd, "_sgd_update"),
        ("optim", adam, "_adam_update"),
    )
    for name in names.split()
]


def copied(value):
    return value.copy("K") if isinstance(value, np.ndarray) else value


@pytest.fixture(autouse=True)
def small_products(monkeypatch):
    """A product is shared out however few numbers it has."""
    monkeypatch.setattr(importlib.import_module("minigrad.kernels.product"), "LEAST", 1)


def compare(room, form, args, tol=3e-6):
    """Run both on copies; the form's result, after all that each wrote or gave agree."""
    name = form.__name__.lstrip("_")
    ours, theirs = list(map(copied, args)), list(map(copied, args))
    expected = form.__wrapped__(*ours)
    found = kernels.compiled(room, name)(*theirs)
    given = found if isinstance(found, tuple) else (found,)
    wanted = expected if isinstance(expected, tuple) else (expected,)
    if found is None:  # it changes its arguments
        given, wanted = theirs, ours
    for a, b in zip(given, wanted, strict=True):
        if isinstance(b, np.ndarray):
            assert a.shape == b.shape and a.dtype == b.dtype
            finite = np.abs(b[np.isfinite(b)])
            np.testing.assert_allclose(a, b, rtol=tol, atol=tol * finite.max(initial=0))
    return expected


@pytest.fixture
def seen(monkeypatch):
    """Every form runs beside its twin; the names of those that ran."""
    names = set()

    def beside(room, form):
        def both(*args, together=None, **named):
            if args[0].dtype != np.float32 or named:
                return form(*args, **named)
            names.add(form.__name__)
            result = compare(room, form, args)
            return form.__wrapped__(*args) if result is None else result

        return both

    for room, module, name in TWINS:
        monkeypatch.setattr(module, name, beside(room, getattr(module, name)))
    return names


OPS = {
    "relu": {"_relu_gradient"},
    "matmul": {"product"},
    "linear": {"product"},
    "gelu": {"_gelu", "_gelu_gradient", "_gelu_tanh", "_gelu_tanh_gradient"},
    "silu": {"_silu", "_silu_gradient"},
    "layer_norm": {"_layer_rows", "_layer_gradient", "_column_products"},
    "rms_norm": {"_rms_rows", "_rms_gradient", "_column_products"},
    "scaled_dot_product_attention": {"_softmax", "_causal_softmax", "_softmax_gradient"},
    "embedding": {"_add_rows"},
    "getitem": {"_add_rows"},
    "cross_entropy": {"_log_softmax"},
}


@pytest.mark.parametrize("op", OPS)
def test_the_twins_of_an_op_agree_on_its_cases(seen, op):
    for case in CASES[op]:
        args, kwargs = convert(mg, case.args, "float32"), convert(mg, case.kwargs, "float32")
        for out in apply(mg, case.op, args, kwargs):
            if out.requires_grad:
                out.backward(mg.randn(*out.shape), retain_graph=True)
        assert leaves((args, kwargs))
    assert seen >= OPS[op]


def test_an_optimizers_steps_agree(seen):
    for make in (
        lambda p: optim.SGD([p], lr=0.1, momentum=0.9),
        lambda p: optim.SGD([p], lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
        lambda p: optim.SGD([p], lr=0.1, momentum=0.9, dampening=0.5),
        lambda p: optim.Adam([p], weight_decay=0.1),
        lambda p: optim.AdamW([p], weight_decay=0.1),
        lambda p: optim.Adam([p], amsgrad=True),
    ):
        p = mg.randn(7, 11, requires_grad=True)
        optimizer = make(p)
        for _ in range(3):
            p.grad = mg.randn(11, 7).T  # its elements do not lie in order
            optimizer.step()
    assert seen == {"_sgd_update", "_adam_update"}


LAYOUTS = {
    "in order": lambda x: x,
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
    "every second": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "read only": lambda x: np.broadcast_to(x, x.shape),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (1, 5), (5, 1), (3, 129), (40, 7)])
def test_shapes_and_layouts(shape, layout):
    rng = np.random.default_rng(0)
    x, g, p = (LAYOUTS[layout](rng.standard_normal(shape, dtype=np.float32)) for _ in range(3))
    w = rng.standard_normal(shape[1], dtype=np.float32)
    _, phi = compare("activation", activation._gelu, (x,))
    compare("activation", activation._gelu_gradient, (g, x, LAYOUTS[layout](phi)))
    _, t = compare("activation", activation._gelu_tanh, (x,))
    compare("activation", activation._gelu_tanh_gradient, (g, x, LAYOUTS[layout](t)))
    compare("activation", activation._silu, (x,))
    compare("activation", activation._relu_gradient, (g, x))
    compare("product", linalg.product, (x, g.T))
    compare("product", linalg.product, (x.T, LAYOUTS[layout](g)))
    compare("norm", norm._rms_rows, (x, w, 1e-5))
    _, normed, scale = compare("norm", norm._layer_rows, (x, w, None, 1e-5))
    compare("norm", norm._layer_gradient, (g, normed, scale, w))
    compare("norm", norm._column_products, (g, normed))
    if layout != "read only":
        compare("softmax", attention._softmax_gradient, (g, p))
        compare("softmax", attention._causal_softmax, (x,))
        compare("softmax", attention._softmax, (x,))
    compare("softmax", loss._log_softmax, (x,))
    labels = rng.integers(0, shape[1], shape[0])
    if shape[1] > 1:
        compare("index", index._add_rows, (np.zeros((3, shape[1]), np.float32), labels % 3 - 1, g))


@pytest.mark.parametrize("batch", [(), (3,), (2, 3), (0, 2), (2, 1, 3)])
@pytest.mark.parametrize(
    "n, k, m", [(1, 1, 1), (5, 7, 3), (40, 1, 70), (3, 33, 130), (0, 3, 2), (2, 0, 2)]
)
def test_products_of_a_batch(batch, n, k, m):
    rng = np.random.default_rng(0)
    a = rng.standard_normal((*batch, n, k), dtype=np.float32)
    b = rng.standard_normal((*batch, k, m), dtype=np.float32)
    compare("product", linalg.product, (a, b))
    compare("product", linalg.product, (a, b[..., :1]))
    compare(
        "product",
        linalg.product,
        (a[..., ::-1, :], np.swapaxes(np.swapaxes(b, -1, -2).copy(), -1, -2)),
    )
    heads = (
        np.swapaxes(np.zeros((*batch[:-1], n, *batch[-1:], k), np.float32), -2, -3) if batch else a
    )
    heads[...] = a
    compare("product", linalg.product, (heads, b))
    compare("product", linalg.product, (a, b[(0,) * len(batch)] if a.size else b))


def strided(shape, *strides):
    numbers = np.random.default_rng(1).standard_normal(4000, dtype=np.float32)
    return np.lib.stride_tricks.as_strided(numbers, shape, [4 * n for n in strides])


@pytest.mark.parametrize(
    "a, b",
    [
        (strided((1, 50), 1, 1), strided((50, 30), 30, 1)),  # a column's transpose: a row of 1
        (strided((5, 1), 1, 1), strided((1, 5), 1, 1)),
        (strided((5, 1), 1, 1), strided((1, 5), 7, 1)),
        (strided((5, 1), 9, 3), strided((1, 5), 3, 2)),
        (strided((3, 1, 9), 9, 1, 1), strided((3, 9, 4), 36, 4, 1)),
        (strided((4, 5), 1, 2), strided((5, 3), 1, 4)),  # columns that overlap
        (strided((4, 5), 7, 1), strided((5, 3), 1, 8)),
        (strided((4, 5), 0, 1), strided((5, 3), 1, 0)),
        (strided((2, 3, 4, 5), 0, 20, 5, 1), strided((2, 3, 5, 2), 30, 0, 1, 9)),
    ],
)
def test_a_product_reads_its_numbers_where_they_lie(a, b):
    """Copies would lie in order."""
    found = kernels.compiled("product", "product")(a, b)
    np.testing.assert_allclose(found, a.astype(np.float64) @ b, rtol=1e-5, atol=1e-5)


def test_a_product_of_two_dtypes_is_numpys():
    a, b = np.ones((3, 4), np.float32), np.ones((4, 5))
    found = kernels.compiled("product", "product")(a, b)
    assert found.dtype == np.float64 and (found == 4).all()


def test_the_ends_of_float32():
    ends = [0, -0.0, np.nan, np.inf, -np.inf, 1e-45, -1e-45, 1e-30, 3e38, -3e38]
    x = np.array([*ends, *np.linspace(-110, 110, 2001)], np.float32)
    with np.errstate(all="ignore"):
        _, phi = compare("activation", activation._gelu, (x,))
        compare("activation", activation._gelu_gradient, (np.ones_like(x), x, phi))
        compare("activation", activation._gelu_tanh, (x,))
        compare("activation", activation._silu, (x,))
        compare("activation", activation._relu_gradient, (np.ones_like(x), x))
        rows = np.stack([x[:20], np.full(20, 1000, np.float32) + x[20:40], np.zeros_like(x[:20])])
        compare("softmax", attention._causal_softmax, (np.repeat(rows, 7, axis=0),))
        rows = np.concatenate([rows, np.full((1, 20), -np.inf, np.float32)])
        compare("softmax", attention._softmax, (rows,))
        compare("softmax", loss._log_softmax, (rows,))
        rows = rows[:-1]
        compare("norm", norm._layer_rows, (rows[1:], None, None, 1e-5), tol=1e-4)
        compare("norm", norm._rms_rows, (rows, None, 1e-5))


def test_e_to_the_x_is_right_to_its_last_digits():
    from minigrad.kernels.compile import exp

    for x in (
        -103.9,
        -87.3,
        -86.6,
        -86.4,
        -80,
        -1,
        -1e-8,
        0,
        1e-8,
        0.34,
        0.35,
        1,
        50,
        88,
        88.5,
        88.72,
    ):
        x = np.float32(x)
        assert exp(x) == pytest.approx(float(np.exp(np.float64(x))), rel=4e-7, abs=1e-37)
    assert exp(np.float32(-np.inf)) == 0 and exp(np.float32(np.inf)) == np.inf
    assert np.isnan(exp(np.float32(np.nan)))


def test_what_runs_follows_size_dtype_and_the_environment(monkeypatch):
    calls = []
    monkeypatch.setattr(kernels, "compiled", lambda room, name: lambda *args: calls.append(name))
    form = kernels.twin("activation", 10)(lambda x, name=0: "named" if name else "form")
    for state, expected in (("numba", [None, "form", "form"]), ("numpy", ["form"] * 3)):
        monkeypatch.setattr(kernels, "running", lambda state=state: state)
        big, small = np.ones(10, np.float32), np.ones(9, np.float32)
        assert [form(big), form(small), form(big.astype(np.float64))] == expected
    assert len(calls) == 1
    monkeypatch.setattr(kernels, "running", lambda: "numba")
    assert [form(small, together=n) for n in (9, 10)] == ["form", None]  # one of several arrays
    assert (form(big, name=1), form(mg.tensor(big))) == ("named", "form")


def test_numba_is_imported_at_the_first_large_array_and_not_before():
    program = """
import sys, minigrad as mg, minigrad.nn.functional as F
F.gelu(mg.randn(100)); F.gelu(mg.randn(300, 300, dtype="float64"))
before = "numba" in sys.modules
F.gelu(mg.randn(300, 300))
print(before, "numba" in sys.modules)
"""
    for mode, expected in (("", "False True"), ("numpy", "False False")):
        env = {**os.environ, "MINIGRAD_KERNELS": mode}
        done = subprocess.run(
            [sys.executable, "-c", program], env=env, capture_output=True, text=True
        )
        assert done.stdout.strip() == expected, done.stderr
