"""NumPy's functions on Tensors are minigrad's ops; what is no op is refused or leaves the graph."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import gradcheck
from minigrad.errors import DtypeError, GraphError
from minigrad.functional.numpy_protocol import _FUNCTIONS, _REDUCTIONS, _UFUNCS

RNG = np.random.default_rng(0)
X, Y = RNG.uniform(0.3, 1.5, (2, 3)), RNG.uniform(1.6, 2.5, (2, 3))
BOOLEANS = {np.bitwise_and, np.bitwise_or, np.invert}


@pytest.mark.parametrize("ufunc", _UFUNCS, ids=lambda u: u.__name__)
def test_a_ufunc_gives_what_it_gives_of_arrays(ufunc):
    arrays = [X > 1, Y > 2] if ufunc in BOOLEANS else [X, Y.T if ufunc is np.matmul else Y]
    arrays = arrays[: ufunc.nin]
    found = ufunc(*map(mg.tensor, arrays))
    assert isinstance(found, mg.Tensor)
    np.testing.assert_allclose(found.numpy(), ufunc(*arrays), rtol=1e-15)


@pytest.mark.parametrize("ufunc", _REDUCTIONS, ids=lambda u: u.__name__)
def test_a_reduction(ufunc):
    for options in ({}, {"axis": 1}, {"axis": (0, 1), "keepdims": True}, {"axis": None}):
        found = ufunc.reduce(mg.tensor(X), **options)
        np.testing.assert_allclose(found.numpy(), ufunc.reduce(X, **options), rtol=1e-15)


CALLS = {
    np.where: lambda x: np.where(X > 1, x, 0),
    np.sum: lambda x: np.sum(x, axis=1, keepdims=True),
    np.mean: lambda x: np.mean(x),
    np.reshape: lambda x: np.reshape(x, (3, 2)),
    np.transpose: lambda x: np.transpose(x),
    np.swapaxes: lambda x: np.swapaxes(x, 0, 1),
    np.moveaxis: lambda x: np.moveaxis(x.reshape(1, 2, 3), 1, -1),
    np.broadcast_to: lambda x: np.broadcast_to(x, (4, 2, 3)),
    np.flip: lambda x: np.flip(x, (1,)),
    np.tril: lambda x: np.tril(x, -1),
    np.triu: lambda x: np.triu(x, 1),
    np.concatenate: lambda x: np.concatenate([x, x], 1),
    np.stack: lambda x: np.stack([x, x]),
    np.einsum: lambda x: np.einsum("ij,kj->ik", x, x),
}


def test_every_function_has_its_call():
    assert set(CALLS) == set(_FUNCTIONS)


@pytest.mark.parametrize("function", CALLS, ids=lambda f: f.__name__)
def test_a_function_gives_what_it_gives_of_arrays_and_is_recorded(function):
    x = mg.tensor(X, requires_grad=True)
    found = CALLS[function](x)
    np.testing.assert_allclose(found.detach().numpy(), CALLS[function](X), rtol=1e-15)
    assert gradcheck(CALLS[function], x)


def test_what_is_no_op():
    x = mg.tensor(X)
    with pytest.raises(DtypeError, match="arctan2 takes no Tensor"):
        np.arctan2(x, x)
    with pytest.raises(DtypeError, match=r"wrap it with minigrad\.tensor"):
        np.multiply(x, X)
    assert np.allclose(x, X) and not isinstance(np.median(x), mg.Tensor)  # of its values
    with pytest.raises(GraphError, match="detach"):
        np.median(x.requires_grad_())
