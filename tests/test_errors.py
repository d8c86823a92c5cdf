"""Bad input raises our errors at the call that received it: what must hold, what was received, what
to do. The classes derive from what PyTorch users would catch."""

import inspect
import re

import numpy as np
import pytest

import minigrad as mg
from minigrad import errors
from minigrad.errors import (
    ArgumentError,
    DimError,
    DtypeError,
    GraphError,
    IndexRangeError,
    InplaceError,
    MinigradError,
    ShapeError,
)
from tests.each import each
from tests.error_cases import TABLE
from tests.functional.cases import CASES, IN_PLACE
from tests.functional.inputs import apply, convert, is_random


@pytest.mark.parametrize("name", TABLE)
def test_the_error_and_its_text(name):
    call, expected, text = TABLE[name]
    with pytest.raises(expected) as caught:
        call()
    assert type(caught.value) is expected
    assert re.search(text, str(caught.value)), str(caught.value)


# -- the same mistakes for every op ----------------------------------------------------------------

TENSOR_FIRST = sorted(
    set(CASES)
    - {"einsum", "cat", "stack", "add", "sub", "mul", "div", "pow", "mT"}
    - set(IN_PLACE)  # methods: Python itself asks for a Tensor
)


@each(op=TENSOR_FIRST, wrong=["text", None, [1.0], np.ones((2, 3)), {}])
def test_what_is_no_tensor(op, wrong):
    case = next(c for c in CASES[op] if isinstance(c.args[0], np.ndarray) and c.args[0].size)
    args = convert(mg, case.args)
    with pytest.raises(MinigradError, match=r"must be a Tensor|has no|one operand"):
        apply(mg, op, (wrong, *args[1:]), {})


WITH_DIM = {
    op
    for op in CASES
    if "dim" in inspect.signature(getattr(mg, op, len)).parameters and op not in ("max", "min")
}


@each(op=sorted(WITH_DIM), dim=[7, -8, 1.5, "a", True])
def test_a_dim_that_is_not_there(op, dim):
    case = next(c for c in CASES[op] if not is_random(c))
    args = convert(mg, case.args)
    function = getattr(mg, op)
    names = list(inspect.signature(function).parameters)
    given = dict(zip(names, args, strict=False))
    with pytest.raises(DimError, match=rf"{op}: dim must"):
        function(**{**given, "dim": dim})


def test_the_classes_are_what_pytorch_users_catch():
    assert issubclass(ShapeError, RuntimeError | ValueError)
    assert issubclass(DtypeError, RuntimeError) and issubclass(DtypeError, TypeError)
    assert issubclass(DimError, IndexError) and issubclass(IndexRangeError, IndexError)
    assert issubclass(ArgumentError, ValueError)
    assert issubclass(InplaceError, GraphError) and issubclass(GraphError, RuntimeError)
    members = inspect.getmembers(errors, inspect.isclass)
    classes = [c for _, c in members if c.__module__ == errors.__name__]
    assert all(issubclass(c, MinigradError) and c.__doc__ for c in classes)
