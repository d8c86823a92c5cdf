"""Weights in files, without pickle: .npz by NumPy, .safetensors by its library (extra `io`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import ArgumentError


def save(state_dict: Mapping[str, Tensor], path: str | Path) -> None:
    """Write a state_dict to `path`, which ends in .npz or .safetensors."""
    arrays = {name: np.ascontiguousarray(tensor.data) for name, tensor in state_dict.items()}
    if _suffix(path) == ".npz":
        np.savez(path, **arrays)
    else:
        _safetensors().save_file(arrays, path)


def load(path: str | Path) -> dict[str, Tensor]:
    """The state_dict in `path`: for load_state_dict()."""
    if _suffix(path) == ".npz":
        with np.load(path, allow_pickle=False) as file:
            return {name: wrap(file[name]) for name in file.files}
    return {name: wrap(array) for name, array in _safetensors().load_file(path).items()}


def _suffix(path: str | Path) -> str:
    suffix = Path(path).suffix
    if suffix not in (".npz", ".safetensors"):
        raise ArgumentError(f"weights are kept as .npz or .safetensors, got {str(path)!r}")
    return suffix


def _safetensors():  # type: ignore[no-untyped-def]
    try:
        import safetensors.numpy
    except ImportError:
        raise ArgumentError(
            "safetensors is not installed: pip install 'minigrad[io]', or use a path ending in .npz"
        ) from None
    return safetensors.numpy
