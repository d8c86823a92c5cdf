"""core/signatures.py says of Tensor what functional/operators.py makes of it."""

import inspect

import pytest

from minigrad.core.signatures import TensorMethods
from minigrad.core.tensor import Tensor
from minigrad.functional.operators import METHODS, OPERATORS, PROPERTIES

DECLARED = {
    name: value
    for name, value in vars(TensorMethods).items()
    if inspect.isfunction(value) or isinstance(value, property)
}


def parameters(function):
    """(name, kind, default) of every parameter but the tensor itself."""
    found = list(inspect.signature(function).parameters.values())
    return [(p.name, p.kind, p.default) for p in found[1:]]


def test_the_same_names_are_declared_and_bound():
    assert set(DECLARED) == set(OPERATORS) | set(METHODS) | set(PROPERTIES)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_has_the_declared_parameters(name):
    assert parameters(DECLARED[name]) == parameters(METHODS[name])


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_takes_the_declared_operands(name):
    declared = parameters(DECLARED[name])
    bound = [p for p in parameters(OPERATORS[name]) if p[2] is inspect.Parameter.empty]
    if any(p[1] is inspect.Parameter.VAR_POSITIONAL for p in bound):  # a wrapper of any arity
        return
    assert [p[0] for p in declared] == [p[0] for p in bound]


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_property_is_declared_as_one(name):
    assert isinstance(DECLARED[name], property)
    assert isinstance(getattr(Tensor, name), property)
