"""Second derivatives of every op: gradients of gradients against central differences, and against
PyTorch's. A fused op's are those of its parts."""

import pytest

import minigrad as mg
from minigrad.autograd import gradgradcheck
from tests.functional.cases import ALL, IDS
from tests.functional.inputs import apply, convert, leaves


@pytest.mark.parametrize("case", ALL, ids=IDS)
def test_the_second_derivative_is_right(case):
    args, kwargs = convert(mg, case.args), convert(mg, case.kwargs)
    inputs = leaves((args, kwargs))
    assert gradgradcheck(lambda *_: apply(mg, case.op, args, kwargs), inputs)
