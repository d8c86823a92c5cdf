"""What Python in a web page lacks: a deep stack, and a BLAS.

Measured in Pyodide 314.0.3: freeing a chain of 1,000 nodes, each from within the one before, ends
the interpreter; and NumPy's own loop for `@` takes 2 to 8 times as long as einsum's.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from minigrad.kernels import twin

WASM = sys.platform == "emscripten"


def free_in_turn(kind: type, *slots: str) -> None:
    """Have objects of `kind` that hold each other in `slots` freed one after the other.

    An object that nobody holds any more gives what it holds to a list; the first of a chain empties
    it. So none is freed from within another, however long the chain.
    """
    held: list[Any] = []
    emptying = False

    def let_go(self: Any) -> None:
        nonlocal emptying
        for slot in slots:
            held.append(getattr(self, slot, None))
            setattr(self, slot, None)
        if not emptying:
            emptying = True
            try:
                while held:
                    held.pop()
            finally:
                emptying = False

    kind.__del__ = let_go  # type: ignore[attr-defined]


@twin("product", 4096)
def product(a: Any, b: Any) -> Any:
    """a @ b, (..., n, k) and (..., k, m), by einsum where there is no BLAS. Under create_graph the
    two are Tensors, whose own product it then is."""
    if WASM and type(a) is np.ndarray and type(b) is np.ndarray and a.ndim == b.ndim == 2:
        return np.einsum("ij,jk->ik", a, b)
    return a @ b


def row_mean(x: np.ndarray) -> np.ndarray:
    """(N, d) -> (N, 1): as a product with 1/d, which BLAS does faster than a reduction; without one
    the product adds in order and loses digits, and a reduction adds in pairs."""
    if WASM:
        return x.mean(1, keepdims=True) if x.shape[1] else np.zeros((len(x), 1), x.dtype)
    return x @ np.full((x.shape[1], 1), 1 / max(x.shape[1], 1), x.dtype)
