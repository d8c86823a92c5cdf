"""Weights and checkpoints in files, without pickle: .npz by NumPy, .safetensors by its library
(extra `io`).

A state_dict is kept as its arrays alone, under their names: other programs read it. Anything else
has, beside its arrays, a text TREE that says where in it they belong.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from minigrad.core.dtype import as_dtype
from minigrad.core.tensor import Tensor, to_array, wrap
from minigrad.errors import ArgumentError, DtypeError

TREE = "tree.json"


def save(obj: Any, path: str | Path) -> None:
    """Write a state_dict, or dicts and lists of Tensors, numbers and texts, such as {"model": …,
    "optimizer": …, "step": 7}, to `path`: whole, or not at all.

    A path that ends in .safetensors is written in that format, any other in that of .npz. Raises
    DtypeError, naming it, for anything else that is found inside; ArgumentError for a name that
    the formats cannot keep.
    """
    arrays: dict[str, np.ndarray] = {}
    tree = json.dumps(_pack(obj, "", arrays))
    for name in arrays:
        if name == "__metadata__" or "\0" in name:  # .safetensors' own word; where .npz cuts a name
            raise ArgumentError(f"save: no tensor in a file can be called {name!r}: rename it")
    flat = isinstance(obj, Mapping) and all(isinstance(name, str) for name in obj)
    if flat and list(obj) == list(arrays) and "bfloat16" not in tree:
        tree = ""
    path = Path(path)
    beside = path.with_name(path.name + ".part")
    try:
        if path.suffix == ".safetensors":
            _safetensors().save_file(arrays, beside, metadata={TREE: tree} if tree else None)
        else:
            _savez(beside, arrays, tree)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def load(path: str | Path) -> Any:
    """What save() wrote to `path`. Nothing in the file is executed.

    Raises FileNotFoundError, or ArgumentError for a file that is damaged or of another kind.
    """
    safe = Path(path).suffix == ".safetensors"
    read = _read_safetensors if safe else _read_npz
    if safe:
        _safetensors()  # says what to install, before the file is looked at
    with Path(path).open("rb") as file:
        try:
            arrays, tree = read(file)
        except Exception as error:  # of any kind: each of the two libraries has many
            if "'bfloat16' not understood" in str(error):
                raise ArgumentError(
                    f"load: {str(path)!r} holds bfloat16: pip install 'minigrad[bf16]'"
                ) from None
            kind = ".safetensors" if safe else ".npz"
            raise ArgumentError(
                f"load: {str(path)!r} is no whole {kind} file of weights ({error}): save it again "
                "with minigrad.save(model.state_dict(), path)"
            ) from error
    if tree:
        return _unpack(json.loads(tree), arrays)
    return {name: wrap(to_array(array)) for name, array in arrays.items()}


def _pack(value: Any, name: str, arrays: dict[str, np.ndarray]) -> Any:
    """`value` as JSON keeps it; its tensors go to `arrays`, named after their place in it."""
    if isinstance(value, Tensor):
        array = np.asarray(value.array, order="C")  # safetensors writes memory as it lies
        if array.dtype.name == "bfloat16":  # neither format's library knows it
            array = array.view(np.uint16)
        name = name or "tensor"
        while name in arrays:
            name += "_"
        arrays[name] = array
        return {"tensor": name, "dtype": value.dtype.name}
    if isinstance(value, Mapping) and all(isinstance(key, str | int) for key in value):
        dot = f"{name}." if name else ""
        return {"dict": [[k, _pack(v, f"{dot}{k}", arrays)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [_pack(v, f"{name}.{i}", arrays) for i, v in enumerate(value)]}
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise DtypeError(
        f"save: {name or 'what is saved'} must be a Tensor, a number, a text, or a dict or list of "
        f"these, got {type(value).__name__}: pass model.state_dict()"
    )


def _unpack(tree: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if not isinstance(tree, dict):
        return tree
    if "tensor" in tree:
        array, dtype = arrays[tree["tensor"]], as_dtype(tree["dtype"])
        return wrap(array.view(dtype) if array.dtype == np.uint16 else array)
    if "dict" in tree:
        return {key: _unpack(value, arrays) for key, value in tree["dict"]}
    ((kind, values),) = tree.items()
    listed = [_unpack(value, arrays) for value in values]
    return tuple(listed) if kind == "tuple" else listed


def _savez(path: Path, arrays: Mapping[str, np.ndarray], tree: str) -> None:
    """np.savez, for which no array may be called "file"."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)
        if tree:
            archive.writestr(TREE, tree)


def _read_npz(file: BinaryIO) -> tuple[dict[str, np.ndarray], str]:
    with np.load(file, allow_pickle=False) as archive:
        found = dict(archive)
    tree = found.pop(TREE, b"")
    return found, bytes(tree).decode()


def _read_safetensors(file: BinaryIO) -> tuple[dict[str, np.ndarray], str]:
    import safetensors

    with suppress(ImportError):
        import ml_dtypes  # noqa: F401  # NumPy's bfloat16, which a file may hold

    with safetensors.safe_open(file.name, "numpy") as weights:
        tree = (weights.metadata() or {}).get(TREE, "")
        names = list(weights.keys())  # it cannot be iterated over
        return {name: weights.get_tensor(name) for name in names}, tree


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise ArgumentError(
            "safetensors is not installed: pip install 'minigrad[io]', or use a path ending in .npz"
        ) from None
    return safetensors.numpy
