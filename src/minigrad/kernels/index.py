"""The twin of functional/index.py's form: rows are added one by one, in the order they come."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.kernels.compile import part


def add_rows(full: np.ndarray, at: np.ndarray, g: np.ndarray) -> None:
    if g.size:
        rows = np.ascontiguousarray(g).reshape(at.size, -1)
        _add_rows(full.reshape(len(full), -1), np.ascontiguousarray(at), rows)


@part
def _add_rows(full: Any, at: Any, g: Any) -> None:
    for i in range(at.size):
        row, g_ = full[at[i] % len(full)], g[i]  # -1 is the last
        for j in range(row.size):
            row[j] += g_[j]
