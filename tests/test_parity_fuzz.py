"""Calls drawn at random, sensible and not: the result is PyTorch's, or the error is ours. Never a
traceback from NumPy, and never a value where PyTorch refuses, but for what is listed."""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import minigrad as mg
from minigrad.errors import MinigradError
from tests.differences import DIFFERENCES
from tests.functional.inputs import find

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

fuzzed = settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
DTYPES = ["float32", "float64", "float64", "float64", "int64", "bool"]


class Array(tuple):
    """Stands for a tensor: (shape, dtype, seed)."""

    def made(self, lib):
        shape, dtype, seed = self
        rng = np.random.default_rng(seed)
        values = rng.uniform(0.3, 2, shape) if dtype.startswith("f") else rng.integers(0, 3, shape)
        return lib.tensor(np.asarray(values), dtype=getattr(lib, dtype))


def arrays(dtypes=DTYPES, max_dims=3, min_side=0):
    shapes = array_shapes(min_dims=0, max_dims=max_dims, min_side=min_side, max_side=3)
    return st.tuples(shapes, st.sampled_from(dtypes), st.integers(0, 5)).map(Array)


dims = st.one_of(st.integers(-4, 3), st.none(), st.lists(st.integers(-3, 2), max_size=3))
one_dim = st.integers(-4, 3)
sizes = st.lists(st.integers(-1, 4), max_size=3)
numbers = st.one_of(st.integers(-2, 3), st.floats(-2, 3, allow_subnormal=False), st.booleans())
operand = st.one_of(arrays(), numbers)
ints, flags, floats = arrays(["int64"]), arrays(["bool"]), arrays(["float64"])

# op -> what its arguments are drawn from
ARGUMENTS = {
    **dict.fromkeys(["add", "sub", "mul", "div", "pow", "eq", "lt"], (arrays(), operand)),
    **dict.fromkeys(["maximum", "minimum", "matmul", "outer"], (arrays(), arrays())),
    **dict.fromkeys(["exp", "sqrt", "neg", "abs", "sign", "sigmoid", "relu", "t"], (arrays(),)),
    **dict.fromkeys(["sum", "mean", "amax", "amin", "logsumexp"], (arrays(), dims, st.booleans())),
    **dict.fromkeys(["all", "any"], (arrays(), dims, st.booleans())),
    **dict.fromkeys(["max", "min", "argmax", "prod"], (arrays(), one_dim, st.booleans())),
    **dict.fromkeys(["softmax", "log_softmax", "cumsum", "unsqueeze"], (arrays(), one_dim)),
    **dict.fromkeys(["squeeze", "flip"], (arrays(), dims)),
    **dict.fromkeys(["reshape", "view", "expand", "repeat", "permute"], (arrays(), sizes)),
    **dict.fromkeys(["tril", "triu"], (arrays(), st.integers(-2, 2))),
    "transpose": (arrays(), one_dim, one_dim),
    "flatten": (arrays(), one_dim, one_dim),
    "norm": (arrays(), st.sampled_from([1, 2, 3, float("inf")]), dims, st.booleans()),
    "clamp": (arrays(), numbers, numbers),
    "where": (arrays(["bool", "bool", "int64"]), operand, operand),
    "cat": (st.lists(arrays(max_dims=2), max_size=3), one_dim),
    "stack": (st.lists(arrays(max_dims=2), max_size=3), one_dim),
    "split": (arrays(), st.one_of(st.integers(-1, 4), sizes), one_dim),
    "chunk": (arrays(), st.integers(-1, 4), one_dim),
    "gather": (arrays(), one_dim, ints),
    "index_select": (arrays(), one_dim, ints),
    "masked_fill": (arrays(), flags, numbers),
    "one_hot": (ints, st.integers(-1, 4)),
    "embedding": (ints, arrays()),
    "linear": (arrays(), arrays(), st.one_of(st.none(), arrays())),
    "einsum": (
        st.sampled_from(["ij,jk->ik", "i,i", "ij->ji", "...i,i->...", "ii->i", "ij,k->kij", "bij"]),
        arrays(),
        arrays(),
    ),
    "layer_norm": (arrays(), sizes, st.one_of(st.none(), arrays())),
    "rms_norm": (arrays(), sizes, st.one_of(st.none(), arrays())),
    "cross_entropy": (arrays(), ints),
    "nll_loss": (arrays(), ints),
    "mse_loss": (arrays(), arrays()),
    "binary_cross_entropy_with_logits": (floats, arrays(["float64", "int64", "bool"])),
    "scaled_dot_product_attention": (arrays(), arrays(), arrays()),
    "getitem": (
        arrays(),
        st.lists(
            st.one_of(
                st.integers(-4, 3),
                st.none(),
                st.just(Ellipsis),
                st.builds(slice, st.none() | st.integers(-4, 4), st.none() | st.integers(-4, 4)),
                ints,
                arrays(["bool"], min_side=1),  # NumPy takes an empty mask for any shape
            ),
            max_size=3,
        ).map(tuple),
    ),
}


def tensors(arguments):
    """The arrays among the arguments, those in lists included."""
    found = []
    for argument in arguments:
        if isinstance(argument, Array):
            found.append(argument)
        elif isinstance(argument, list | tuple):
            found += tensors(argument)
    return found


def shapes(arguments):
    return [shape for shape, _, _ in tensors(arguments)]


def dtypes(arguments):
    return [dtype for _, dtype, _ in tensors(arguments)]


# Where minigrad refuses what PyTorch takes, or takes what PyTorch refuses: the row of
# DIFFERENCES.md that says why, the ops it is about, and of which calls of them it holds.
REFUSED = {
    "a boolean's power": ("pow", lambda a: "bool" in dtypes(a)),
    "a boolean's sign": ("sign", lambda a: dtypes(a) == ["bool"]),
    "mse_loss of integers": ("mse_loss", lambda a: not dtypes(a)[0].startswith("float")),
    "mse_loss of two shapes": ("mse_loss", lambda a: len(set(shapes(a))) == 2),
    "einsum of two dtypes": ("einsum", lambda a: len(set(dtypes(a))) == 2),
    "an embedding of integers": ("embedding", lambda a: dtypes(a)[1] in ("int64", "bool")),
    "a linear layer of one output": ("linear", lambda a: len(shapes(a)[1]) == 1),
    "one gathered element": ("gather", lambda a: shapes(a)[1] == ()),
    "one score with one label in a list": (
        "cross_entropy nll_loss",
        lambda a: (len(shapes(a)[0]), shapes(a)[1]) == (1, (1,)),
    ),
    "weights of a norm that are no numbers": ("rms_norm", lambda a: "bool" in dtypes(a)[1:]),
    "an empty vector among matrices": ("cat", lambda a: (0,) in shapes(a)),
    "two ellipses": ("getitem", lambda a: sum(part is Ellipsis for part in a[1]) > 1),
    "a repetition below 0": ("repeat", lambda a: min(a[1]) < 0),
    "parts of size 0": ("split", lambda a: a[1] == 0),
    "nothing, of any dtype": (
        "matmul softmax log_softmax linear einsum gather embedding scaled_dot_product_attention",
        lambda a: any(0 in shape for shape in shapes(a)),
    ),
}
ALLOWED = {
    "subtracted booleans": ("sub", lambda a: "bool" in dtypes(a) or bool in map(type, a)),
    "the largest boolean": ("argmax", lambda a: dtypes(a) == ["bool"]),
    "booleans between bounds": ("clamp", lambda a: dtypes(a) == ["bool"]),
    "dim=() of logsumexp": ("logsumexp", lambda a: not a[1]),
    "dim=None of squeeze": ("squeeze", lambda a: a[1] is None),
    "one dim for flip": ("flip", lambda a: isinstance(a[1], int)),
    "the norm of nothing": ("norm", lambda a: 0 in shapes(a)[0]),
    "integer targets of a binary loss": (
        "binary_cross_entropy_with_logits",
        lambda a: dtypes(a)[1] in ("int64", "bool"),
    ),
    "a norm's weight of another dtype": (
        "layer_norm rms_norm",
        lambda a: len(set(dtypes(a))) == 2,
    ),
}


def listed(differences, op, arguments):
    """Whether a row of these covers the call."""
    return any(op in ops.split() and holds(arguments) for ops, holds in differences.values())


def test_every_difference_stands_in_the_document():
    assert {*REFUSED, *ALLOWED} <= set(DIFFERENCES)


def given_to(lib, argument):
    if isinstance(argument, Array):
        return argument.made(lib)
    if isinstance(argument, list | tuple):
        return type(argument)(given_to(lib, item) for item in argument)
    return argument


def outcome(lib, op, arguments):
    """The results as arrays, or None where the call was refused."""
    refusal = MinigradError if lib is mg else (RuntimeError, IndexError, TypeError, ValueError)
    arguments = [given_to(lib, argument) for argument in arguments]
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning)  # PyTorch's
            out = find(lib, op)(*arguments)
        outs = list(out) if isinstance(out, tuple | list) else [out]
        dtypes = [str(o.dtype).removeprefix("torch.") for o in outs]
        return [(d, tuple(o.shape), o.detach().numpy()) for d, o in zip(dtypes, outs, strict=True)]
    except refusal:
        return None


@pytest.mark.parametrize("op", ARGUMENTS)
@given(data=st.data())
@fuzzed
def test_a_result_equals_pytorchs_or_the_error_is_ours(op, data):
    arguments = [data.draw(strategy) for strategy in ARGUMENTS[op]]
    if op == "einsum" and arguments[0].count(",") == 0:
        arguments.pop()
    ours, theirs = outcome(mg, op, arguments), outcome(torch, op, arguments)
    if ours is None:
        assert theirs is None or listed(REFUSED, op, arguments)
    elif theirs is None:
        assert listed(ALLOWED, op, arguments)
    else:
        # attention of nothing: PyTorch's batch dimensions then depend on the kernel
        assume(op != "scaled_dot_product_attention" or 0 not in ours[0][1])
        equal(ours, theirs)


def equal(ours, theirs):
    assert len(ours) == len(theirs)
    for (dtype, shape, values), (*expected, others) in zip(ours, theirs, strict=True):
        assert [dtype, shape] == expected
        np.testing.assert_allclose(values, others, 2e-5 if dtype == "float32" else 1e-9, 1e-7)
