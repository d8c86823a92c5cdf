"""Dtypes beside PyTorch's: every pair, with and without dimensions, and Python numbers."""

import operator
from itertools import product

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import MinigradError
from tests.differences import DIFFERENCES
from tests.each import each
from tests.functional.cases import FIXED
from tests.functional.inputs import apply, convert, leaves

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

DTYPES = {
    "float16": [1.0, 2.0, 0.5],
    "float32": [1.0, 2.0, 0.5],
    "float64": [1.0, 2.0, 0.5],
    "int64": [1, 2, 3],
    "bool": [True, False, True],
}

ERRORS = {mg: MinigradError, torch: (RuntimeError, TypeError, IndexError)}

# Where minigrad refuses what PyTorch takes, or takes what PyTorch refuses: the row of
# DIFFERENCES.md that says why.
REFUSED = {
    ("pow", "bool"): "a boolean's power",
    ("sign", "bool"): "a boolean's sign",
    ("invert", "int64"): "inverted integers",
    ("dropout", "int64"): "dropout of integers",
    ("dropout", "bool"): "dropout of integers",
    ("mse_loss", "int64"): "mse_loss of integers",
    ("mse_loss", "bool"): "mse_loss of integers",
}
ALLOWED = {
    "sub": "subtracted booleans",
    "isub": "subtracted booleans",
    "argmax": "the largest boolean",
    "argmin": "the largest boolean",
    "clamp_min": "booleans between bounds",
    "clamp_max": "booleans between bounds",
    "logical_and": "logical_and with a number",
}


def test_every_difference_stands_in_the_document():
    assert {*REFUSED.values(), *ALLOWED.values()} <= set(DIFFERENCES)


def made(lib, operand):
    """A tensor for (dtype, number of dimensions), and a number as it is."""
    if not isinstance(operand, tuple):
        return operand
    dtype, ndim = operand
    values = DTYPES[dtype]
    return lib.tensor(values if ndim else values[0], dtype=getattr(lib, dtype))


def outcome(lib, op, operands):
    """(dtype, values), or None where the call is refused."""
    try:
        out = op(lib, *(made(lib, operand) for operand in operands))
    except ERRORS[lib]:
        return None
    return str(out.dtype).removeprefix("torch."), np.asarray(out.tolist())


def check(name, op, *operands):
    """Both refuse, or both give the same dtype and values, or the difference is listed above."""
    ours, theirs = outcome(mg, op, operands), outcome(torch, op, operands)
    dtype = next(operand[0] for operand in operands if isinstance(operand, tuple))
    if ours is None:
        assert theirs is None or (name, dtype) in REFUSED
    elif theirs is None:
        assert name in ALLOWED
    else:
        assert ours[0] == theirs[0]
        tolerance = 2e-3 if ours[0] == "float16" else 1e-6
        np.testing.assert_allclose(ours[1], theirs[1], tolerance)


def words(text):
    return text.split()


def augmented(op):
    def changed(lib, a, b):
        a = a.clone()
        return op(a, b)

    return changed


def set_rest(lib, a, b):
    a = a.clone()
    a[1:] = b[1:] if getattr(b, "ndim", 0) else b
    return a


BINARY = {
    **{
        name: lambda lib, a, b, name=name: getattr(lib, name)(a, b)
        for name in words("add sub mul div pow maximum minimum eq lt logical_and outer matmul")
    },
    "where": lambda lib, a, b: lib.where(lib.tensor([True, False, True]), a, b),
    "cat": lambda lib, a, b: lib.cat([a, b]),
    "stack": lambda lib, a, b: lib.stack([a, b]),
    "clamp_min": lambda lib, a, b: lib.clamp(a, min=b),
    "clamp_max": lambda lib, a, b: lib.clamp(a, max=b),
    "masked_fill": lambda lib, a, b: lib.masked_fill(a, lib.tensor([True, False, True]), b),
    "setitem": set_rest,
    "iadd": augmented(operator.iadd),
    "isub": augmented(operator.isub),
    "imul": augmented(operator.imul),
    "idiv": augmented(operator.itruediv),
    "copy_": augmented(lambda a, b: a.copy_(b)),
    "mse_loss": lambda lib, a, b: lib.nn.functional.mse_loss(a.reshape(-1), b.reshape(-1)),
}
SAME_SHAPE = {"cat", "stack", "outer", "matmul", "mse_loss"}
NO_NUMBERS = SAME_SHAPE | {"maximum", "minimum"}


@pytest.mark.parametrize("name", BINARY)
def test_two_tensors(name):
    for a, b in product(DTYPES, DTYPES):
        for m, n in product((0, 1), (0, 1)):
            if name in SAME_SHAPE and m != n:
                continue
            check(name, BINARY[name], (a, m), (b, n))


@each(name=[name for name in BINARY if name not in NO_NUMBERS], number=[2, 0, -1, 2.5, True])
def test_a_tensor_and_a_number_which_never_promotes(name, number):
    for dtype, ndim in product(DTYPES, (0, 1)):
        check(name, BINARY[name], (dtype, ndim), number)


@pytest.mark.parametrize("number", [2, 2.5, True], ids=repr)
@pytest.mark.parametrize("op", [operator.add, operator.sub, operator.mul, operator.truediv])
def test_a_number_and_a_tensor(op, number):
    def called(_, a, b):
        return op(a, b)

    for dtype, ndim in product(DTYPES, (0, 1)):
        check(op.__name__, called, number, (dtype, ndim))


UNARY = {
    **{
        name: lambda lib, x, name=name: getattr(lib, name)(x)
        for name in words(
            "neg exp log log1p sqrt rsqrt reciprocal abs sign sin cos relu tanh sigmoid isnan "
            "isfinite logical_not sum mean var std prod amax amin argmax argmin all any max min "
            "norm clone t zeros_like ones_like"
        )
    },
    **{
        name: lambda lib, x, name=name: getattr(lib, name)(x, 0)
        for name in words("sum mean prod logsumexp softmax log_softmax cumsum amax")
    },
    **{
        name: lambda lib, x, name=name: getattr(lib.nn.functional, name)(x)
        for name in words("gelu silu elu leaky_relu softplus")
    },
    "dropout": lambda lib, x: lib.nn.functional.dropout(x, 0.0),
    "one_hot": lambda lib, x: lib.nn.functional.one_hot(x, 5),
    "max along": lambda lib, x: lib.max(x, 0).values,
    "invert": lambda lib, x: ~x,
    "square": lambda lib, x: x**2,
    "root": lambda lib, x: x**0.5,
    "tril": lambda lib, x: lib.tril(x.reshape(1, -1)),
    "clamp": lambda lib, x: lib.clamp(x, 0, 1.5),
    "item": lambda lib, x: lib.tensor(x.reshape(-1)[0].item()),
}


@pytest.mark.filterwarnings("ignore:.*degrees of freedom:UserWarning")
@pytest.mark.parametrize("name", UNARY)
def test_one_tensor(name):
    for dtype, ndim in product(DTYPES, (0, 1)):
        check(name, UNARY[name], (dtype, ndim))


def test_the_dtype_of_new_tensors():
    for data in ([1.0, 2], [1, 2], [True, False], 3, 2.5, [], np.ones(2), np.ones(2, np.float16)):
        assert str(torch.tensor(data).dtype) == f"torch.{mg.tensor(data).dtype}"
    for call in (
        lambda lib: lib.arange(3),
        lambda lib: lib.arange(3.0),
        lambda lib: lib.arange(0, 1, 0.25),
        lambda lib: lib.full((2,), 1),
        lambda lib: lib.full((2,), 1.5),
        lambda lib: lib.full((2,), True),
        lambda lib: lib.zeros(2),
        lambda lib: lib.linspace(0, 1, 3),
        lambda lib: lib.eye(2),
        lambda lib: lib.randint(3, (2,)),
        lambda lib: lib.randperm(3),
        lambda lib: lib.where(lib.tensor(True), 1, 2),
        lambda lib: lib.where(lib.tensor(True), 1.0, 2),
    ):
        assert str(call(torch).dtype) == f"torch.{call(mg).dtype}"


DIGITS = {"float16": 5e-3, "bfloat16": 4e-2}


@pytest.mark.filterwarnings("ignore:.*degrees of freedom:UserWarning")
@each(case=FIXED, dtype=list(DIGITS))
def test_values_and_gradients_in_half_precision(case, dtype):
    """As close to PyTorch's as its own roundings lie: a few of the last of 11 bits, or of 8."""
    results = []
    for lib in (mg, torch):
        args, kwargs = convert(lib, case.args, dtype), convert(lib, case.kwargs, dtype)
        outs = [o for o in apply(lib, case.op, args, kwargs) if o.requires_grad]
        weights = [np.cos(np.arange(o.numel())).reshape(tuple(o.shape)) for o in outs]
        weights = [lib.tensor(w, dtype=getattr(lib, dtype)) for w in weights]
        inputs = leaves((args, kwargs))
        grads = lib.autograd.grad(outs, inputs, weights, allow_unused=True)
        grads = [lib.zeros_like(x) if g is None else g for x, g in zip(inputs, grads, strict=True)]
        assert {str(t.dtype).removeprefix("torch.") for t in (*outs, *grads)} == {dtype}
        results.append([t.detach().float().numpy() for t in (*outs, *grads)])
    for ours, theirs in zip(*results, strict=True):
        scale = max(1.0, np.abs(theirs[np.isfinite(theirs)]).max(initial=0))
        np.testing.assert_allclose(ours, theirs, DIGITS[dtype], DIGITS[dtype] * scale)
