"""Default dtype and promotion (tests/test_parity_dtypes.py compares every pair with PyTorch)."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.core.dtype import as_dtype, promote, scalar_dtype, storage_dtype
from minigrad.errors import DtypeError


@pytest.fixture(autouse=True)
def restored():
    yield
    mg.set_default_dtype(mg.float32)


def test_the_higher_category_wins_then_the_wider():
    assert promote(mg.float16, mg.float64) == mg.float64
    assert promote(mg.int64, mg.float16) == mg.float16
    assert promote(mg.bool, mg.int64) == mg.int64
    assert promote(mg.bool, mg.bool) == mg.bool


def test_a_python_number_promotes_across_categories_only():
    assert scalar_dtype(mg.float16, 1e300) == mg.float16
    assert scalar_dtype(mg.int64, 2) == mg.int64
    assert scalar_dtype(mg.int64, 2.0) == mg.float32
    assert scalar_dtype(mg.bool, True) == mg.bool
    assert scalar_dtype(mg.bool, 1) == mg.int64


def test_the_default_dtype_is_that_of_new_tensors_and_of_integers_made_floating():
    assert mg.get_default_dtype() == mg.float32
    mg.set_default_dtype("float64")
    assert mg.zeros(2).dtype == mg.tensor([1.5]).dtype == mg.float64
    assert (mg.arange(3) / 2).dtype == mg.arange(3).exp().dtype == mg.float64
    assert mg.rand(2).dtype == mg.float64
    assert "dtype" not in repr(mg.zeros(2)) and "float32" in repr(mg.zeros(2, dtype=mg.float32))


def test_a_refused_default_changes_nothing():
    mg.set_default_dtype(mg.float64)
    with pytest.raises(DtypeError, match="floating-point one"):
        mg.set_default_dtype(mg.int64)
    assert mg.get_default_dtype() == mg.float64


def test_names_of_dtypes():
    assert as_dtype("float16") == mg.half == mg.float16
    assert as_dtype(float) == mg.double and as_dtype(int) == mg.long and as_dtype(bool) == mg.bool
    assert as_dtype(np.float32) == mg.float
    for wrong in (None, "float8", np.int32, complex, "text", 3):
        with pytest.raises(DtypeError, match="must be one of float16"):
            as_dtype(wrong)


def test_what_an_array_is_kept_as():
    assert storage_dtype(np.dtype(np.uint8)) == mg.int64
    assert storage_dtype(np.dtype(np.float16)) == mg.float16
    for wrong in (complex, "U3", "datetime64[s]"):
        with pytest.raises(DtypeError, match="floating-point, integer or boolean"):
            storage_dtype(np.dtype(wrong))
