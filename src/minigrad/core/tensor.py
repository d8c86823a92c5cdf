"""Tensor: an array, its gradient, and its place in the graph.

Its operators and methods are the ops: functional/operators.py, the one table of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.core import dtype as dtypes
from minigrad.core.broadcast import check_dim
from minigrad.core.device import device
from minigrad.errors import ArgumentError, DimError, DtypeError, GraphError, ShapeError

if TYPE_CHECKING:
    from minigrad.core.graph import Node
    from minigrad.functional.operators import TensorMethods
else:

    class TensorMethods:
        __slots__ = ()


class Tensor(TensorMethods):
    """A NumPy array that remembers how it was computed.

    Made by `minigrad.tensor(data)`, which keeps data's dtype, or `from_numpy`, which shares
    memory. `Tensor(data)` copies to the default dtype and `Tensor(2, 3)` is memory of that shape
    to be filled, as in PyTorch. `array` is the NumPy array, `grad` the gradient (a Tensor, or
    None), `node` the op that made it (None for a leaf). Raises DtypeError for data that is not
    numeric.
    """

    __slots__ = (
        "__weakref__", "_grad", "array", "hooks", "node", "origin", "requires_grad", "views"
    )  # fmt: skip

    array: np.ndarray
    _grad: Tensor | None
    requires_grad: bool
    node: Node | None
    origin: Any  # of a view (functional/views.py); unset for any other tensor, as is `views`
    views: list[Any]
    hooks: dict[Any, Callable] | None
    device, is_cuda = device("cpu"), False

    def __init__(self, *data: Any) -> None:
        default = dtypes.get_default_dtype()
        if all(isinstance(n, int) for n in data):
            self.array = np.empty(data or 0, default)
        elif len(data) == 1:
            self.array = np.array(to_array(data[0]), default)
        else:
            raise ArgumentError(
                f"Tensor() takes one list or array, or sizes, got {len(data)}: {data!r:.80}"
            )
        self._grad = self.node = self.hooks = None
        self.requires_grad = False

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def dtype(self) -> np.dtype:
        return self.array.dtype

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded op made it: its gradient lands in `grad`."""
        return self.node is None

    @property
    def grad_fn(self) -> Node | None:
        """The recorded op that made it."""
        return self.node

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        if dim is None:
            return self.shape
        if not self.ndim:
            raise DimError(f"size: a 0-d tensor has no dimensions, got dim {dim}")
        return self.shape[check_dim("size", dim, self.ndim)]

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward() has added up, or None; a Tensor of this shape and dtype."""
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None and not isinstance(value, Tensor):
            raise DtypeError(f"grad must be a Tensor or None, got {type(value).__name__}")
        if value is not None and value.shape != self.shape:
            raise ShapeError(f"grad must have the tensor's shape {self.shape}, got {value.shape}")
        if value is not None and value.dtype != self.dtype:
            raise DtypeError(f"grad must have the tensor's dtype {self.dtype}, got {value.dtype}")
        self._grad = value

    # -- out of the graph ---------------------------------------------------------------------

    @property
    def data(self) -> Tensor:
        """The same memory outside the graph, as detach() gives it. Assigning a Tensor to it makes
        its memory this tensor's own."""
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise DtypeError(
                f"tensor.data must be a Tensor, got {type(value).__name__}: assign "
                "minigrad.tensor(...), or an array to tensor.array"
            )
        self.array = value.array

    def __reduce_ex__(self, protocol: Any) -> Any:
        """For copy and pickle: a leaf with its gradient, but neither its hooks nor what it is a
        view of. Raises GraphError for an op's result."""
        if self.node is not None:
            raise GraphError(
                f"only a leaf can be copied or pickled, got a result of {self.node.name!r}: "
                "detach() it, or clone() it to stay in the graph"
            )
        rebuilt: Any = super().__reduce_ex__(max(protocol, 2))
        function, args, (own, slots), *rest = rebuilt
        kept = {k: v for k, v in slots.items() if k not in ("hooks", "origin", "views")}
        return function, args, (own, {**kept, "hooks": None}), *rest

    def numpy(self) -> np.ndarray:
        """The array itself (shared memory). Raises GraphError where a gradient is required."""
        if self.requires_grad:
            raise GraphError(
                "numpy() is for tensors outside the graph, and this one requires a gradient: "
                "use tensor.detach().numpy()"
            )
        return self.array

    def item(self) -> Any:
        """The value of a one-element tensor as a Python number."""
        if self.array.size != 1:
            raise ShapeError(
                f"item() needs exactly one element, got shape {self.shape}: use tolist(), or "
                "index one element"
            )
        return self.array.item()

    def tolist(self) -> Any:
        """The values as nested Python lists."""
        return self.array.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if dtypes.is_floating(self.dtype):
            raise DtypeError(f"only an integer tensor can be an index, got {self.dtype}")
        return int(self.item())

    def __bool__(self) -> bool:
        if self.array.size != 1:
            raise ShapeError(
                f"the truth of a tensor of shape {self.shape} is ambiguous: use any() or all()"
            )
        return bool(self.array.item())

    def __len__(self) -> int:
        if not self.array.ndim:
            raise DtypeError("len() needs at least one dimension, got a 0-d tensor")
        return len(self.array)

    def __iter__(self) -> Iterator[Tensor]:
        return iter([self[i] for i in range(len(self))])

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec or not self.ndim else repr(self)

    def __repr__(self) -> str:
        text = np.array2string(self.array, precision=4, separator=", ", prefix="tensor(")
        if not self.array.size and self.array.ndim != 1:
            text += f", size={self.shape}"
        if self.array.dtype not in (dtypes.get_default_dtype(), dtypes.int64, dtypes.boolean):
            text += f", dtype={self.array.dtype}"
        if self.node is not None:
            text += f", grad_fn=<{self.node.name}>"
        elif self.requires_grad:
            text += ", requires_grad=True"
        return f"tensor({text})"

    # -- settings and in-place changes of a leaf ------------------------------------------------

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Start (or stop) asking for this leaf's gradient; returns the tensor."""
        if not isinstance(requires_grad, bool):
            raise DtypeError(f"requires_grad must be a bool, got {requires_grad!r}")
        if requires_grad and not dtypes.is_floating(self.dtype):
            raise DtypeError(
                f"only floating-point tensors have gradients, got {self.dtype}: convert with "
                ".float() first"
            )
        if not requires_grad and self.node is not None:
            raise GraphError("requires_grad_(False) is for leaves: use detach() on a result")
        self.requires_grad = requires_grad
        return self


def wrap(array: np.ndarray) -> Tensor:
    """A leaf Tensor around an array as it is: no copy, no check."""
    tensor = Tensor.__new__(Tensor)
    tensor.array = array
    tensor._grad = tensor.node = tensor.hooks = None
    tensor.requires_grad = False
    return tensor


def to_array(data: Any, dtype: Any = None) -> np.ndarray:
    """`data` (a tensor, an array, numbers in nested lists) as an array of a supported dtype."""
    if isinstance(data, Tensor):
        data = data.array
    elif isinstance(data, list | tuple):
        data = _plain(data)
    try:
        array = np.asarray(data)
    except ValueError:
        raise ShapeError("nested lists must have equal lengths at every level") from None
    if array.dtype == object:
        raise DtypeError(f"a tensor is made of numbers, got {type(data).__name__}: {data!r:.80}")
    if dtype is not None:
        return array.astype(dtypes.as_dtype(dtype), copy=False)
    if not isinstance(data, np.ndarray | np.generic) and array.dtype == np.float64:
        return array.astype(dtypes.get_default_dtype())  # Python floats
    return array.astype(dtypes.storage_dtype(array.dtype), copy=False)


def _plain(data: Any) -> Any:
    """Nested lists with the tensors in them replaced by their values."""
    if isinstance(data, list | tuple):
        return [_plain(item) for item in data]
    return data.array.tolist() if isinstance(data, Tensor) else data
