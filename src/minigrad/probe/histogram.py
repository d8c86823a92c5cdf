"""How the entries of a layer's output, and of its gradient, are spread."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigrad.core.tensor import Tensor
from minigrad.nn.module import Module

Floats = NDArray[np.float64]


class Histograms:
    """The shares of a layer's outputs, and of the loss's gradient there, between given edges.

    `modules` names the layers; `activations` and `gradients` are edges as `histogram` takes them.
    `activations[name]` and `gradients[name]` hold the shares of the last forward pass that recorded
    a graph, and of the last backward pass. A context manager; remove() takes the hooks away and
    keeps what was measured. Arrays are not kept.
    """

    def __init__(self, modules: Mapping[str, Module], activations: Any, gradients: Any) -> None:
        self.activations: dict[str, Floats] = {}
        self.gradients: dict[str, Floats] = {}
        self._names = list(modules)
        self._edges = np.asarray(activations), np.asarray(gradients)
        self._handles = [m.register_forward_hook(self._hook(name)) for name, m in modules.items()]

    def _hook(self, name: str) -> Any:
        outputs, slopes = self._edges

        def back(g: Tensor) -> None:
            self.gradients[name] = histogram(g.array, slopes)

        def see(module: Module, inputs: Any, output: Tensor) -> None:
            if output.requires_grad:
                self.activations[name] = histogram(output.array, outputs)
                output.register_hook(back)

        return see

    def record(self) -> dict[str, dict[str, list[float]]]:
        """{"activations": {name: shares}, "gradients": …} to five digits, in the modules' order."""
        kept = {"activations": self.activations, "gradients": self.gradients}
        return {
            what: {name: np.round(of[name], 5).tolist() for name in self._names if name in of}
            for what, of in kept.items()
        }

    def remove(self) -> None:
        """Take every hook away."""
        for handle in self._handles:
            handle.remove()

    def __enter__(self) -> "Histograms":
        return self

    def __exit__(self, *_: Any) -> None:
        self.remove()


def histogram(values: Any, edges: Any) -> Floats:
    """The share of all entries between two neighbours of `edges` (n,), as (n − 1,).

    Where all edges are positive, of the entries' sizes: np.logspace gives decades. What lies
    outside, inf and zeros among it, counts in the first or last; NaN counts in none.
    """
    array, edges = np.asarray(values, np.float64).ravel(), np.asarray(edges, np.float64)
    array = np.abs(array) if edges[0] > 0 else array
    counts, _ = np.histogram(np.clip(array, edges[0], edges[-1]), edges)
    return counts / max(array.size, 1)
