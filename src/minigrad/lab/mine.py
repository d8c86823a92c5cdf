"""`--mine`: the functions of the learner's exercise.py in the library's place.

labs.toml names, for an exercise, which of the lab's PIECES it replaces; where the learner's form is
another than the piece's, the lab's MINE holds what makes one of the other.
"""

import ast
import inspect
import textwrap
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType, SimpleNamespace
from typing import Any

from minigrad.core.tensor import Tensor
from minigrad.errors import ArgumentError
from minigrad.files import load_module
from minigrad.lab.catalog import Lab


def pieces(
    lab: Lab, module: ModuleType, mine: bool, faults: Mapping[str, str] = MappingProxyType({})
) -> tuple[SimpleNamespace, dict[str, str]]:
    """The functions an experiment runs with, and whose each is, for the manifest. `faults` says of
    exercises what their check has against them.

    Raises ArgumentError where `mine` is asked for and there is nothing to use.
    """
    chosen, whose = dict(module.PIECES), dict.fromkeys(module.PIECES, "minigrad")
    if not mine:
        return SimpleNamespace(**chosen), whose
    places = {e.mine: e.name for e in lab.exercises if e.mine}
    if not places:
        raise ArgumentError(
            f"--mine: {lab.folder} has no place for functions of your own; leave it out"
        )
    file = lab.file
    exercise = _load(file)
    for name, wanted in places.items():
        written = getattr(exercise, wanted, None)
        if written is not None and _written(written):
            fit = module.MINE.get(name, lambda own: own)
            fails = f" (fails its check: {faults[wanted]})" if wanted in faults else ""
            chosen[name], whose[name] = fit(written), f"exercise.py: {wanted}{fails}"
    if set(whose.values()) == {"minigrad"}:
        raise ArgumentError(
            f"--mine: none of {', '.join(places.values())} is written yet in {file}; "
            "without --mine the lab runs with minigrad's own"
        )
    return SimpleNamespace(**chosen), whose


def _load(file: Path) -> ModuleType:
    if not file.is_file():
        raise ArgumentError(f"--mine: there is no {file}; `minigrad start DIR` makes a workspace")
    try:
        return load_module(file, f"exercise_{file.parent.name}")
    except Exception as error:
        kind = type(error).__name__
        raise ArgumentError(f"--mine: {file} cannot be imported: {kind}: {error}") from error


def _written(piece: object) -> bool:
    """Whether no statement of a function's own says that it is not written yet."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(piece)))  # type: ignore[arg-type]
    raised = (node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc)
    return not any("NotImplementedError" in ast.unparse(exception) for exception in raised)


def fault(error: Exception, folder: Path) -> str:
    """What went wrong in the learner's file, if that is where an exception came from; else ""."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if Path(f.filename) == folder / "exercise.py"]
    if not own:
        return ""
    at = f"{own[-1].name} in {own[-1].filename}, line {own[-1].lineno}"
    if isinstance(error, NotImplementedError):
        return f"--mine: {own[0].name} needs {at}, which is not written yet"
    return f"--mine: {at}, raised {type(error).__name__}: {error}"


def fill(draw: Callable[..., Any]) -> Callable[..., Tensor]:
    """An init in PyTorch's form, made from draw(shape, rng) -> array."""

    def fill_(tensor: Tensor, generator: Any = None) -> Tensor:
        from minigrad.core.random import default_generator

        rng = (generator or default_generator()).numpy
        tensor.array[...] = draw(tensor.shape, rng)
        return tensor

    return fill_
