"""Modules made of modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from minigrad.errors import DtypeError, IndexRangeError
from minigrad.nn.module import Module


class _Listed(Module):
    """Modules under the names 0, 1, 2, …"""

    def __init__(self, modules: Iterable[Module]) -> None:
        super().__init__()
        if not isinstance(modules, Iterable):
            raise DtypeError(
                f"{type(self).__name__} takes a list of Modules, got {type(modules).__name__}"
            )
        for module in modules:
            self.append(module)

    def append(self, module: Module) -> Any:
        """Add a module at the end; returns the container."""
        if not isinstance(module, Module):
            raise DtypeError(
                f"{type(self).__name__} holds Modules, got {type(module).__name__}{_hint(module)}"
            )
        setattr(self, str(len(self)), module)
        return self

    def __len__(self) -> int:
        return len(self._submodules())

    def __iter__(self) -> Iterator[Module]:
        return (module for _, module in self._submodules())

    def __getitem__(self, index: int | slice) -> Any:
        modules = list(self)
        if isinstance(index, slice):
            picked = modules[index]
            return Sequential(*picked) if isinstance(self, Sequential) else ModuleList(picked)
        if not -len(modules) <= index < len(modules):
            raise IndexRangeError(f"index {index} is out of range for {len(modules)} modules")
        return modules[index]


class Sequential(_Listed):
    """Modules applied one after the other: `Sequential(Linear(4, 8), ReLU(), Linear(8, 2))`."""

    def __init__(self, *modules: Module) -> None:
        super().__init__(modules)

    def forward(self, input: Any) -> Any:
        for module in self:
            input = module(input)
        return input


class ModuleList(_Listed):
    """A list of modules whose parameters count as its owner's."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__(modules)


def _hint(value: Any) -> str:
    if isinstance(value, type):
        return f": call the class to make a layer, {value.__name__}(...)"
    if isinstance(value, list | tuple):
        return ": pass the modules one by one, Sequential(*modules)"
    return ": for a function use its module, as ReLU() for relu" if callable(value) else ""
