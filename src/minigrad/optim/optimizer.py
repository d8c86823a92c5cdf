"""What all optimizers share: parameter groups, zero_grad, state."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from minigrad.core import saved
from minigrad.core.mode import enable_grad
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import ArgumentError, DtypeError, ShapeError, StateDictError
from minigrad.nn.module import clear_grad

# Elements of a block: few enough to stay in cache, enough to make NumPy's cost per call small.
BLOCK = 65536


class Optimizer:
    """Base of optimizers: a subclass gives defaults and defines `_update`.

    `params` is an iterable of tensors, of (name, tensor) as named_parameters() gives them, or of
    dicts {"params": …, option: …} with options of their own. `state[parameter]` holds what the
    optimizer remembers of it. `maximize` climbs instead of descending.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise DtypeError("an optimizer takes a list of parameters: pass [tensor]")
        listed = list(params)
        if not listed:
            raise ArgumentError("an optimizer needs at least one parameter, got none")
        groups = listed if isinstance(listed[0], dict) else [{"params": listed}]
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        for group in groups:
            self.add_param_group(group)

    def __repr__(self) -> str:
        """Its name, and the options of each group."""
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {k}: {group[k]}" for k in sorted(group) if not k.startswith("param")]
        return "\n".join([*lines, ")"])

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add {"params": tensors, option: value, …}; options not given are the defaults."""
        if "params" not in param_group:
            raise ArgumentError(f"a parameter group needs 'params', got {', '.join(param_group)}")
        options = {**self.defaults, **param_group}
        for name in ("lr", "momentum", "weight_decay", "eps", "alpha"):
            if name in options and not options[name] >= 0:
                raise ArgumentError(
                    f"{type(self).__name__}: {name} must be ≥ 0, got {options[name]}"
                )
        params = param_group["params"]
        params = [params] if isinstance(params, Tensor) else list(params)
        if params and all(isinstance(p, tuple) and len(p) == 2 for p in params):
            options["param_names"], params = map(list, zip(*params, strict=True))
        known = {id(p) for g in self.param_groups for p in g["params"]}
        for p in params:
            if not isinstance(p, Tensor):
                raise DtypeError(f"an optimizer takes leaf tensors, got {type(p).__name__}")
            if p.node is not None:
                raise DtypeError(
                    f"an optimizer takes leaf tensors, got a result of {p.node.name!r}: optimize "
                    "what it was computed from, or make it a Parameter"
                )
            if id(p) in known:
                raise ArgumentError(f"a parameter of shape {p.shape} appears in two groups")
        if len({id(p) for p in params}) < len(params):
            warnings.warn(
                "a parameter appears twice in its group: each step changes it twice", stacklevel=3
            )
        self.param_groups.append({**options, "params": params})
        self.elements = sum(p.array.size for g in self.param_groups for p in g["params"])

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget every gradient (or fill it with 0)."""
        for group in self.param_groups:
            for p in group["params"]:
                clear_grad(p, set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient. A `closure`, called first, computes the loss
        and its gradients anew; what it returns is returned."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                _check_grad(p)
                g = -p.grad.array if group.get("maximize") else p.grad.array
                w = np.asarray(p.array, order="C")  # blocks() writes through flat views
                self._update(w, g, self.state[p], group)
                if w is not p.array:
                    p.array[...] = w
                saved.note(p.array)
        return loss

    def _update(
        self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Change the array `p` in place; it is contiguous, and `state` empty the first time."""
        raise ArgumentError(f"{type(self).__name__} must define _update()")

    def state_dict(self) -> dict[str, Any]:
        """The groups' options and the state per parameter, numbered in order."""
        params = [p for group in self.param_groups for p in group["params"]]
        number = {id(p): i for i, p in enumerate(params)}
        return {
            "state": {number[id(p)]: _copied(s) for p, s in self.state.items()},
            "param_groups": [
                {**group, "params": [number[id(p)] for p in group["params"]]}
                for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what state_dict() gave, for the same parameters in the same order. Raises
        StateDictError, before anything is changed, where they are not the same."""
        if not isinstance(state_dict, dict) or not {"state", "param_groups"} <= state_dict.keys():
            raise StateDictError("load_state_dict: needs what an optimizer's state_dict() gave")
        params = [p for group in self.param_groups for p in group["params"]]
        groups = state_dict["param_groups"]
        sizes = [len(g["params"]) for g in self.param_groups]
        if [len(g["params"]) for g in groups] != sizes:
            raise StateDictError(
                f"load_state_dict: the optimizer has groups of {sizes} parameters, the state "
                f"{[len(g['params']) for g in groups]}"
            )
        for i, values in state_dict["state"].items():
            for key, value in values.items():
                if isinstance(value, Tensor) and value.shape not in ((), params[i].shape):
                    raise StateDictError(
                        f"load_state_dict: parameter {i} has shape {params[i].shape}, its {key} "
                        f"{value.shape}: the state is that of another model"
                    )
        for own, given in zip(self.param_groups, groups, strict=True):
            own.update({key: value for key, value in given.items() if key != "params"})
        self.state = defaultdict(dict)
        for i, values in state_dict["state"].items():
            self.state[params[i]] = _copied(values, params[i].dtype)


def _check_grad(p: Tensor) -> None:
    g: Any = p.grad
    if g.dtype != p.dtype:
        raise DtypeError(f"a gradient must be of its parameter's {p.dtype}, got {g.dtype}")
    if g.shape != p.shape:
        raise ShapeError(f"a gradient must have its parameter's shape {p.shape}, got {g.shape}")


def _copied(state: dict[str, Any], dtype: Any = None) -> dict[str, Any]:
    return {
        k: wrap(np.array(v.array, dtype)) if isinstance(v, Tensor) else v for k, v in state.items()
    }


def buffer(state: dict[str, Any], name: str, like: np.ndarray) -> np.ndarray:
    """The array that `state` keeps as a Tensor under `name`, of zeros the first time."""
    if name not in state:
        state[name] = wrap(np.zeros_like(like))
    return state[name].array


def blocks(*arrays: np.ndarray) -> Iterator[list[np.ndarray]]:
    """Matching flat parts of contiguous arrays, small enough to stay in cache while several
    operations pass over them: memory is then read and written once per step."""
    flat = [a.reshape(-1) for a in arrays]
    for start in range(0, flat[0].size, BLOCK):
        yield [a[start : start + BLOCK] for a in flat]
