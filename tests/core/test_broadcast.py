"""unbroadcast is the transpose of broadcasting; the checks name what does not fit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from minigrad.core.broadcast import check_broadcast, check_dim, check_dims, total, unbroadcast
from minigrad.errors import DimError, ShapeError

SHAPES = mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=3, max_dims=4)


@given(SHAPES)
@settings(max_examples=100, derandomize=True, deadline=None)
def test_check_broadcast_agrees_with_numpy(drawn):
    assert check_broadcast("add", *drawn.input_shapes) == drawn.result_shape


@given(st.lists(st.integers(0, 3), max_size=3), st.lists(st.integers(0, 3), max_size=3))
@settings(max_examples=100, derandomize=True, deadline=None)
def test_check_broadcast_refuses_what_numpy_refuses(a, b):
    try:
        expected = np.broadcast_shapes(tuple(a), tuple(b))
    except ValueError:
        with pytest.raises(ShapeError):
            check_broadcast("add", tuple(a), tuple(b))
    else:
        assert check_broadcast("add", tuple(a), tuple(b)) == expected


@given(SHAPES, st.integers(0, 10**6))
@settings(max_examples=100, derandomize=True, deadline=None)
def test_unbroadcast_is_the_transpose(drawn, seed):
    """<broadcast(x), g> = <x, unbroadcast(g)> for every x and g."""
    rng = np.random.default_rng(seed)
    for shape in drawn.input_shapes:
        x, g = rng.standard_normal(shape), rng.standard_normal(drawn.result_shape)
        back = unbroadcast(g, shape)
        assert np.shape(back) == shape
        left = (np.broadcast_to(x, g.shape) * g).sum()
        np.testing.assert_allclose(left, (x * back).sum(), atol=1e-12)


def test_the_error_names_the_dimension_and_what_to_do():
    with pytest.raises(ShapeError) as caught:
        check_broadcast("add", (2, 3, 4), (2, 1))
    assert check_broadcast("add", (2, 3, 4), (3, 1)) == (2, 3, 4)
    assert "add: shapes must broadcast" in str(caught.value)
    assert "got (2, 3, 4) and (2, 1): dimension -2 is 2 and 3" in str(caught.value)
    assert "unsqueeze()" in str(caught.value)


def test_dims():
    assert check_dim("sum", -1, 3) == 2
    assert check_dim("sum", 0, 0) == check_dim("sum", -1, 0) == 0
    assert check_dims("sum", None, 3) == (0, 1, 2)
    assert check_dims("sum", (-1, 0), 3) == (2, 0)
    assert check_dims("sum", [np.int64(1)], 3) == (1,)
    assert check_dims("sum", 0, 0) == ()
    with pytest.raises(DimError, match=r"sum: dim must lie in \[-3, 2\] for a 3-d tensor, got 3"):
        check_dim("sum", 3, 3)
    with pytest.raises(DimError, match=r"dim must be an int, got 1\.5"):
        check_dims("sum", 1.5, 3)
    with pytest.raises(DimError, match="each dim may appear once"):
        check_dims("sum", (0, -3), 3)


def test_total_keeps_the_digits_of_a_float16_sum():
    ones = np.ones((4096, 2), np.float16)
    assert total(ones, (0,)).tolist() == [4096, 4096]  # NumPy's own sum stops at 2,048
    assert total(ones, (0,)).dtype == np.float16
    assert total(np.ones((2, 3), bool), (0, 1)) == 6
