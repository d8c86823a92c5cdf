"""The one table that gives Tensor its operators, methods and properties: the ops themselves.

Type checkers and editors read it as Tensor's base class, so that what they know and what a tensor
has are one thing; at run time its entries are bound to Tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigrad.autograd.backward import backward
from minigrad.core import dtype as dtypes
from minigrad.core.hooks import register_hook, retain_grad
from minigrad.core.tensor import Tensor
from minigrad.errors import DtypeError
from minigrad.functional import (
    activation,
    compare,
    elementwise,
    extreme,
    index,
    inplace,
    join,
    linalg,
    numpy_protocol,
    reduce,
    shape,
    softmax,
)
from minigrad.functional.convert import converter, to
from minigrad.functional.views import detach

Binary = Callable[[Any, Any], Tensor]


def _swapped(op: Callable[..., Tensor]) -> Binary:
    return lambda self, other: op(other, self)


def _or_not_implemented(op: Binary) -> Binary:
    """A comparison that answers False/True by identity for what is neither tensor nor number."""

    def method(self: Tensor, other: Any) -> Any:
        return NotImplemented if other is None or isinstance(other, str) else op(self, other)

    return method


def _of_booleans(op: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """~, & and | of booleans: what they do to the bits of integers is not here."""

    def method(self: Tensor, *others: Any) -> Tensor:
        for value in (self, *others):
            if not isinstance(value, bool) and getattr(value, "dtype", None) != dtypes.boolean:
                raise DtypeError(
                    f"{op.__name__}: ~, & and | take booleans, got {value!r:.60}: compare first "
                    "(x > 0)"
                )
        return op(self, *others)

    return method


def _spread(op: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """x.permute(0, 1) as well as x.permute((0, 1)), where the function takes one tuple."""

    def method(self: Tensor, *sizes: Any, **named: Any) -> Tensor:
        if named:
            return op(self, **named)
        return op(self, sizes[0] if len(sizes) == 1 else sizes)

    method.__name__, method.__doc__ = op.__name__, op.__doc__
    return method


class TensorMethods:
    """What Tensor is given."""

    __slots__ = ()

    __add__ = elementwise.add
    __radd__ = _swapped(elementwise.add)
    __iadd__ = inplace.add_
    __sub__ = elementwise.sub
    __rsub__ = _swapped(elementwise.sub)
    __isub__ = inplace.sub_
    __mul__ = elementwise.mul
    __rmul__ = _swapped(elementwise.mul)
    __imul__ = inplace.mul_
    __truediv__ = elementwise.div
    __rtruediv__ = _swapped(elementwise.div)
    __itruediv__ = inplace.div_
    __pow__ = elementwise.pow
    __rpow__ = _swapped(elementwise.pow)
    __matmul__ = linalg.matmul
    __rmatmul__ = _swapped(linalg.matmul)
    __neg__ = elementwise.neg
    __abs__ = elementwise.abs
    __eq__ = _or_not_implemented(compare.eq)  # type: ignore[assignment]  # elementwise
    __ne__ = _or_not_implemented(compare.ne)  # type: ignore[assignment]  # elementwise
    __lt__ = compare.lt
    __le__ = compare.le
    __gt__ = compare.gt
    __ge__ = compare.ge
    __invert__ = _of_booleans(compare.logical_not)
    __and__ = _of_booleans(compare.logical_and)
    __rand__ = _of_booleans(compare.logical_and)
    __or__ = _of_booleans(compare.logical_or)
    __ror__ = _of_booleans(compare.logical_or)
    __getitem__ = index.getitem
    __setitem__ = inplace.setitem
    __hash__ = object.__hash__  # by identity: __eq__ compares elements
    __array_ufunc__ = numpy_protocol.array_ufunc
    __array_function__ = numpy_protocol.array_function

    def dim(self: Any) -> int:
        return self.array.ndim

    def numel(self: Any) -> int:
        return self.array.size

    def is_floating_point(self: Any) -> bool:
        return dtypes.is_floating(self.dtype)

    backward = backward
    detach = detach
    register_hook = register_hook
    retain_grad = retain_grad
    to = to
    half = converter(dtypes.float16)
    bfloat16 = converter("bfloat16")
    float = converter(dtypes.float32)
    double = converter(dtypes.float64)
    long = converter(dtypes.int64)
    bool = converter(dtypes.boolean)
    cpu = to

    add = elementwise.add
    sub = elementwise.sub
    mul = elementwise.mul
    div = elementwise.div
    pow = elementwise.pow
    neg = elementwise.neg
    exp = elementwise.exp
    log = elementwise.log
    log1p = elementwise.log1p
    sqrt = elementwise.sqrt
    rsqrt = elementwise.rsqrt
    reciprocal = elementwise.reciprocal
    abs = elementwise.abs
    sign = elementwise.sign
    sin = elementwise.sin
    cos = elementwise.cos
    clamp = elementwise.clamp
    maximum = elementwise.maximum
    minimum = elementwise.minimum
    eq = compare.eq
    ne = compare.ne
    lt = compare.lt
    le = compare.le
    gt = compare.gt
    ge = compare.ge
    isnan = compare.isnan
    isfinite = compare.isfinite
    logical_not = compare.logical_not
    logical_and = compare.logical_and
    logical_or = compare.logical_or
    relu = activation.relu
    tanh = activation.tanh
    sigmoid = activation.sigmoid

    sum = reduce.sum
    mean = reduce.mean
    var = reduce.var
    std = reduce.std
    prod = reduce.prod
    logsumexp = softmax.logsumexp
    log_softmax = softmax.log_softmax
    softmax = softmax.softmax
    cumsum = reduce.cumsum
    norm = reduce.norm
    all = reduce.all
    any = reduce.any
    max = extreme.max
    min = extreme.min
    amax = extreme.amax
    amin = extreme.amin
    argmax = extreme.argmax
    argmin = extreme.argmin

    matmul = linalg.matmul
    outer = linalg.outer

    T = property(shape.t)
    mT = property(shape.mT)
    reshape = _spread(shape.reshape)
    view = shape.view
    flatten = shape.flatten
    transpose = shape.transpose
    swapaxes = shape.transpose
    permute = _spread(shape.permute)
    t = shape.t
    squeeze = shape.squeeze
    unsqueeze = shape.unsqueeze
    expand = shape.expand
    broadcast_to = shape.broadcast_to
    split = join.split
    chunk = join.chunk
    flip = _spread(shape.flip)
    repeat = shape.repeat
    tril = shape.tril
    triu = shape.triu
    clone = shape.clone
    contiguous = shape.contiguous

    gather = index.gather
    index_select = index.index_select
    masked_fill = index.masked_fill

    def where(self: Any, condition: Tensor, other: Any) -> Tensor:
        """The tensor where condition, else other."""
        return elementwise.where(condition, self, other)

    add_ = inplace.add_
    sub_ = inplace.sub_
    mul_ = inplace.mul_
    div_ = inplace.div_
    clamp_ = inplace.clamp_
    fill_ = inplace.fill_
    zero_ = inplace.zero_
    copy_ = inplace.copy_
    normal_ = inplace.normal_
    uniform_ = inplace.uniform_


METHODS = {
    name: value
    for name, value in vars(TensorMethods).items()
    if name not in ("__module__", "__doc__", "__slots__", "__qualname__")
}
for _name, _value in METHODS.items():
    setattr(Tensor, _name, _value)
