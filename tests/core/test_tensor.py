"""What a Tensor is: construction, conversion, printing, leaving the graph."""

import copy
import pickle

import numpy as np
import pytest

import minigrad as mg
from minigrad import Tensor
from minigrad.errors import ArgumentError, DimError, DtypeError, GraphError, ShapeError


def test_the_constructor_shares_memory_and_tensor_copies():
    array = np.zeros(3, np.float32)
    shared, copied, from_numpy = mg.from_numpy(array), mg.tensor(array), mg.from_numpy(array)
    array[0] = 5
    assert shared.tolist() == from_numpy.tolist() == [5, 0, 0]
    assert copied.tolist() == [0, 0, 0]
    assert shared.numpy() is array


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1, "int64"),
        (1.5, "float32"),
        (True, "bool"),
        ([[1, 2], [3, 4]], "int64"),
        ([1, 2.5], "float32"),
        ([], "float32"),
        ((1.0, 2), "float32"),
        (np.float64(2.5), "float64"),
        (np.ones(2), "float64"),
        (np.ones(2, np.uint8), "int64"),
        ([mg.tensor(1.5), 2], "float32"),
        (mg.ones(2, dtype="float16"), "float16"),
        (range(3), "int64"),
    ],
)
def test_the_dtype_follows_the_data(data, dtype):
    assert str(mg.tensor(data).dtype) == dtype


def test_what_is_no_tensor():
    with pytest.raises(ShapeError, match="equal lengths"):
        mg.tensor([[1, 2], [3]])
    for wrong in ("abc", [None], {"a": 1}, object(), ["a"]):
        with pytest.raises(DtypeError):
            mg.tensor(wrong)
    with pytest.raises(DtypeError, match="only floating-point tensors have gradients"):
        mg.tensor([1, 2], requires_grad=True)


def test_what_it_says_of_itself():
    x = mg.zeros(2, 3)
    assert (x.shape, x.ndim, x.dim(), x.numel(), len(x)) == ((2, 3), 2, 2, 6, 2)
    assert (x.size(), x.size(0), x.size(-1)) == ((2, 3), 2, 3)
    assert x.is_floating_point() and not x.long().is_floating_point()
    with pytest.raises(DimError, match="size: dim must lie in"):
        x.size(2)
    with pytest.raises(DimError, match="0-d"):
        mg.tensor(1.0).size(0)


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        (mg.tensor(1.5), "tensor(1.5)"),
        (mg.tensor([1.0, -2.25]), "tensor([ 1.  , -2.25])"),
        (mg.tensor([1, 2]), "tensor([1, 2])"),
        (mg.tensor([True]), "tensor([ True])"),
        (mg.tensor([1.0], dtype="float64"), "tensor([1.], dtype=float64)"),
        (mg.ones(1, requires_grad=True), "tensor([1.], requires_grad=True)"),
        (mg.ones(1, requires_grad=True) * 2, "tensor([2.], grad_fn=<mul>)"),
        (mg.eye(2), "tensor([[1., 0.],\n        [0., 1.]])"),
        (mg.zeros(0, 2), "tensor([], size=(0, 2))"),
    ],
)
def test_repr(tensor, text):
    assert repr(tensor) == text


def test_one_element_is_a_python_number():
    x = mg.tensor([[2.5]])
    assert (x.item(), float(x), int(x), bool(x)) == (2.5, 2.5, 2, True)
    assert type(mg.tensor(3).item()) is int
    assert f"{mg.tensor(2.0):.3f}" == "2.000"
    assert [10, 20, 30][mg.tensor(1)] == 20
    with pytest.raises(ShapeError, match=r"exactly one element, got shape \(2,\)"):
        mg.ones(2).item()
    with pytest.raises(ShapeError, match="any\\(\\) or all\\(\\)"):
        bool(mg.ones(2))
    with pytest.raises(DtypeError, match="integer tensor"):
        [1, 2][mg.tensor(1.0)]


def test_iteration_and_length():
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    a, b = x
    (a * b).sum().backward()
    assert x.grad.tolist() == [[3, 4], [1, 2]]
    with pytest.raises(TypeError, match="0-d"):
        len(mg.tensor(1.0))
    with pytest.raises(TypeError, match="0-d"):
        iter(mg.tensor(1.0))


def test_numpy_sees_a_tensor_outside_the_graph_only():
    x = mg.ones(2)
    assert np.asarray(x) is x.array
    assert np.asarray(x, dtype=np.float64).dtype == np.float64
    assert np.array(x) is not x.array
    with pytest.raises(GraphError, match=r"detach\(\).numpy\(\)"):
        x.requires_grad_().numpy()
    with pytest.raises(GraphError):
        np.asarray(x)
    assert x.detach().numpy() is x.array


def test_an_array_beside_a_tensor_is_refused_not_absorbed():
    for call in (lambda: np.ones(2) + mg.ones(2), lambda: mg.ones(2) * np.ones(2)):
        with pytest.raises(DtypeError, match=r"wrap it with minigrad.tensor"):
            call()
    assert (np.float32(2) * mg.ones(2)).tolist() == [2, 2]
    assert (mg.ones(2) + np.float64(1)).dtype == mg.float32


def test_what_numpy_does_beside_a_tensor():
    w = mg.ones(2, requires_grad=True)
    (w * 3).sum().backward()
    w.array += -0.1 * w.grad  # the array itself: nothing is recorded, and w stays a leaf
    w.array[0] -= w.grad[0]
    np.testing.assert_allclose(w.tolist(), [-2.3, 0.7], 1e-6)
    assert w.is_leaf and w.dtype == mg.float32
    with pytest.raises(GraphError, match=r"use tensor\.detach"):
        w.array += w * 2
    x = mg.tensor([1.0, 3.0])
    for number in (np.float32(2), np.float64(2), np.int64(2)):
        assert (number - x).tolist() == [1, -1] and (number < x).tolist() == [False, True]
        assert (number == x).tolist() == [False, False] and (number / x).dtype == mg.float32
    for call in (lambda: np.arctan2(x, x), lambda: np.modf(x), lambda: np.add.accumulate(x)):
        with pytest.raises(DtypeError, match="takes no Tensor: use minigrad's own op"):
            call()


def test_equality_is_elementwise_and_hashing_by_identity():
    x = mg.ones(2)
    assert (x == mg.tensor([1.0, 2.0])).tolist() == [True, False]
    assert (x == None) is False  # noqa: E711 - the comparison itself is tested
    assert (x != "a") is True
    assert len({x, x, mg.ones(2)}) == 2


def test_requires_grad_is_switched_on_leaves():
    x = mg.ones(2)
    assert x.requires_grad_() is x and x.requires_grad
    y = x * 2
    with pytest.raises(GraphError, match="use detach"):
        y.requires_grad_(False)
    x.requires_grad_(False)
    assert not (x * 2).requires_grad
    with pytest.raises(DtypeError):
        mg.tensor([1]).requires_grad_()


def test_a_leaf_is_copied_and_pickled_with_its_gradient():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    for twin in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert twin.tolist() == [1, 2] and twin.requires_grad
        assert twin.grad.tolist() == [2, 4]
        twin.array[0] = 9
    assert x.tolist() == [1, 2]
    with pytest.raises(GraphError, match="only a leaf can be copied or pickled"):
        copy.deepcopy(x * 2)


def test_random_fills():
    x = mg.zeros(1000, dtype="float64")
    assert x.normal_(2, 0.5, generator=mg.Generator(0)) is x
    assert abs(x.mean().item() - 2) < 0.1 and abs(x.std().item() - 0.5) < 0.05
    x.uniform_(-1, 3, generator=mg.Generator(0))
    assert x.min().item() >= -1 and x.max().item() < 3
    assert abs(x.mean().item() - 1) < 0.15
    with pytest.raises(ArgumentError, match="std must be ≥ 0"):
        x.normal_(0, -1)
    with pytest.raises(ArgumentError, match="a must not be above b"):
        x.uniform_(2, 1)


def test_data_is_a_detached_tensor_of_the_same_memory():
    x = mg.tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
    assert isinstance(x.data, Tensor) and not x.data.requires_grad
    assert np.shares_memory(x.data.array, x.array)
    assert abs(x.data.std().item() - 1.7078) < 1e-4  # NumPy's divides by n
    x.data[0, 0] = 7
    x.data = x.data - 1
    assert x.tolist() == [[6, 1], [2, 4]] and x.is_leaf and x.requires_grad
    with pytest.raises(DtypeError, match="must be a Tensor, got ndarray"):
        x.data = np.ones(2)


def test_the_constructor_is_that_of_floats():
    array = np.array([1.0, 2.0])
    copied = Tensor(array)
    copied[0] = 9
    assert array[0] == 1 and copied.dtype == mg.float32
    zeros = Tensor([0, 0])
    zeros[0] = 0.5
    assert zeros.tolist() == [0.5, 0]
    assert Tensor(2, 3).shape == (2, 3) and Tensor(5).shape == (5,) and Tensor().shape == (0,)
    with pytest.raises(ArgumentError, match="one list or array, or sizes"):
        Tensor([1], [2])
