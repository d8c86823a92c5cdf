"""Second derivatives of every op: gradients of gradients against central differences, and against
PyTorch's. A fused op's are those of its parts."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import gradgradcheck
from tests.functional.cases import ALL, IDS
from tests.functional.inputs import apply, convert, leaves

# |x| has a kink at 0, and so has every norm made of it
SMOOTH = [
    (case, name)
    for case, name in zip(ALL, IDS, strict=True)
    if not (case.op == "norm" and np.size(case.args[0]) and np.min(np.abs(case.args[0])) == 0)
]


@pytest.mark.parametrize("case", [c for c, _ in SMOOTH], ids=[name for _, name in SMOOTH])
def test_the_second_derivative_is_right(case):
    args, kwargs = convert(mg, case.args), convert(mg, case.kwargs)
    inputs = leaves((args, kwargs))
    assert gradgradcheck(lambda *_: apply(mg, case.op, args, kwargs), inputs)
