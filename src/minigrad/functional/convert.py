"""A tensor in another dtype, as a method: to(), float(), half() and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigrad.core import dtype as dtypes
from minigrad.core.device import device as check_device
from minigrad.core.tensor import Tensor
from minigrad.functional import shape
from minigrad.functional.operands import to as _to


def to(
    self: Tensor,
    *args: Any,
    dtype: Any = None,
    device: Any = None,
    non_blocking: bool = False,
    copy: bool = False,
) -> Tensor:
    """The tensor as a dtype, as another tensor's, or on the device "cpu", where it is."""
    out = self
    for wanted in (*args, dtype, device):
        if isinstance(wanted, Tensor):
            out = _to(out, wanted.dtype)
        elif _is_device(wanted):
            check_device(wanted)
        elif wanted is not None:
            out = _to(out, dtypes.as_dtype(wanted))
    return shape.clone(out) if copy and out is self else out


def _is_device(value: Any) -> bool:
    return isinstance(value, str) and value.partition(":")[0] in ("cpu", "cuda", "mps", "meta")


def converter(dtype: Any) -> Callable[[Tensor], Tensor]:
    """The method that gives a tensor in `dtype`: float(), half() and the like."""
    return lambda self: _to(self, dtypes.as_dtype(dtype))
