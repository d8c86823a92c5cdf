"""Weights in files, without pickle: .npz by NumPy, .safetensors by its library (extra `io`)."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.core.tensor import Tensor, to_array, wrap
from minigrad.errors import ArgumentError, DtypeError


def save(state_dict: Mapping[str, Tensor], path: str | Path) -> None:
    """Write a state_dict to `path`, which ends in .npz or .safetensors: whole, or not at all.

    Raises DtypeError for anything but names and Tensors.
    """
    if not isinstance(state_dict, Mapping):
        raise DtypeError(
            f"save: needs a state_dict, got {type(state_dict).__name__}: pass model.state_dict()"
        )
    for name, tensor in state_dict.items():
        if not isinstance(tensor, Tensor):
            raise DtypeError(f"save: {name!r} must be a Tensor, got {type(tensor).__name__}")
    # safetensors writes an array's memory as it lies
    arrays = {n: np.asarray(t.array, order="C") for n, t in state_dict.items()}
    kind, path = _suffix(path), Path(path)
    beside = path.with_name(path.name + ".part")
    try:
        if kind == ".npz":
            _savez(beside, arrays)
        else:
            _safetensors().save_file(arrays, beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def load(path: str | Path) -> dict[str, Tensor]:
    """The state_dict in `path`: for load_state_dict(). Nothing in the file is executed.

    Raises FileNotFoundError, or ArgumentError for a file that is damaged or of another kind.
    """
    kind = _suffix(path)
    safetensors = _safetensors() if kind == ".safetensors" else None
    with Path(path).open("rb") as file:
        try:
            if safetensors is not None:
                arrays = safetensors.load(file.read())
            else:
                with np.load(file, allow_pickle=False) as archive:
                    arrays = dict(archive)
        except Exception as error:  # of any kind: each of the two libraries has many
            raise ArgumentError(
                f"load: {str(path)!r} is no whole {kind} file of weights ({error}): save it again "
                "with minigrad.save(model.state_dict(), path)"
            ) from error
    return {name: wrap(to_array(array)) for name, array in arrays.items()}


def _savez(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """np.savez, for which no array may be called "file"."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


def _suffix(path: str | Path) -> str:
    suffix = Path(path).suffix
    if suffix not in (".npz", ".safetensors"):
        raise ArgumentError(f"weights are kept as .npz or .safetensors, got {str(path)!r}")
    return suffix


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise ArgumentError(
            "safetensors is not installed: pip install 'minigrad[io]', or use a path ending in .npz"
        ) from None
    return safetensors.numpy
