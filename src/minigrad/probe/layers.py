"""How each layer fares over training: its output's size, its gradient, and how far it moves."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from minigrad.core.tensor import Tensor
from minigrad.nn.module import Module
from minigrad.probe.probe import gradient_norm


class LayerHistory:
    """Per step and layer: activation std, 1 − cos, gradient norm, update-to-weight ratio.

    `modules` names the layers: LayerHistory({"block 0": model.blocks[0]}). Call step() after each
    optimizer.step(), while the gradients are still there. Then, by name and in order of steps:
    `activation_std` of the layer's output in the last forward pass that recorded a graph (an
    evaluation under no_grad is not looked at), `apart`, the mean of 1 − cos between two rows of it
    (positions or examples; 0 where all are alike), `gradient_norm` of all its parameters, and
    `update_ratio`, ‖w − w before‖ / ‖w before‖ over the same parameters (about 1e-3 is healthy).
    A context manager; remove() takes the hooks away and keeps what was measured.
    """

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self.modules = dict(modules)
        self.activation_std: dict[str, list[float]] = {name: [] for name in modules}
        self.apart: dict[str, list[float]] = {name: [] for name in modules}
        self.gradient_norm: dict[str, list[float]] = {name: [] for name in modules}
        self.update_ratio: dict[str, list[float]] = {name: [] for name in modules}
        self._output = dict.fromkeys(modules, (math.nan, math.nan))
        self._weights = {name: _copy(module) for name, module in modules.items()}
        self._handles = [m.register_forward_hook(self._hook(name)) for name, m in modules.items()]

    def _hook(self, name: str) -> Any:
        def see(module: Module, inputs: Any, output: Tensor) -> None:
            if output.requires_grad:
                std = float(output.array.std(dtype=np.float64))
                self._output[name] = std, _apart(output.array)

        return see

    def step(self) -> None:
        """Note the step just taken."""
        for name, module in self.modules.items():
            before, after = self._weights[name], _copy(module)
            std, apart = self._output[name]
            self.activation_std[name].append(std)
            self.apart[name].append(apart)
            self.gradient_norm[name].append(gradient_norm(module.parameters()))
            moved, size = np.linalg.norm(after - before), np.linalg.norm(before)
            self.update_ratio[name].append(float(moved / size) if size else math.nan)
            self._weights[name] = after

    def remove(self) -> None:
        """Take every hook away."""
        for handle in self._handles:
            handle.remove()

    def __enter__(self) -> "LayerHistory":
        return self

    def __exit__(self, *_: Any) -> None:
        self.remove()


def _apart(output: Any) -> float:
    """Mean of 1 − cos over all pairs of different rows, (T, d) or, averaged over B, (B, T, d).

    By the rows' variance around their mean, so that what is nearly alike keeps its difference.
    """
    rows = np.asarray(output, np.float64)
    if rows.ndim < 2 or (count := rows.shape[-2]) < 2:
        return math.nan
    with np.errstate(all="ignore"):  # a row of zeros, or one that is not finite: nan
        unit = rows / np.linalg.norm(rows, axis=-1, keepdims=True)
        spread = ((unit - unit.mean(-2, keepdims=True)) ** 2).sum(-1).mean()
    return float(spread * count / (count - 1))


def _copy(module: Module) -> Any:
    """All parameters as one vector, in float64."""
    parts = [p.array.ravel().astype(np.float64) for p in module.parameters()]
    return np.concatenate(parts) if parts else np.zeros(0)
