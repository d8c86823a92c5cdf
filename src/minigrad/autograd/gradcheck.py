"""gradcheck and gradgradcheck: the engine's gradients against central differences, in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.autograd.backward import grad
from minigrad.core.mode import enable_grad, no_grad
from minigrad.core.random import Generator
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import DtypeError, GradcheckError, GraphError


def gradcheck(
    fn: Callable[..., Any],
    inputs: Tensor | Sequence[Tensor],
    *,
    eps: float = 1e-6,
    atol: float = 1e-6,
    rtol: float = 1e-5,
    seed: int = 0,
) -> bool:
    """True if the gradients of `fn(*inputs)` agree with central differences.

    Outputs (one tensor or several) are projected on a random direction v, so that L = Σ v·out is
    a scalar, and each entry of dL/dinput is compared with (L(x + eps) - L(x - eps)) / 2 eps.
    Inputs with requires_grad=True must be float64 leaves. Raises GradcheckError naming the input
    and the entry that is furthest off.
    """
    leaves = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    checked = [i for i, x in enumerate(leaves) if isinstance(x, Tensor) and x.requires_grad]
    if not checked:
        raise GraphError("gradcheck: at least one input must have requires_grad=True")
    for i in checked:
        if leaves[i].dtype != np.float64:
            raise DtypeError(
                f"gradcheck: input {i} must be float64 (differences drown in rounding below it), "
                f"got {leaves[i].dtype}: convert with .double()"
            )
    rng = Generator(seed).numpy
    directions: list[np.ndarray] = []

    def projected() -> Tensor:
        out = fn(*leaves)
        outs = [o for o in (out if isinstance(out, tuple | list) else (out,)) if _flows(o)]
        while len(directions) < len(outs):
            directions.append(rng.standard_normal(outs[len(directions)].shape))
        if not outs:
            raise GraphError("gradcheck: the function gave no floating-point output to check")
        parts = [(o * wrap(v)).sum() for o, v in zip(outs, directions, strict=True)]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return total

    result = projected()
    if not result.requires_grad:
        raise GraphError("gradcheck: the outputs do not depend on any input that requires_grad")
    analytic = grad(result, [leaves[i] for i in checked], allow_unused=True)
    with no_grad():
        for i, g in zip(checked, analytic, strict=True):
            x = leaves[i].array
            found = np.zeros(x.shape) if g is None else g.array
            _compare(i, x, found, lambda: projected().item(), eps, atol, rtol)
    return True


def gradgradcheck(
    fn: Callable[..., Any],
    inputs: Tensor | Sequence[Tensor],
    *,
    eps: float = 1e-6,
    atol: float = 1e-6,
    rtol: float = 1e-5,
    seed: int = 0,
) -> bool:
    """True if the second derivatives of `fn(*inputs)` agree with central differences of the first:
    gradcheck of its gradients, as functions of the inputs and of the gradient that comes in.

    Gradients that depend on neither pass. Raises GradcheckError as gradcheck does.
    """
    leaves = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    checked = [x for x in leaves if isinstance(x, Tensor) and x.requires_grad]
    rng = Generator(seed).numpy
    weights: list[Tensor] = []

    @enable_grad()  # gradcheck takes its differences under no_grad
    def gradients(*_: Any) -> list[Tensor]:
        out = fn(*leaves)
        outs = [o for o in (out if isinstance(out, tuple | list) else (out,)) if o.requires_grad]
        while len(weights) < len(outs):
            drawn = np.asarray(rng.standard_normal(outs[len(weights)].shape))
            weights.append(wrap(drawn).requires_grad_())
        found = grad(outs, checked, weights, create_graph=True, allow_unused=True)
        return [g for g in found if g is not None and g.requires_grad]

    if not gradients():
        return True
    return gradcheck(gradients, [*checked, *weights], eps=eps, atol=atol, rtol=rtol, seed=seed)


def _flows(out: Any) -> bool:
    return isinstance(out, Tensor) and out.is_floating_point()


def _compare(
    i: int,
    x: np.ndarray,
    found: np.ndarray,
    loss: Callable[[], float],
    eps: float,
    atol: float,
    rtol: float,
) -> None:
    """Raise GradcheckError at the entry of input `i` where `found` is furthest off."""
    numeric, before = np.zeros(x.shape), x.copy()
    try:
        for at in np.ndindex(x.shape):
            x[at] = before[at] + eps
            above = loss()
            x[at] = before[at] - eps
            numeric[at] = (above - loss()) / (2 * eps)
            x[at] = before[at]
    finally:
        x[...] = before
    if found.shape != x.shape:
        raise GradcheckError(f"input {i}: shape {x.shape}, but its gradient has {found.shape}")
    excess = np.abs(found - numeric) - (atol + rtol * np.abs(numeric))
    excess = np.where(np.isnan(excess), np.inf, excess)
    if x.size and excess.max() > 0:
        at = tuple(int(k) for k in np.unravel_index(excess.argmax(), x.shape))
        wrong = int((excess > 0).sum())
        raise GradcheckError(
            f"input {i}, entry {at}: the gradient is {found[at]:.6g}, central differences give "
            f"{numeric[at]:.6g} ({wrong} of {x.size} entries are off)"
        )
