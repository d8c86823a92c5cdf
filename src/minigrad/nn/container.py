"""Modules made of modules, and lists of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from minigrad.errors import DtypeError, IndexRangeError, ShapeError
from minigrad.nn.module import Module, Parameter


class _Listed(Module):
    """Modules under the names 0, 1, 2, …"""

    def __init__(self, modules: Iterable[Module]) -> None:
        super().__init__()
        self.extend(modules)

    def append(self, module: Module) -> Any:
        """Add a module at the end; returns the container."""
        number = len(self)
        while str(number) in self.__dict__:  # a slice of Sequential has kept its names
            number += 1
        self.add_module(str(number), self._module(module))
        return self

    def extend(self, modules: Iterable[Module]) -> Any:
        """Add several at the end; returns the container."""
        if not isinstance(modules, Iterable):
            raise DtypeError(
                f"{type(self).__name__} takes a list of Modules, got {type(modules).__name__}"
            )
        for module in modules:
            self.append(module)
        return self

    __iadd__ = extend

    def insert(self, index: int, module: Module) -> Any:
        """Put a module before the one at `index`, and number all anew."""
        modules = list(self)
        modules.insert(index, self._module(module))
        return self._renumber(modules)

    def _module(self, module: Any) -> Module:
        if not isinstance(module, Module):
            raise DtypeError(
                f"{type(self).__name__} holds Modules, got {type(module).__name__}{_hint(module)}"
            )
        return module

    def _renumber(self, modules: list[Module]) -> Any:
        for name, _ in self._submodules():
            delattr(self, name)
        return self.extend(modules)

    def _name(self, index: int) -> str:
        names = [name for name, _ in self._submodules()]
        if not -len(names) <= index < len(names):
            raise IndexRangeError(f"index {index} is out of range for {len(names)} modules")
        return names[index]

    def __len__(self) -> int:
        return len(self._submodules())

    def __iter__(self) -> Iterator[Module]:
        return (module for _, module in self._submodules())

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return getattr(self, self._name(index))

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._name(index), self._module(module))

    def __delitem__(self, index: int | slice) -> None:
        modules = list(self)
        if not isinstance(index, slice):
            self._name(index)  # raises where there is none
        del modules[index]
        self._renumber(modules)


class Sequential(_Listed):
    """Modules applied one after the other: `Sequential(Linear(4, 8), ReLU(), Linear(8, 2))`, or a
    dict that names them. A slice keeps the names, so that its state_dict fits the whole's."""

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        if len(modules) != 1 or not isinstance(modules[0], Mapping):
            super().__init__(modules)  # type: ignore[arg-type]
            return
        super().__init__(())
        for name, module in modules[0].items():
            self.add_module(name, self._module(module))

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return Sequential(dict(self._submodules()[index]))
        return super().__getitem__(index)

    def forward(self, input: Any) -> Any:
        for name, module in self._submodules():
            try:
                input = module(input)
            except ShapeError as error:  # the layer that does not fit is what one looks for
                error.args = (f"{error}\n  in layer {name}, {type(module).__name__}",)
                raise
        return input


class ModuleList(_Listed):
    """A list of modules whose parameters count as its owner's."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__(modules)

    def _child_lines(self) -> list[str]:
        """Neighbours that read alike on one line, as a stack of equal blocks does."""
        lines, first = [], 0
        for text, same in groupby(repr(module) for module in self):
            n = len(list(same))
            lines.append(
                f"({first}): {text}" if n == 1 else f"({first}-{first + n - 1}): {n} x {text}"
            )
            first += n
        return lines


class ModuleDict(Module):
    """A dict of modules whose parameters count as its owner's; each is an attribute as well."""

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__()
        self.update(modules or {})

    def update(self, modules: Mapping[str, Module]) -> None:
        """Add all modules of a dict, or replace those of the same names."""
        for name, module in modules.items():
            self[name] = module

    def __getitem__(self, key: str) -> Module:
        return dict(self._submodules())[key]

    def __setitem__(self, key: str, module: Module) -> None:
        if not isinstance(module, Module):
            raise DtypeError(f"ModuleDict holds Modules, got {type(module).__name__}")
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        self[key]  # raises KeyError where there is none
        delattr(self, key)

    def __contains__(self, key: str) -> bool:
        return key in self.keys()

    def __len__(self) -> int:
        return len(self._submodules())

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def keys(self) -> Iterable[str]:
        return dict(self._submodules()).keys()

    def values(self) -> Iterable[Module]:
        return dict(self._submodules()).values()

    def items(self) -> Iterable[tuple[str, Module]]:
        return dict(self._submodules()).items()


class ParameterList(Module):
    """A list of parameters that count as its owner's; Tensors in it become Parameters."""

    def __init__(self, values: Iterable[Any] = ()) -> None:
        super().__init__()
        self.extend(values)

    def append(self, value: Any) -> ParameterList:
        """Add one at the end; returns the list."""
        setattr(self, str(len(self)), value if isinstance(value, Parameter) else Parameter(value))
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Add several at the end; returns the list."""
        for value in values:
            self.append(value)
        return self

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __iter__(self) -> Iterator[Parameter]:
        return (value for value in self.__dict__.values() if isinstance(value, Parameter))

    def __getitem__(self, index: int) -> Parameter:
        return list(self)[index]

    def _child_lines(self) -> list[str]:
        return [f"({i}): Parameter {p.dtype} of size {p.shape}" for i, p in enumerate(self)]


def _hint(value: Any) -> str:
    if isinstance(value, type):
        return f": call the class to make a layer, {value.__name__}(...)"
    if isinstance(value, list | tuple):
        return ": pass the modules one by one, Sequential(*modules)"
    return ": for a function use its module, as ReLU() for relu" if callable(value) else ""
