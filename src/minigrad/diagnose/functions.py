"""What a model calls as functions, where no hook sees it: relu, tanh, softmax, attention."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.core.mode import Observer, observe
from minigrad.diagnose.session import Array, Session, array, is_tensor

NAMES = {"relu", "tanh", "sigmoid", "softmax", "scaled_dot_product_attention"}
MODULE = "MultiheadAttention"  # looks into itself
FEW = 4  # examples are enough for attention's entropy

# the name of a function, or of the module that calls it; its values, or attention's weights
Note = Callable[[str, Array], None]


def called(session: Session, note: Note) -> Any:
    """A context that calls `note` after each of these functions."""

    def see(name: str, value: Any, inputs: Sequence[Any]) -> None:
        if name == "scaled_dot_product_attention":
            given = [array(x)[:FEW].astype(np.float64) for x in inputs[:3] if is_tensor(x)]
            weights = _weights(given, np.asarray(value[:FEW], np.float64))
            if weights is not None:
                note("softmax", weights)
        elif name in NAMES:
            note(name, value)

    if not session.torch:
        return observe(Observer(see, lambda node, g, contribution: None))

    class Mode(session.engine.overrides.TorchFunctionMode):  # type: ignore[name-defined]
        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            kwargs = kwargs or {}
            out = func(*args, **kwargs)
            name = getattr(func, "__name__", "")
            if name in NAMES and is_tensor(out):
                see(name, array(out), args)
            elif name == "multi_head_attention_forward":
                note(MODULE, array(_again(session.engine, func, args, kwargs)))
            return out

    return Mode()


def _again(engine: Any, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """The weights (B, H, T, S) of torch.nn.MultiheadAttention: asked for by a call of its own."""
    asked = {"need_weights": True, "average_attn_weights": False, "training": False}
    with engine.no_grad():
        return func(*args, **kwargs | asked)[1]


def _weights(given: list[Array], value: Array) -> Array | None:
    """Attention's weights from queries, keys and values, with the mask that gives `value`: causal
    or none. None where neither does (another mask or scale, dropout)."""
    if len(given) < 3:
        return None
    q, k, v = given
    scores = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])
    future = np.triu(np.ones(scores.shape[-2:], bool), 1)
    for masked in (np.where(future, -np.inf, scores), scores):
        weights = np.exp(masked - masked.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        if np.allclose(weights @ v, value, rtol=1e-2, atol=1e-2 * np.abs(value).max()):
            return weights
    return None
