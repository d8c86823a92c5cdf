"""Products of matrices. With G = dL/dout, every gradient is again a product."""

from __future__ import annotations

import math
from string import ascii_letters
from typing import Any

import numpy as np

from minigrad.core.broadcast import Shape, check_broadcast, unbroadcast
from minigrad.core.graph import record
from minigrad.core.mode import settings
from minigrad.core.tensor import Tensor
from minigrad.core.wasm import product
from minigrad.errors import ArgumentError, DtypeError, ShapeError
from minigrad.functional.index import put
from minigrad.functional.operands import autocast, require_number, require_tensor, wide
from minigrad.functional.shape import squeeze, unsqueeze


def _check_matmul(x: np.ndarray, y: np.ndarray) -> None:
    if x.dtype != y.dtype:
        raise DtypeError(
            f"matmul: both must have one dtype, got {x.dtype} and {y.dtype}: convert with .float()"
        )
    if not x.ndim or not y.ndim:
        raise ShapeError(f"matmul: both need at least 1 dimension, got {x.shape} and {y.shape}")
    inner = y.shape[-2] if y.ndim > 1 else y.shape[0]
    if x.shape[-1] != inner:
        raise ShapeError(
            f"matmul: the last size of the first must equal the second's rows, got {x.shape} @ "
            f"{y.shape}: {x.shape[-1]} and {inner}. Transpose one (.mT), or check the layer's sizes"
        )
    check_broadcast("matmul", x.shape[:-2], y.shape[:-2])


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """(..., n, k) @ (..., k, m) -> (..., n, m); a vector is a row on the left and a column on the
    right.   dinput = G otherᵀ, dother = inputᵀ G."""
    require_number("matmul", input), require_number("matmul", other, "other")
    if settings.changed:
        input, other = autocast(input, other)
    _check_matmul(input.array, other.array)
    x, y = wide(input), wide(other)
    if x.ndim == 1:
        return squeeze(matmul(unsqueeze(input, 0), other), -2 if y.ndim > 1 else 0)
    if y.ndim == 1:
        return squeeze(matmul(input, unsqueeze(other, 1)), -1)

    def vjp_other(g: Any, x: Any) -> Any:
        if two_d:  # one product over all rows, instead of one per batch and a sum
            return product(_rows(x).T, _rows(g))
        return product(x.mT, g)

    two_d = y.ndim == 2
    return record(
        "matmul",
        product(x, y),
        (input, lambda g, y: product(g, y.mT), other),
        (other, vjp_other, input),
    )


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input (..., in) · weightᵀ (out, in) + bias (out) -> (..., out).   dinput = G W,
    dW = Gᵀ input, dbias = Σ G.   One op: the sum is added into the product's own memory."""
    if settings.changed:
        input, weight, bias = autocast(input, weight, bias)
    x, w = require_number("linear", input).array, require_number("linear", weight, "weight").array
    if w.ndim != 2 or not x.ndim or x.shape[-1] != w.shape[1]:
        raise ShapeError(
            "linear: input (..., in) must end in the second size of weight (out, in), got "
            f"{x.shape} and {w.shape}"
        )
    if bias is not None and require_tensor("linear", bias, "bias").shape != (w.shape[0],):
        raise ShapeError(f"linear: bias must have shape ({w.shape[0]},), got {bias.shape}")
    dtypes = [x.dtype, w.dtype] if bias is None else [x.dtype, w.dtype, bias.dtype]
    if len(set(dtypes)) > 1:
        raise DtypeError(
            "linear: input, weight and bias must have one dtype, got "
            f"{', '.join(map(str, dtypes))}: convert with .float()"
        )
    shape = x.shape
    out = product(_rows(wide(input)), wide(weight).T)  # (N, out)
    if bias is not None:
        out += bias.array
    return record(
        "linear",
        out.reshape(*shape[:-1], w.shape[0]),
        (input, lambda g, w: product(_rows(g), w).reshape(shape), weight),
        (weight, lambda g, x: product(_rows(g).T, _rows(x)), input),
        (bias, lambda g: g),
    )


def _rows(x: Any) -> Any:
    """(..., d) -> (N, d), also where a size is 0."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """(n), (m) -> (n, m), every product of two elements."""
    for tensor in (require_tensor("outer", input), require_tensor("outer", vec2, "vec2")):
        if tensor.ndim != 1:
            raise ShapeError(f"outer: both must be 1-d, got {input.shape} and {vec2.shape}")
    return unsqueeze(input, 1) * unsqueeze(vec2, 0)


def einsum(equation: str, *operands: Any) -> Tensor:
    """Einstein's summation: "bij,bjk->bik".   The gradient of an operand is an einsum too: G and
    the other operands, summed into that operand's letters."""
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    if not isinstance(equation, str):
        raise ArgumentError(f"einsum: the equation comes first, as text, got {equation!r}")
    operands = autocast(*operands)
    arrays = [require_number("einsum", op, "every operand").array for op in operands]
    if len({x.dtype for x in arrays}) > 1:
        listed = ", ".join(str(x.dtype) for x in arrays)
        raise DtypeError(
            f"einsum: all operands must have one dtype, got {listed}: convert with .float()"
        )
    inputs, output = _letters(equation, arrays)
    try:
        value = _contract(",".join(inputs) + "->" + output, *map(wide, operands))
        value = value.copy() if len(operands) == 1 else value  # NumPy may give a view of it
    except ValueError as error:
        shapes = ", ".join(str(x.shape) for x in arrays)
        raise ShapeError(f"einsum: {equation!r} does not fit shapes {shapes}: {error}") from None
    edges = []
    for i, op in enumerate(operands):
        others = [*range(i), *range(i + 1, len(operands))]
        vjp = _einsum_vjp(inputs[i], [inputs[j] for j in others], output, arrays[i].shape)
        edges.append((op, vjp, *(operands[j] for j in others)))
    return record("einsum", value, *edges)


def _einsum_vjp(own: str, others: list[str], output: str, shape: Shape) -> Any:
    """The VJP of the operand with the letters `own`: an einsum of G and the other operands. Where a
    letter was summed alone, G is spread; on a letter written twice, the diagonal receives it."""
    once = "".join(dict.fromkeys(own))  # "ii" -> "i"
    seen = "".join(c for c in once if c in output or any(c in letters for letters in others))
    contracted = ",".join([output, *others]) + "->" + seen
    sizes = tuple(shape[own.index(c)] for c in once)

    def vjp(g: Any, *others: Any) -> Any:
        part = (einsum if isinstance(g, Tensor) else _contract)(contracted, g, *others)
        known = dict(zip(seen, part.shape, strict=True))
        part = part.reshape(tuple(known.get(c, 1) for c in once))
        part = np.broadcast_to(part, np.broadcast_shapes(part.shape, sizes))
        if own == once:
            return part
        return put(unbroadcast(part, sizes), shape, _diagonal(own, once, sizes))

    return vjp


def _diagonal(own: str, once: str, sizes: Shape) -> tuple[np.ndarray, ...]:
    """The index arrays of the elements at which letters written twice agree."""
    at = dict(zip(once, np.indices(sizes, sparse=True), strict=True))
    return tuple(at[c] for c in own)


def _contract(text: str, *arrays: np.ndarray) -> np.ndarray:
    """np.einsum, silent where numbers overflow, and by products of matrices where it can."""
    with np.errstate(all="ignore"):
        return np.einsum(text, *arrays, optimize=True)


def _letters(equation: str, arrays: list[np.ndarray]) -> tuple[list[str], str]:
    """The letters of each operand and of the output, with every "..." spelt out."""
    equation = equation.replace(" ", "")
    left, arrow, output = equation.partition("->")
    inputs = left.split(",")
    if len(inputs) != len(arrays):
        raise ArgumentError(f"einsum: {equation!r} names {len(inputs)} operands, got {len(arrays)}")
    if not set((left + output).replace("...", "")) <= {*ascii_letters, ","}:
        raise ArgumentError(
            f"einsum: an equation is made of letters, commas and ..., got {equation!r}"
        )
    spare = [c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in equation]
    most = 0
    for i, (letters, x) in enumerate(zip(inputs, arrays, strict=True)):
        extra = x.ndim - len(letters.replace("...", ""))
        if extra < 0 or ("..." not in letters and extra):
            raise ShapeError(
                f"einsum: operand {i} must have one dimension per letter of {letters!r}, got shape "
                f"{x.shape}"
            )
        inputs[i] = letters.replace("...", "".join(reversed(spare[:extra])))
        sizes = dict(zip(inputs[i], x.shape, strict=True))
        if any(sizes[c] != n for c, n in zip(inputs[i], x.shape, strict=True)):
            raise ShapeError(
                f"einsum: a letter repeated in one operand takes its diagonal, of equal sizes; "
                f"operand {i} ({letters!r}) has shape {x.shape}"
            )
        most = max(most, extra if "..." in letters else 0)
    batch: str = "".join(reversed(spare[:most]))
    if not arrow:
        joined = "".join(inputs)
        output = "..." + "".join(
            sorted(c for c in set(joined) if joined.count(c) == 1 and c not in batch)
        )
    output = output.replace("...", batch)
    if len(set(output)) < len(output) or not set(output) <= set("".join(inputs)):
        raise ArgumentError(
            f"einsum: each output letter must appear once, and in an input, got {equation!r}"
        )
    return inputs, output
