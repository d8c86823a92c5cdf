"""Reverse-mode differentiation of Python floats: the engine's idea with nothing else in the way."""

import math
from collections.abc import Iterable, Sequence
from itertools import count
from operator import attrgetter, mul

_next_index = count().__next__
_by_index = attrgetter("index")


class Value:
    """A float, its gradient, and where it came from.

    An operation stores its inputs and, beside each, the derivative of the result with respect to
    that input (the *local gradient*). That is all `backward` needs: d loss/d input grows by
    (d loss/d result) · (d result/d input).
    """

    __slots__ = ("data", "grad", "index", "inputs", "local")

    def __init__(
        self, data: float, inputs: "Sequence[Value]" = (), local: Sequence[float] = ()
    ) -> None:
        self.data = data
        self.grad = 0.0
        self.inputs = inputs
        self.local = local
        self.index = _next_index()  # an input is always older than what is computed from it

    def __add__(self, other: "Value | float") -> "Value":
        if isinstance(other, Value):
            return Value(self.data + other.data, (self, other), (1.0, 1.0))
        return Value(self.data + other, (self,), (1.0,))

    def __mul__(self, other: "Value | float") -> "Value":
        if isinstance(other, Value):
            return Value(self.data * other.data, (self, other), (other.data, self.data))
        return Value(self.data * other, (self,), (other,))

    def __pow__(self, exponent: float) -> "Value":
        """x ** c for a number c: the derivative is c · x ** (c − 1)."""
        if isinstance(exponent, Value):
            raise TypeError("Value ** Value is not defined: write (b * a.log()).exp() for a ** b.")
        x = self.data
        return Value(x**exponent, (self,), (exponent * x ** (exponent - 1) if exponent else 0.0,))

    def exp(self) -> "Value":
        y = math.exp(self.data)
        return Value(y, (self,), (y,))

    def log(self) -> "Value":
        """Natural logarithm. Raises ValueError where the value is not positive."""
        if self.data <= 0:
            raise ValueError(f"log needs a positive value, got {self.data}.")
        return Value(math.log(self.data), (self,), (1.0 / self.data,))

    def relu(self) -> "Value":
        return Value(max(self.data, 0.0), (self,), (1.0 if self.data > 0 else 0.0,))

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> "Value":
        return self * -1.0

    def __sub__(self, other: "Value | float") -> "Value":
        return self + -other

    def __rsub__(self, other: float) -> "Value":
        return -self + other

    def __truediv__(self, other: "Value | float") -> "Value":
        return self * other**-1

    def __rtruediv__(self, other: float) -> "Value":
        return self**-1 * other

    def backward(self) -> None:
        """Add d self/d v to `v.grad` for every leaf v that self was computed from.

        Values computed on the way get their gradient anew, so a second call adds exactly the same
        again to the leaves. No recursion: a chain of any length works.
        """
        reached, seen = [self], {self}
        for value in reached:  # the list grows while it is walked, until nothing new is found
            if value.inputs:
                value.grad = 0.0
            for x in value.inputs:
                if x not in seen:
                    seen.add(x)
                    reached.append(x)
        reached.sort(key=_by_index, reverse=True)  # newest first: results before their inputs
        self.grad += 1.0
        for value in reached:
            grad = value.grad
            for x, local in zip(value.inputs, value.local, strict=True):
                x.grad += grad * local

    def __repr__(self) -> str:
        return f"Value({self.data:.6g}, grad={self.grad:.6g})"


def dot(xs: Sequence[Value], ys: Sequence[Value]) -> Value:
    """Σ xᵢ yᵢ as one operation: 2n local gradients in one Value instead of 2n − 1 Values."""
    if len(xs) != len(ys):
        raise ValueError(f"dot needs two lists of one length, got {len(xs)} and {len(ys)}.")
    x, y = [v.data for v in xs], [v.data for v in ys]
    return Value(sum(map(mul, x, y)), [*xs, *ys], y + x)


def total(xs: Iterable[Value]) -> Value:
    """Σ xᵢ as one operation."""
    xs = list(xs)
    return Value(sum(x.data for x in xs), xs, [1.0] * len(xs))
