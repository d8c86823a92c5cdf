"""Second derivatives of every op: gradients of gradients against central differences, and against
PyTorch's. A fused op's are those of its parts."""

from importlib.util import find_spec

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import gradgradcheck
from tests.each import each
from tests.functional.cases import NAMED
from tests.functional.inputs import apply, convert, leaves

# |x| has a kink at 0, and so has every norm made of it
SMOOTH = {
    name: case
    for name, case in NAMED.items()
    if not (case.op == "norm" and np.size(case.args[0]) and np.min(np.abs(case.args[0])) == 0)
}


@each(case=SMOOTH)
def test_the_second_derivative_is_right(case):
    args, kwargs = convert(mg, case.args), convert(mg, case.kwargs)
    inputs = leaves((args, kwargs))
    assert gradgradcheck(lambda *_: apply(mg, case.op, args, kwargs), inputs)


def second(lib, case):
    """The gradients of a weighted sum of a case's gradients, zeros where there are none."""
    args, kwargs = convert(lib, case.args), convert(lib, case.kwargs)
    inputs = leaves((args, kwargs))
    rng = np.random.default_rng(0)
    outs = [o for o in apply(lib, case.op, args, kwargs) if o.requires_grad]

    def drawn(tensors):
        return [lib.tensor(np.asarray(rng.standard_normal(tuple(t.shape)))) for t in tensors]

    weights = [w.requires_grad_() for w in drawn(outs)]
    first = lib.autograd.grad(outs, inputs, weights, create_graph=True, allow_unused=True)
    weighed = zip(first, drawn(inputs), strict=True)
    total = sum((g * v).sum() for g, v in weighed if g is not None and g.requires_grad)
    found: list = [None] * (len(inputs) + len(weights))
    if isinstance(total, lib.Tensor):
        found = lib.autograd.grad(total, [*inputs, *weights], allow_unused=True)
    pairs = zip(found, [*inputs, *weights], strict=True)
    return [
        np.zeros(tuple(t.shape)) if g is None else np.reshape((g + 0).tolist(), tuple(t.shape))
        for g, t in pairs
    ]


UNLIKE = {
    "dropout": "draws other numbers",
    "scaled_dot_product_attention": "PyTorch's flash kernel has no second derivative",
}
BROKEN = {  # PyTorch's own errors at these: no bias there, and an empty tensor
    "layer_norm-7": "Expected a proper Tensor but got None",
    "embedding-3": "cannot reshape tensor of 0 elements",
}
HERE = {n: c for n, c in SMOOTH.items() if c.op not in UNLIKE and n not in BROKEN}


@pytest.mark.filterwarnings("ignore:.*degrees of freedom")
@pytest.mark.skipif(not find_spec("torch"), reason="torch is not installed")
@each(case=HERE)
def test_the_second_derivative_is_pytorchs(case):
    import torch

    for ours, theirs in zip(second(mg, case), second(torch, case), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-10)
