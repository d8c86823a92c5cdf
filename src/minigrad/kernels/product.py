"""The twin of a product of matrices: every thread of the pool has BLAS compute, on its core, some
of the rows or columns, or of a batch's products. Without a pool a product is NumPy's."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from llvmlite import ir
from numba import prange, types
from numba.extending import intrinsic

from minigrad.kernels.compile import loop
from minigrad.kernels.pool import BLAS, SHARED, THREADS, one_core_each

LEAST = 1 << 18  # multiplications, below which one core is as fast
AS_IT_IS, TRANSPOSED = 111, 112  # CBLAS's numbers
SGEMM = ctypes.cast(BLAS.scipy_cblas_sgemm64_, ctypes.c_void_p).value if SHARED else 0


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    small = not SHARED or a.size * b.shape[-1] < LEAST
    if small or a.ndim > 4 or a.shape[:-2] != b.shape[:-2] or a.dtype != b.dtype:
        return a @ b
    out = np.empty((*a.shape[:-1], b.shape[-1]), a.dtype)
    one_core_each()
    _product(SGEMM, THREADS, *_as_lines(a), *_as_lines(b), _four(out))
    return out


def _four(x: np.ndarray) -> np.ndarray:
    """Two dimensions of a batch, and two of a matrix."""
    return x if x.ndim == 4 else x[None] if x.ndim == 3 else x[None, None]


def _as_lines(x: np.ndarray) -> tuple[np.ndarray, int, int]:
    """x, or its copy, as BLAS takes it: whether its rows or its columns lie in order, and how many
    numbers there are from one of them to the next. A stride along a size of 1 means nothing."""
    (n, m), (row, step), size = x.shape[-2:], x.strides[-2:], x.itemsize
    if step == size and row >= m * size and row % size == 0:
        return _four(x), AS_IT_IS, row // size
    if row == size and step >= n * size and step % size == 0:
        return _four(x), TRANSPOSED, step // size
    return _four(np.ascontiguousarray(x)), AS_IT_IS, m


@loop
def _product(
    sgemm: Any, threads: Any, a: Any, ta: Any, lda: Any, b: Any, tb: Any, ldb: Any, out: Any
) -> None:
    outer, inner, n, m = out.shape
    k, size = a.shape[3], out.itemsize
    parts = threads if outer * inner == 1 else 1
    wide = m > n  # then the columns are shared out
    for piece in prange(outer * inner * parts):
        one, part = divmod(piece, parts)
        i, j = divmod(one, inner)
        at_a = a.ctypes.data + i * a.strides[0] + j * a.strides[1]
        at_b = b.ctypes.data + i * b.strides[0] + j * b.strides[1]
        at_out = out.ctypes.data + i * out.strides[0] + j * out.strides[1]
        if wide:
            first, rows = 0, n
            left = m * part // parts // 16 * 16
            right = m if part == parts - 1 else m * (part + 1) // parts // 16 * 16
        else:
            first = n * part // parts
            rows = n * (part + 1) // parts - first
            left, right = 0, m
        at_a += first * a.strides[2]
        at_b += left * b.strides[3]
        at_out += (first * m + left) * size
        if right > left and rows:
            _sgemm(  # type: ignore[call-arg]
                sgemm, ta, tb, rows, right - left, k, at_a, lda, at_b, ldb, at_out, m
            )  # fmt: skip


@intrinsic
def _sgemm(typing, at, ta, tb, n, m, k, a, lda, b, ldb, out, ldc):  # type: ignore[no-untyped-def]
    """cblas_sgemm, which lies at `at`: out (n, m) = a (n, k) b (k, m), each an address and the
    numbers from one line to the next."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        i32, i64, f32 = ir.IntType(32), ir.IntType(64), ir.FloatType()
        p = f32.as_pointer()
        kinds = [i32, i32, i32, i64, i64, i64, f32, p, i64, p, i64, f32, p, i64]
        call = builder.inttoptr(args[0], ir.FunctionType(ir.VoidType(), kinds).as_pointer())
        by_rows, ta, tb = ir.Constant(i32, 101), *(builder.trunc(x, i32) for x in args[1:3])
        a, b, out = (builder.inttoptr(args[i], p) for i in (6, 8, 10))
        one, zero = ir.Constant(f32, 1), ir.Constant(f32, 0)
        builder.call(
            call,
            [by_rows, ta, tb, *args[3:6], one, a, args[7], b, args[9], zero, out, args[11]],
        )
        return context.get_dummy_value()

    return types.void(*[types.intp] * 12), generate
