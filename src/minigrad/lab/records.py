"""Records as strict JSON, written whole or not at all."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.errors import ArgumentError
from minigrad.files import read_utf8, write_text


def strict(value: Any) -> Any:
    """`value` in JSON's own types: a number that is not finite becomes None.

    Floats keep nine significant digits, which is exact for float32. Dataclasses become dicts,
    arrays lists. Raises TypeError for anything else that JSON has no word for.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | np.floating):
        return float(f"{value:.9g}") if math.isfinite(value) else None
    if isinstance(value, np.bool_ | np.integer):
        return value.item()
    if isinstance(value, Mapping):
        return {str(key): strict(v) for key, v in value.items()}
    if isinstance(value, list | tuple | range | np.ndarray):
        return [strict(v) for v in value]
    if is_dataclass(value):
        return strict(vars(value))
    if isinstance(value, Path):
        return value.as_posix()
    raise TypeError(f"a record holds numbers, text, lists and dicts, got {type(value).__name__}")


def rounded(values: Iterable[float | None], digits: int) -> list[float | None]:
    """The numbers with so many significant digits, as a record keeps a long list."""
    return [value if value is None else float(f"{value:.{digits}g}") for value in values]


def to_json(value: Any) -> str:
    """Indented, with a list of numbers on one line."""
    text = json.dumps(strict(value), indent=2, allow_nan=False, ensure_ascii=False)
    return re.sub(r"\[\n\s+([^\[\]{}]*?)\n\s*\]", _one_line, text) + "\n"


def _one_line(match: re.Match[str]) -> str:
    return "[" + re.sub(r"\n\s+", " ", match[1]) + "]"


def write_json(path: Path, value: Any) -> None:
    write_text(path, to_json(value))


def read_json(path: Path) -> Any:
    try:
        return json.loads(read_utf8(path))
    except json.JSONDecodeError as error:
        raise ArgumentError(f"{path} is no whole record: {error}") from None


def read_records(folder: Path) -> dict[str, Any]:
    """Every record in a finished run's folder, by file name; not the manifest."""
    paths = sorted(folder.glob("*.json"))
    return {path.name: read_json(path) for path in paths if path.name != "manifest.json"}
