"""Removable hooks on modules: statistics of activations and of their gradients, by depth."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from minigrad.core.tensor import Tensor
from minigrad.nn.module import Module
from minigrad.probe.statistics import Statistics, statistics


class Probe:
    """Measures every output of the given modules, and the loss's gradient there after backward.

    `modules` names what is watched: Probe({"layer 1": model[0]}), or Probe.of(model, nn.ReLU) for
    all of a class. `activations[name]` and `gradients[name]` hold one Statistics per call, in the
    order of calls (gradients: of backward passes). A context manager; remove() takes the hooks
    away and keeps what was measured. Arrays are not kept.
    """

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self.activations: dict[str, list[Statistics]] = {name: [] for name in modules}
        self.gradients: dict[str, list[Statistics]] = {name: [] for name in modules}
        self._handles = [
            module.register_forward_hook(self._hook(name)) for name, module in modules.items()
        ]

    @classmethod
    def of(cls, model: Module, kind: type[Module] | tuple[type[Module], ...]) -> "Probe":
        """All modules of a class inside `model`, under their dotted names, in order."""
        return cls({name: m for name, m in model.named_modules() if isinstance(m, kind)})

    def _hook(self, name: str) -> Any:
        activations, gradients = self.activations[name], self.gradients[name]

        def see(module: Module, inputs: Any, output: Tensor) -> None:
            activations.append(statistics(output.array))
            if output.requires_grad:
                output.register_hook(lambda g: gradients.append(statistics(g.array)))

        return see

    def remove(self) -> None:
        """Take every hook away."""
        for handle in self._handles:
            handle.remove()

    def __enter__(self) -> "Probe":
        return self

    def __exit__(self, *_: Any) -> None:
        self.remove()


def gradient_norm(parameters: Iterable[Tensor]) -> float:
    """√ of the sum of squares over all the parameters' gradients, in float64; 0 without any."""
    grads = [p.grad.array.ravel().astype(np.float64) for p in parameters if p.grad is not None]
    return math.sqrt(sum(float(g @ g) for g in grads))
