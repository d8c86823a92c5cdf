"""Module: parameters, buffers and submodules under names, and a forward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from minigrad.core.dtype import as_dtype, is_floating
from minigrad.core.hooks import RemovableHandle, add_hook
from minigrad.core.mode import no_grad
from minigrad.core.tensor import Tensor, to_array
from minigrad.errors import ArgumentError, DtypeError, StateDictError


class Parameter(Tensor):
    """A leaf tensor that its Module lists: `Parameter(tensor)` shares the tensor's memory."""

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        self.array = to_array(data)
        self.grad = self.node = self.hooks = None
        self.requires_grad = False
        if requires_grad:
            self.requires_grad_()

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


class IncompatibleKeys(NamedTuple):
    """The names that load_state_dict(strict=False) left alone, and those it did not know."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
    """Base of all layers. A subclass calls `super().__init__()`, sets Parameters and Modules as
    attributes, and defines `forward`."""

    training = True

    def __init__(self) -> None:
        self._buffers: dict[str, bool] = {}  # name -> whether it is saved
        self._forward_hooks: dict[int, Callable] = {}

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        raise ArgumentError(f"{type(self).__name__} has no forward(): define it in the class")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        out = self.forward(*args, **kwargs)
        if self._forward_hooks:
            for hook in tuple(self._forward_hooks.values()):
                changed = hook(self, args, out)
                out = out if changed is None else changed
        return out

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Tensor | Module):
            self._buffers  # noqa: B018  raises if super().__init__() was forgotten
        held = self.__dict__.get(name)
        if isinstance(held, Parameter) and not isinstance(value, Parameter | None):
            raise DtypeError(
                f"{type(self).__name__}.{name} is a Parameter, got {type(value).__name__}: set a "
                "Parameter(...), or copy the values into it under no_grad()"
            )
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:  # only for what is not there
        if name in ("_buffers", "_forward_hooks"):
            raise ArgumentError(
                f"{type(self).__name__}: call super().__init__() first in its __init__()"
            )
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Hold a tensor that is state but no parameter; saved in state_dict if persistent."""
        if not isinstance(tensor, Tensor | None):
            raise DtypeError(f"buffer {name!r} must be a Tensor, got {type(tensor).__name__}")
        self._buffers[name] = persistent
        setattr(self, name, tensor)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """The same as setting the attribute; None says that there is none (no bias)."""
        if not isinstance(param, Parameter | None):
            raise DtypeError(f"{name!r} must be a Parameter or None, got {type(param).__name__}")
        setattr(self, name, param)

    def register_forward_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(module, args, output)` after each forward; what it returns replaces the
        output."""
        return add_hook(self._forward_hooks, hook)

    # -- what is inside -----------------------------------------------------------------------

    def _submodules(self) -> list[tuple[str, Module]]:
        """The modules set as attributes, one that has two names twice."""
        return [(n, value) for n, value in self.__dict__.items() if isinstance(value, Module)]

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside, each once."""
        seen: set[int] = set()
        for name, module in self._submodules():
            if id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def children(self) -> Iterator[Module]:
        return (module for _, module in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all below, each once, with dotted names."""
        seen: set[int] = set()
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            name, module = stack.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield name, module
            below = [(f"{name}.{n}" if name else n, m) for n, m in module._submodules()]
            stack.extend(reversed(below))

    def modules(self) -> Iterator[Module]:
        return (module for _, module in self.named_modules())

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        """All parameters, each once (a tied weight under its first name)."""
        seen: set[int] = set()
        for path, module in self.named_modules(prefix):
            for name, value in module.__dict__.items():
                if isinstance(value, Parameter) and id(value) not in seen:
                    seen.add(id(value))
                    yield (f"{path}.{name}" if path else name), value

    def parameters(self) -> Iterator[Parameter]:
        return (parameter for _, parameter in self.named_parameters())

    def named_buffers(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """All buffers, saved or not, each once."""
        seen: set[int] = set()
        for path, module in self.named_modules(prefix):
            for name in module._buffers:
                buffer = getattr(module, name)
                if buffer is not None and id(buffer) not in seen:
                    seen.add(id(buffer))
                    yield (f"{path}.{name}" if path else name), buffer

    def buffers(self) -> Iterator[Tensor]:
        return (buffer for _, buffer in self.named_buffers())

    # -- what is done to all of it --------------------------------------------------------------

    def apply(self, fn: Callable[[Module], Any]) -> Module:
        """Call `fn` on every module inside, children first, then this one; returns the module."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Module:
        """Training mode for this module and all below (dropout drops); returns the module."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Evaluation mode: train(False)."""
        return self.train(False)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget every parameter's gradient (or fill it with 0)."""
        for parameter in self.parameters():
            clear_grad(parameter, set_to_none)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Ask (or stop asking) for the gradient of every parameter; returns the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def to(self, dtype: Any) -> Module:
        """Every floating-point parameter and buffer, and their gradients, as `dtype` (a floating-
        point one), in place; returns the module."""
        if not is_floating(as_dtype(dtype)):
            raise DtypeError(f"a module's dtype must be a floating-point one, got {dtype}")
        for tensor in (*self.parameters(), *self.buffers()):
            if tensor.is_floating_point():
                tensor.array = to_array(tensor.array, dtype)
                if tensor.grad is not None:
                    tensor.grad.array = to_array(tensor.grad.array, dtype)
        return self

    def double(self) -> Module:
        return self.to("float64")

    def float(self) -> Module:
        return self.to("float32")

    def half(self) -> Module:
        return self.to("float16")

    # -- saving and loading -----------------------------------------------------------------------

    def _saved(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """Every parameter and saved buffer under every name it has."""
        for name, value in self.__dict__.items():
            if isinstance(value, Parameter):
                yield prefix + name, value
        for name, persistent in self._buffers.items():
            if persistent and getattr(self, name) is not None:
                yield prefix + name, getattr(self, name)
        for name, module in self._submodules():
            yield from module._saved(f"{prefix}{name}.")

    def state_dict(self) -> dict[str, Tensor]:
        """Names to parameters and saved buffers, detached: they share the module's memory. A tied
        weight appears under each of its names."""
        return {name: tensor.detach() for name, tensor in self._saved()}

    def load_state_dict(
        self, state_dict: Mapping[str, Tensor], strict: bool = True
    ) -> IncompatibleKeys:
        """Copy the values in. Raises StateDictError, before anything is changed, for names that
        are missing or unexpected (unless not strict: then they are returned) and for shapes that
        differ."""
        if not isinstance(state_dict, Mapping):
            raise DtypeError(
                "load_state_dict: needs a dict of names and Tensors, as minigrad.load(path) and "
                f"state_dict() give, got {type(state_dict).__name__}"
            )
        own = dict(self._saved())
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        problems = []
        if strict:
            problems += [f"missing: {name} {own[name].shape}" for name in missing]
            problems += [f"unexpected: {name}" for name in unexpected]
        for name in [name for name in own if name in state_dict]:
            given = state_dict[name]
            if not isinstance(given, Tensor):
                raise DtypeError(
                    f"load_state_dict: {name} must be a Tensor, got {type(given).__name__}"
                )
            if given.shape != own[name].shape:
                problems.append(
                    f"wrong shape: {name} is {own[name].shape} here and {given.shape} there"
                )
        if problems:
            listed, partly = "\n  ".join(problems), strict and (missing or unexpected)
            raise StateDictError(
                f"load_state_dict: the names and shapes of {type(self).__name__} must match:\n"
                f"  {listed}\nBuild the module with the settings it was saved with"
                + (", or pass strict=False to load only the names both have." if partly else ".")
            )
        with no_grad():
            for name, tensor in own.items():
                if name in state_dict:
                    tensor.copy_(state_dict[name])
        return IncompatibleKeys(missing, unexpected)

    # -- how it reads ---------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """The settings, as they stand in the repr."""
        return ""

    def __repr__(self) -> str:
        count = sum(parameter.numel() for parameter in self.parameters())
        total = f"  # {count:,} parameter{'s' * (count > 1)}" if count else ""
        children = self._submodules()
        if not children:
            return f"{type(self).__name__}({self.extra_repr()}){total}"
        lines = [f"({name}): " + repr(child).replace("\n", "\n  ") for name, child in children]
        inside = "".join(f"\n  {line}" for line in lines)
        return f"{type(self).__name__}({self.extra_repr()}{total}{inside}\n)"


def clear_grad(tensor: Tensor, set_to_none: bool) -> None:
    """Forget the tensor's gradient, or fill it with 0."""
    if set_to_none:
        tensor.grad = None
    elif tensor.grad is not None:
        tensor.grad.array[...] = 0
