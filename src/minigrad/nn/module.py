"""Module: parameters, buffers and submodules under names, and a forward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from minigrad.core.dtype import as_dtype, is_floating
from minigrad.core.hooks import RemovableHandle, add_hook
from minigrad.core.mode import no_grad
from minigrad.core.tensor import Tensor, to_array
from minigrad.errors import ArgumentError, DtypeError, ModuleError
from minigrad.nn.state_dict import IncompatibleKeys, match


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
        held, buffer = self.__dict__.get(name), name in self.__dict__.get("_buffers", ())
        if isinstance(held, Parameter) and not isinstance(value, Parameter | None):
            raise DtypeError(
                f"{type(self).__name__}.{name} is a Parameter, got {type(value).__name__}: set a "
                "Parameter(...), or copy the values into it under no_grad()"
            )
        for kind, holds in ((Module, isinstance(held, Module)), (Tensor, buffer)):
            if holds and not isinstance(value, kind | Module | None):
                raise DtypeError(
                    f"{type(self).__name__}.{name} holds a {kind.__name__}, got "
                    f"{type(value).__name__}: set another {kind.__name__}, or None"
                )
        if buffer and isinstance(value, Parameter | Module):
            del self._buffers[name]
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._buffers.pop(name, None)

    def __getattr__(self, name: str) -> Any:  # only for what is not there
        if name in ("_buffers", "_forward_hooks"):
            raise ModuleError(
                f"{type(self).__name__}: call super().__init__() first in its __init__()"
            )
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Hold a tensor that is state but no parameter; saved in state_dict if persistent."""
        if not isinstance(tensor, Tensor | None):
            raise DtypeError(f"buffer {name!r} must be a Tensor, got {type(tensor).__name__}")
        self._check_free(name, self._buffers)
        object.__setattr__(self, name, tensor)
        self._buffers[name] = persistent

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """The same as setting the attribute; None says that there is none (no bias)."""
        if not isinstance(param, Parameter | None):
            raise DtypeError(f"{name!r} must be a Parameter or None, got {type(param).__name__}")
        setattr(self, name, param)

    def add_module(self, name: str, module: Module | None) -> None:
        """The same as setting the attribute, for a name made at run time."""
        if not isinstance(module, Module | None):
            raise DtypeError(f"{name!r} must be a Module or None, got {type(module).__name__}")
        self._check_free(name, dict(self._submodules()))
        setattr(self, name, module)

    def _check_free(self, name: str, taken: Mapping[str, Any]) -> None:
        if not name or "." in name or (hasattr(self, name) and name not in taken):
            raise ArgumentError(
                f"{type(self).__name__}: {name!r} is "
                + ("an attribute already" if name and "." not in name else "no name: it is a path")
            )

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

    def named_parameters(
        self, prefix: str = "", recurse: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All parameters, each once (a tied weight under its first name); with recurse=False its
        own alone."""
        seen: set[int] = set()
        for path, module in self.named_modules(prefix) if recurse else [(prefix, self)]:
            for name, value in module.__dict__.items():
                if isinstance(value, Parameter) and id(value) not in seen:
                    seen.add(id(value))
                    yield (f"{path}.{name}" if path else name), value

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

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

    def to(
        self, *args: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False
    ) -> Module:
        """Every floating-point parameter and buffer, and their gradients, as the dtype given (a
        floating-point one), in place; returns the module. The device "cpu" is where they are."""
        for wanted in (*args, dtype, device):
            if wanted is None or str(wanted) == "cpu":
                continue
            if not is_floating(as_dtype(wanted)):
                raise DtypeError(f"a module's dtype must be a floating-point one, got {wanted}")
            for tensor in (*self.parameters(), *self.buffers()):
                if tensor.is_floating_point():
                    tensor.array = to_array(tensor.array, wanted)
                    if tensor.grad is not None:
                        tensor.grad.array = to_array(tensor.grad.array, wanted)
        return self

    def double(self) -> Module:
        return self.to("float64")

    def float(self) -> Module:
        return self.to("float32")

    def half(self) -> Module:
        return self.to("float16")

    def bfloat16(self) -> Module:
        return self.to("bfloat16")

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
        own = dict(self._saved())
        left = match(type(self).__name__, own, state_dict, strict)
        with no_grad():
            for name, tensor in own.items():
                if name in state_dict:
                    tensor.copy_(state_dict[name])
        return left

    # -- how it reads ---------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """The settings, as they stand in the repr."""
        return ""

    def _child_lines(self) -> list[str]:
        return [f"({name}): {child!r}" for name, child in self._submodules()]

    def __repr__(self) -> str:
        settings, lines = self.extra_repr(), self._child_lines()
        if not lines and "\n" not in settings:
            return f"{type(self).__name__}({settings})"
        inside = "\n".join(filter(None, [settings, *lines])).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {inside}\n)"


def clear_grad(tensor: Tensor, set_to_none: bool) -> None:
    """Forget the tensor's gradient, or fill it with 0."""
    if set_to_none:
        tensor.grad = None
    elif tensor.grad is not None:
        tensor.grad.array[...] = 0
