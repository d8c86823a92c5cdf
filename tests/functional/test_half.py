"""Half precision, over the table of cases: computed in float32 and rounded once, values and
gradients, in float16 and in bfloat16."""

from importlib.util import find_spec

import numpy as np
import pytest

import minigrad as mg
from tests.each import each
from tests.functional.cases import NAMED
from tests.functional.inputs import apply, convert, leaves

DIGITS = {"float16": 11, "bfloat16": 8}


def run(case, dtype, inputs=None, weights=None):
    """(leaves, outputs, weights, gradients) of a case in `dtype`, on the values of `inputs`."""
    args, kwargs = convert(mg, case.args, dtype), convert(mg, case.kwargs, dtype)
    own = leaves((args, kwargs))
    for leaf, given in zip(own, inputs or own, strict=True):
        leaf.array = given.array.astype(leaf.array.dtype)
    outs = [o for o in apply(mg, case.op, args, kwargs) if o.requires_grad]
    if weights is None:
        rng = np.random.default_rng(0)
        weights = [mg.tensor(rng.uniform(0.5, 1, o.shape), dtype=dtype) for o in outs]
    return own, outs, weights, mg.autograd.grad(outs, own, weights, allow_unused=True)


@each(case=NAMED, dtype=list(DIGITS) if find_spec("ml_dtypes") else ["float16"])
def test_rounded_once(case, dtype):
    inputs, outs, weights, grads = run(case, dtype)
    _, exact, _, slopes = run(case, "float64", inputs, [w.double() for w in weights])
    eps = 2.0 ** -DIGITS[dtype]
    for found, right in zip(outs, exact, strict=True):
        assert found.dtype.name == dtype
        np.testing.assert_allclose(
            found.array.astype(np.float64), right.array, rtol=1.02 * eps, atol=1e-5
        )
    for found, right in zip(grads, slopes, strict=True):
        if found is None:
            continue
        assert found.dtype.name == dtype
        scale = np.abs(right.array).max(initial=1)  # a result saved in half costs its own rounding
        np.testing.assert_allclose(
            found.array.astype(np.float64), right.array, rtol=4 * eps, atol=4 * eps * scale + 1e-5
        )


def test_a_number_is_float32_beside_half_precision():
    half = mg.tensor([0.5, 0.001, 1000.0], dtype="float16")
    np.testing.assert_allclose((half[:1] * 65536.0).tolist(), [32768])
    np.testing.assert_allclose((half[1:2] * 1e5).tolist(), [100.06], rtol=1e-3)
    np.testing.assert_allclose((1e5 / half[2:]).tolist(), [100], rtol=1e-3)
    assert (half[2:] * 1e-8).item() != 0
    assert ((half * 65536.0) * 2.0).dtype == (2 - half).dtype == (half**2).dtype == mg.float16
    assert (half == 0.001).tolist() == [False, True, False]  # but compared as what it is in half


def test_the_gradients_of_a_quotient_at_every_scale():
    for size in (1e-4, 300.0):
        y = mg.tensor([size], dtype="float16", requires_grad=True)
        (1.0 / y).backward(mg.tensor([size]))
        np.testing.assert_allclose(y.grad.numpy(), [-1 / size], rtol=2e-3)


def test_bfloat16_is_saved_and_loaded(tmp_path):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    x = mg.rand(3, 2).bfloat16()
    assert x.dtype == mg.bfloat16 == ml_dtypes.bfloat16 and x.to("bfloat16") is x
    mg.save({"x": x}, tmp_path / "x.npz")
    loaded = mg.load(tmp_path / "x.npz")["x"]
    assert loaded.dtype == mg.bfloat16 and loaded.tolist() == x.tolist()
    assert (x + mg.ones(3, 2, dtype="float16")).dtype == mg.float32


def test_bfloat16_needs_ml_dtypes_and_says_so(monkeypatch):
    from minigrad.core.dtype import bfloat16

    bfloat16.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "ml_dtypes", None)
    with pytest.raises(mg.errors.DtypeError, match=r'pip install "minigrad\[bf16\]"'):
        mg.ones(1).bfloat16()
    bfloat16.cache_clear()
