"""The dtypes, the default one, and what two of them give together (PyTorch's promotion rules)."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from minigrad.errors import DtypeError

float16 = np.dtype(np.float16)
float32 = np.dtype(np.float32)
float64 = np.dtype(np.float64)
int64 = np.dtype(np.int64)
boolean = np.dtype(np.bool_)

_CATEGORY = {"b": 0, "i": 1, "u": 1, "f": 2}
_default = float32


def get_default_dtype() -> np.dtype:
    """The dtype of new floating-point tensors: float32 unless set otherwise."""
    return _default


def set_default_dtype(dtype: Any) -> None:
    """Make `dtype` (a floating-point one) the dtype of new floating-point tensors."""
    global _default
    wanted = as_dtype(dtype)
    if not is_floating(wanted):
        raise DtypeError(f"the default dtype must be a floating-point one, got {dtype}")
    _default = wanted


def category(dtype: np.dtype) -> int:
    """0 for bool, 1 for integers, 2 for floating point (bfloat16 from ml_dtypes included)."""
    found = _CATEGORY.get(dtype.kind)
    if found is None:  # dtype.name is slow: asked for the rare kinds only
        return 2 if dtype.name == "bfloat16" else 3
    return found


def is_floating(dtype: np.dtype) -> bool:
    """Whether gradients can flow through this dtype."""
    return category(dtype) == 2


@cache
def one(dtype: np.dtype) -> np.ndarray:
    """1 as a 0-d array, for gradients such as 1 - y²: NumPy takes 0.4 µs longer over a Python 1."""
    array = np.ones((), dtype)
    array.setflags(write=False)
    return array


@cache
def bfloat16() -> np.dtype:
    """float32's range with 8 bits of precision; from ml_dtypes, since NumPy has none. Raises
    DtypeError where that is not installed."""
    try:
        import ml_dtypes
    except ImportError:
        raise DtypeError('bfloat16 needs ml_dtypes: pip install "minigrad[bf16]"') from None
    return np.dtype(ml_dtypes.bfloat16)


def as_dtype(dtype: Any) -> np.dtype:
    """The supported dtype that `dtype` names; raises DtypeError for any other."""
    if isinstance(dtype, str) and dtype == "bfloat16":
        return bfloat16()
    try:
        # NumPy takes None for float64, and int for what the machine has
        found = int64 if dtype is int else np.dtype(object if dtype is None else dtype)
    except TypeError:
        found = np.dtype(object)
    if found in (float16, float32, float64, int64, boolean) or found.name == "bfloat16":
        return found
    device = str(dtype).startswith(("cpu", "cuda", "mps"))
    raise DtypeError(
        f"dtype must be one of float16, bfloat16, float32, float64, int64, bool; got {dtype!r}"
        + (": minigrad computes on the CPU alone, leave devices out" if device else "")
    )


def storage_dtype(dtype: np.dtype) -> np.dtype:
    """The supported dtype that holds values of any NumPy dtype; raises DtypeError if none does."""
    kind = category(dtype)
    if kind == 1:
        return int64
    if kind == 3:
        raise DtypeError(
            f"a tensor holds floating-point, integer or boolean values; got dtype {dtype}"
        )
    return as_dtype(dtype)


def promote(a: np.dtype, b: np.dtype) -> np.dtype:
    """The dtype of a result of `a` and `b`: the higher category wins, then the wider dtype."""
    if a is b:
        return a
    ca, cb = category(a), category(b)
    if ca != cb:
        return a if ca > cb else b
    if "bfloat16" in (a.name, b.name):
        other = b if a.name == "bfloat16" else a
        return float32 if other == float16 else other
    return np.promote_types(a, b)


def scalar_dtype(dtype: np.dtype, value: Any) -> np.dtype:
    """The dtype of a result of a `dtype` tensor and a Python number, which never promotes
    within its own category."""
    needed = 0 if isinstance(value, bool) else 1 if isinstance(value, int) else 2
    if category(dtype) >= needed:
        return dtype
    return int64 if needed == 1 else _default
