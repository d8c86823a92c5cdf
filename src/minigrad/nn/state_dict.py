"""What a state_dict must match before a module takes it over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from minigrad.core.tensor import Tensor
from minigrad.errors import DtypeError, StateDictError


class IncompatibleKeys(NamedTuple):
    """The names that load_state_dict(strict=False) left alone, and those it did not know."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def match(module: str, own: Mapping[str, Tensor], given: Any, strict: bool) -> IncompatibleKeys:
    """Compare `given` with the tensors of a module of the class named `module`.

    Raises StateDictError for names that are missing or unexpected (unless not strict) and for
    shapes that differ, DtypeError for what is no dict of Tensors.
    """
    if not isinstance(given, Mapping):
        raise DtypeError(
            "load_state_dict: needs a dict of names and Tensors, as minigrad.load(path) and "
            f"state_dict() give, got {type(given).__name__}"
        )
    missing = [name for name in own if name not in given]
    unexpected = [name for name in given if name not in own]
    problems = []
    if strict:
        problems += [f"missing: {name} {own[name].shape}" for name in missing]
        problems += [f"unexpected: {name}" for name in unexpected]
    for name in [name for name in own if name in given]:
        tensor = given[name]
        if not isinstance(tensor, Tensor):
            raise DtypeError(
                f"load_state_dict: {name} must be a Tensor, got {type(tensor).__name__}"
            )
        if tensor.shape != own[name].shape:
            problems.append(
                f"wrong shape: {name} is {own[name].shape} here and {tensor.shape} there"
            )
    if problems:
        listed, partly = "\n  ".join(problems), strict and (missing or unexpected)
        raise StateDictError(
            f"load_state_dict: the names and shapes of {module} must match:\n"
            f"  {listed}\nBuild the module with the settings it was saved with"
            + (", or pass strict=False to load only the names both have." if partly else ".")
        )
    return IncompatibleKeys(missing, unexpected)
