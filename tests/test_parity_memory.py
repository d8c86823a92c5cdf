"""Which results share memory with an argument, beside PyTorch's, on the table of cases: whoever
changes such a result in place changes the argument."""

import numpy as np
import pytest

import minigrad as mg
from tests.each import each
from tests.functional.cases import FIXED
from tests.functional.inputs import apply, convert, leaves

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:.*degrees of freedom:UserWarning"),
]


def memory(tensor):
    """An identity of the memory a tensor lies in."""
    if isinstance(tensor, torch.Tensor):
        return tensor.untyped_storage().data_ptr()
    array = tensor.array
    while isinstance(array.base, np.ndarray):
        array = array.base
    return id(array)


def sharing(lib, case):
    """For each result and each argument: whether they share memory (False where both are empty)."""
    args, kwargs = convert(lib, case.args), convert(lib, case.kwargs)
    outputs = apply(lib, case.op, args, kwargs)
    return [
        (i, j, memory(out) == memory(given))
        for i, out in enumerate(outputs)
        for j, given in enumerate(leaves((args, kwargs)))
        if out.numel() and given.numel()
    ]


def of_one(case):
    """Whether it is an einsum of one operand (DIFFERENCES.md)."""
    return case.op == "einsum" and len(case.args) == 2


@each(case={name: case for name, case in FIXED.items() if not of_one(case)})
def test_results_share_memory_with_an_argument_as_pytorchs_do(case):
    assert sharing(mg, case) == sharing(torch, case), case.args[1:]
