"""Values, gradients and signatures of every op beside PyTorch's, in float64, on the table of
cases."""

import inspect

import numpy as np
import pytest

import minigrad as mg
from tests.each import each
from tests.functional.cases import FIXED
from tests.functional.inputs import apply, convert, find, leaves

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:.*degrees of freedom:UserWarning"),
]


def both(case, transform=lambda op, args, kwargs: (args, kwargs)):
    """((outputs, leaves) of minigrad, the same of torch)."""
    result = []
    for lib in (mg, torch):
        args, kwargs = convert(lib, case.args), convert(lib, case.kwargs)
        args, kwargs = transform(case.op, args, kwargs)
        result.append((apply(lib, case.op, args, kwargs), leaves((args, kwargs))))
    return result


def gradients(lib, outputs, inputs):
    """d(Σ v·outputs)/d(input) for fixed random v, as arrays."""
    rng = np.random.default_rng(0)
    total = lib.tensor(0.0, dtype=lib.float64)
    for out in outputs:
        if out.requires_grad:
            total = total + (out * lib.tensor(rng.standard_normal(tuple(out.shape)))).sum()
    found = lib.autograd.grad(total, inputs, allow_unused=True)
    return [
        np.zeros(tuple(x.shape)) if g is None else g.numpy()
        for x, g in zip(inputs, found, strict=True)
    ]


def assert_equal(ours, theirs):
    (outputs, inputs), (expected, expected_inputs) = ours, theirs
    assert len(outputs) == len(expected)
    for out, other in zip(outputs, expected, strict=True):
        assert out.shape == tuple(other.shape)
        assert str(other.dtype) == f"torch.{out.dtype}"
        assert out.requires_grad == other.requires_grad
        np.testing.assert_allclose(out.detach().numpy(), other.detach().numpy(), 1e-9, 1e-9)
    found, wanted = gradients(mg, outputs, inputs), gradients(torch, expected, expected_inputs)
    for g, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(g, other, 1e-9, 1e-9)


@each(case=FIXED)
def test_values_and_gradients(case):
    assert_equal(*both(case))


def by_keyword(op, args, kwargs):
    """The same call with every argument named as minigrad names it."""
    parameters = list(inspect.signature(find(mg, op)).parameters)
    return (), {**dict(zip(parameters, args, strict=False)), **kwargs}


def called_by_keyword(case):
    """Whether PyTorch documents names for the arguments of this call."""
    kinds = {p.kind for p in inspect.signature(find(mg, case.op)).parameters.values()}
    functions = set(dir(torch)) | set(dir(torch.nn.functional))
    named = case.op in functions and not case.op.endswith("_")
    if not named or inspect.Parameter.VAR_POSITIONAL in kinds:
        return False
    if case.op in ("max", "min") and isinstance(case.args[-1], np.ndarray):
        return len(case.args) == 1  # a row of DIFFERENCES.md
    return not (case.op in ("pow", "where") and float in map(type, case.args))  # named self there


@each(case={name: case for name, case in FIXED.items() if called_by_keyword(case)})
def test_a_call_by_keyword(case):
    """PyTorch takes our names of parameters, so a script can use them with either."""
    assert_equal(*both(case, by_keyword))
