"""A model and its optimizer, borrowed: evaluated and updated at will, handed back byte for byte.

The one place that touches a tensor, written against the names that minigrad and PyTorch share.
"""

from __future__ import annotations

import itertools
import math
import pickle
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigrad.errors import ArgumentError

Array = NDArray[Any]  # of float32, or of float64 where a parameter is
Loss = Callable[[Any, Any], Any]
Generator = tuple[Callable[[], Any], Callable[[Any], None]]  # reads its state, writes it


def array(tensor: Any) -> NDArray[Any]:
    """A tensor's values, of either engine and on any device."""
    own = getattr(tensor, "array", None)  # minigrad's
    if isinstance(own, np.ndarray):
        return own
    tensor = tensor.detach()
    try:
        return tensor.numpy()
    except TypeError:  # of bfloat16, or not in the main memory
        tensor = tensor.cpu()
        return (tensor.float() if "bfloat16" in str(tensor.dtype) else tensor).numpy()


def is_tensor(value: Any) -> bool:
    """Whether `value` is a tensor of floating-point numbers."""
    return hasattr(value, "detach") and value.is_floating_point()


class Session:
    """Everything that diagnosing does to a model, and the count of what it costs.

    `names` and `parameters` are what has a gradient and is in the optimizer; `left_out` names the
    parameters that are not. Values and gradients come as one vector (P,), parameter after
    parameter.
    """

    def __init__(self, model: Any, loss: Loss, optimizer: Any, batches: Sequence[Any]) -> None:
        known = dict(model.named_parameters())
        if not known:
            raise ArgumentError("diagnose needs a model with parameters, this one has none")
        # the engine is imported already, by whoever made the parameters
        self.torch = any(
            t.__module__.startswith("torch") for t in type(next(iter(known.values()))).__mro__
        )
        self.engine: Any = sys.modules["torch" if self.torch else "minigrad"]
        updated = {id(p) for group in optimizer.param_groups for p in group["params"]}
        trained = {n: p for n, p in known.items() if p.requires_grad and id(p) in updated}
        if not trained:
            raise ArgumentError(
                "diagnose: the optimizer holds none of the model's parameters that require a "
                "gradient. Make it from model.parameters()"
            )
        self.model, self.loss, self.optimizer, self.batches = model, loss, optimizer, batches
        self.names, self.parameters = list(trained), list(trained.values())
        self.left_out = [name for name in known if name not in trained]
        self.sizes = [math.prod(p.shape) for p in self.parameters]
        ends = list(itertools.accumulate(self.sizes))
        self._places = [slice(end - n, end) for n, end in zip(self.sizes, ends, strict=True)]
        double = any("float64" in str(p.dtype) for p in self.parameters)
        self._dtype = np.float64 if double else np.float32
        named = list(model.named_modules())
        self._modes = [(module, module.training) for _, module in named]
        self.modules = [
            (name, module, weighted)
            for name, module in named
            for weighted in [next(module.parameters(recurse=False), None) is not None]
            # the whole model is no layer of itself
            if (weighted and name) or next(iter(module.children()), None) is None
        ]
        self.forwards = self.backwards = 0
        # the layer whose output is the model's, and that output
        self.answer: tuple[str, Any] | None = None
        held = {id(t): t for t in (*known.values(), *model.buffers())}
        held |= {id(p): p for group in optimizer.param_groups for p in group["params"]}
        self._held = list(held.values())
        self._generators = _generators(self.engine, self.torch, [module for _, module in named])
        self._states = [read() for read, _ in self._generators]
        self._drawn: list[int] | None = None  # generators that a pass draws from, once known

    @property
    def cost(self) -> float:
        """In training steps so far: a forward pass is a third of one, a backward pass two."""
        return (self.forwards + 2 * self.backwards) / 3

    @contextmanager
    def borrowed(self) -> Iterator[Session]:
        """Remember every tensor, gradient, optimizer state and random generator; put it back."""
        held = self._held
        values = [t.detach().clone() for t in held]
        grads = [t.grad for t in held]
        own = dict(vars(self.optimizer))
        rates = [dict(group) for group in self.optimizer.param_groups]
        for t in held:
            t.grad = None
        self.optimizer.state = _copied(self.optimizer.state)
        try:
            yield self
        finally:
            with self.engine.no_grad():
                for t, value in zip(held, values, strict=True):
                    t.copy_(value)
            for t, grad in zip(held, grads, strict=True):
                t.grad = grad
            for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
                group.clear()
                group.update(rate)
            vars(self.optimizer).clear()
            vars(self.optimizer).update(own)
            for module, mode in self._modes:
                module.training = mode
            self._rewind(range(len(self._states)))

    def _rewind(self, which: Iterable[int]) -> None:
        for i in which:
            self._generators[i][1](self._states[i])

    def _repeat(self) -> None:
        """Before a pass: the generators that the first one drew from stand where it began."""
        if self._drawn is None and self.forwards:
            after = [read() for read, _ in self._generators]
            self._drawn = [
                i
                for i, pair in enumerate(zip(self._states, after, strict=True))
                if len({*map(pickle.dumps, pair)}) > 1
            ]
        self._rewind(self._drawn or ())
        self.forwards += 1

    @contextmanager
    def answering(self, value: Any) -> Iterator[None]:
        """The model gives `value` and computes nothing."""
        own, counts = dict(vars(self.model)), (self.forwards, self.backwards)
        vars(self.model)["forward"] = lambda *args, **kwargs: value
        try:
            yield
        finally:
            vars(self.model).pop("forward")
            vars(self.model).update(own)
            self.forwards, self.backwards = counts

    def evaluate(self, batch: Any) -> float:
        """The loss, without a graph. Every evaluation sees the same random numbers."""
        self._repeat()
        with self.engine.no_grad():
            return _scalar(self.loss(self.model, batch))

    def differentiate(self, batch: Any) -> tuple[float, Array]:
        """The loss and its gradient; it stays in `grad` too."""
        self._repeat()
        for p in self.parameters:
            p.grad = None
        self.backwards += 1
        value = self.loss(self.model, batch)
        number = _scalar(value)
        if not value.requires_grad:
            raise ArgumentError("diagnose: the loss depends on no parameter that needs a gradient")
        value.backward()
        return number, np.concatenate(
            [
                np.zeros(n, self._dtype) if p.grad is None else array(p.grad).ravel()
                for n, p in zip(self.sizes, self.parameters, strict=True)
            ],
            dtype=self._dtype,
        )

    def values(self) -> Array:
        """Every parameter, copied."""
        return np.concatenate([array(p).ravel() for p in self.parameters], dtype=self._dtype)

    def spread(self, numbers: Array) -> Array:
        """One number per parameter, as a vector."""
        return np.repeat(numbers.astype(self._dtype), self.sizes)

    def mean_squares(self, vector: Array) -> Array:
        """A vector's mean square in each parameter."""
        parts = [vector[place] for place in self._places]
        return np.array([dot(part, part) for part in parts]) / self.sizes

    def put(self, values: Array, gradient: Array | None = None) -> None:
        """Write every parameter, and where it is given the gradient that `update` will meet."""
        with self.engine.no_grad():
            for place, p in zip(self._places, self.parameters, strict=True):
                self._write(p, values[place])
                if gradient is not None and p.grad is not None:
                    self._write(p.grad, gradient[place])

    def _write(self, tensor: Any, values: Array) -> None:
        values = values.reshape(tuple(tensor.shape))
        if self.torch:
            tensor.copy_(self.engine.from_numpy(values))
        else:
            tensor.array[...] = values

    def update(self) -> None:
        """One step of the optimizer, with the gradients that `differentiate` left."""
        try:
            self.optimizer.step()
        except TypeError as error:
            raise ArgumentError(
                f"diagnose needs an optimizer whose step() takes nothing: {error}"
            ) from None

    def updated(self, w: Array) -> Array:
        """The step that one more update takes from `w`, where the parameters are."""
        self.update()
        return self.values() - w

    @property
    def momentum(self) -> float:
        """β: the share of its last step that the optimizer takes again."""
        group = self.optimizer.param_groups[0]
        return float(group.get("momentum", 0) or 0)

    @property
    def limit(self) -> float:
        """Rate × sharpness up to which descent is stable, the rate being the first step's: 2(1 + β)
        with momentum, 2(1 + β)/(1 − β) where the optimizer averages gradients, as Adam does
        (Cohen et al. 2022, https://arxiv.org/abs/2207.14484)."""
        averaged = self.optimizer.param_groups[0].get("betas", (0,))[0]
        return 2 * (1 + self.momentum) * (1 + averaged) / (1 - averaged)

    @property
    def rate(self) -> float:
        """The first group's learning rate."""
        return float(self.optimizer.param_groups[0]["lr"])


def dot(a: Array, b: Array) -> float:
    """The inner product of two vectors; in float64 where float32 would not hold it."""
    value = float(a @ b)
    if math.isfinite(value) and abs(value) > 1e-30:
        return value
    return float(a.astype(np.float64) @ b.astype(np.float64))


def norm(a: Array) -> float:
    """√ of a vector's sum of squares, finite or NaN."""
    square = dot(a, a)
    return math.sqrt(square) if math.isfinite(square) else math.nan


def _scalar(value: Any) -> float:
    if not is_tensor(value) or math.prod(value.shape) != 1:
        got = f"shape {tuple(value.shape)}" if hasattr(value, "shape") else type(value).__name__
        raise ArgumentError(f"loss(model, batch) must return one number as a tensor, got {got}")
    return float(value.item())


def _copied(state: Any) -> Any:
    """An optimizer's state, its tensors and arrays copied."""
    copied = type(state)(state.default_factory) if hasattr(state, "default_factory") else {}
    for parameter, entries in state.items():
        copied[parameter] = {
            name: value.detach().clone()
            if hasattr(value, "detach")
            else value.copy()
            if isinstance(value, np.ndarray)
            else value
            for name, value in entries.items()
        }
    return copied


def _generators(engine: Any, torch: bool, modules: list[Any]) -> list[Generator]:
    """Every generator of random numbers that a pass may draw from."""
    found: list[Generator] = [
        (random.getstate, random.setstate),
        (np.random.get_state, np.random.set_state),
    ]
    if torch:
        found.append((engine.get_rng_state, engine.set_rng_state))
        if engine.cuda.is_initialized():
            found.append((engine.cuda.get_rng_state_all, engine.cuda.set_rng_state_all))
        return found
    own = [getattr(m, "generator", None) for m in modules]  # a Dropout may have one
    for generator in [engine.default_generator(), *own]:
        if generator is not None:
            bits = generator.numpy.bit_generator
            found.append((partial(getattr, bits, "state"), partial(setattr, bits, "state")))
    return found
