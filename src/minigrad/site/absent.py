"""What a page's worker has not: matplotlib, whose names are there, empty; and a deep stack.

In a page's worker the page draws. The labs' files and `lab.plot` name matplotlib at their tops, and
use it in the functions that draw PNGs, which a worker does not call.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any


class Absent(ModuleType):
    """A module, or something of one, that is there in name only."""

    __path__: list[str] = []  # noqa: RUF012 - as a package has it

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"{self.__name__} is not there: a web page draws for itself")


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] != "matplotlib":
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return Absent(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def stand_in() -> None:
    """From now on `import matplotlib` gives its empty names, and a long chain of Python floats is
    freed without recursion, as the engine's nodes are."""
    from minigrad.core.wasm import free_in_turn
    from minigrad.scalar import Value

    sys.meta_path.insert(0, _Finder())
    free_in_turn(Value, "inputs")
