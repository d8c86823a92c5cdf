"""Initialization: each function fills a tensor in place, outside the graph, and returns it.

n_in and n_out are the fans of a weight (out, in). For y = W x with independent entries of mean 0,
E[y²] = n_in Var(W) E[x²] forward, and E[(dL/dx)²] = n_out Var(W) E[(dL/dy)²] backward.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np

from minigrad.core.mode import no_grad
from minigrad.core.random import Generator, rng
from minigrad.core.tensor import Tensor, wrap
from minigrad.errors import ArgumentError, ShapeError
from minigrad.functional.operands import require_floating, require_tensor

# E[silu(z)²] over z ~ N(0, 1) has no closed form; by quadrature (tests/nn/test_init.py repeats it)
_SILU_SECOND_MOMENT = 0.3557755198


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor of std that makes up for a nonlinearity φ: gain² E[φ(z)²] = 1 for z ~ N(0, 1).

    Exact for linear and the convolutions (1), relu (√2: half of the mean square survives),
    leaky_relu with slope a = param or 0.01 (√(2/(1 + a²))), gelu and silu. For gelu, E[z²Φ²] =
    E[Φ²] + 2 E[z Φ φ] (Stein's lemma) = 1/3 + 1/(2√3 π) = 0.4252, so 1.5335; for silu 0.3558, so
    1.6765. PyTorch's tanh (5/3), sigmoid (1) and selu (3/4) are conventions, not solutions.
    Raises ArgumentError for any other name.
    """
    gains = {
        "linear": 1.0,
        "conv1d": 1.0,
        "conv2d": 1.0,
        "conv3d": 1.0,
        "conv_transpose1d": 1.0,
        "conv_transpose2d": 1.0,
        "conv_transpose3d": 1.0,
        "sigmoid": 1.0,
        "tanh": 5 / 3,
        "relu": math.sqrt(2),
        "leaky_relu": math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2)),
        "selu": 3 / 4,
        "gelu": 1 / math.sqrt(1 / 3 + 1 / (2 * math.sqrt(3) * math.pi)),
        "silu": 1 / math.sqrt(_SILU_SECOND_MOMENT),
    }
    if nonlinearity not in gains:
        raise ArgumentError(
            f"calculate_gain: nonlinearity must be one of {', '.join(gains)}, got {nonlinearity!r}"
        )
    return gains[nonlinearity]


def _fans(tensor: Tensor) -> tuple[int, int]:
    """(n_in, n_out) of a weight (out, in, *receptive field)."""
    if require_tensor("init", tensor, "what is initialized").ndim < 2 or not tensor.numel():
        raise ShapeError(
            f"init: a weight (out, in) with sizes above 0 has a fan, got shape {tensor.shape}: "
            "fill a bias with zeros_ or uniform_"
        )
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _set(tensor: Tensor, values: Any) -> Tensor:
    with no_grad():
        return require_tensor("init", tensor, "what is initialized").copy_(wrap(np.asarray(values)))


def _drawn_dtype(tensor: Tensor) -> Any:
    require_floating("init", tensor, "what is drawn at random")
    return np.float64 if tensor.dtype == np.float64 else np.float32


def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """U(a, b): mean (a + b)/2, variance (b - a)²/12."""
    if not a <= b:
        raise ArgumentError(f"uniform_: a must not be above b, got {a} and {b}")
    dtype = _drawn_dtype(tensor)
    return _set(tensor, a + (b - a) * rng(generator).random(tensor.shape, dtype=dtype))


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """N(mean, std²)."""
    if not std >= 0:
        raise ArgumentError(f"normal_: std must be ≥ 0, got {std}")
    dtype = _drawn_dtype(tensor)
    return _set(tensor, mean + std * rng(generator).standard_normal(tensor.shape, dtype=dtype))


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """N(mean, std²) given that it lies in [a, b]: at ±2 std the variance is 0.774 std².

    Drawn as the inverse of the distribution function at U(Φ(a), Φ(b)). Raises ArgumentError for
    an interval beyond mean ± 6 std, where these are all but equal.
    """
    _drawn_dtype(tensor)
    if not a < b:
        raise ArgumentError(f"trunc_normal_: a must be below b, got {a} and {b}")
    if not std > 0 or not (a < mean + 6 * std and b > mean - 6 * std):
        raise ArgumentError(
            f"trunc_normal_: [{a}, {b}] must overlap mean ± 6 std with std > 0, got mean {mean}, "
            f"std {std}"
        )
    law = NormalDist(mean, std)
    p = rng(generator).uniform(law.cdf(a), law.cdf(b), tensor.shape)
    drawn = [law.inv_cdf(q) for q in np.clip(p, 1e-300, 1 - 2**-53).flat]
    return _set(tensor, np.clip(drawn, a, b).reshape(tensor.shape))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Every element `val`."""
    return _set(tensor, np.full(tensor.shape, val))


def zeros_(tensor: Tensor) -> Tensor:
    """Every element 0: as the last layer of a residual branch, the block starts as identity."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Every element 1."""
    return constant_(tensor, 1.0)


def eye_(tensor: Tensor) -> Tensor:
    """The identity (2-d): a linear layer that passes its input on."""
    if tensor.ndim != 2:
        raise ShapeError(f"eye_: needs 2 dimensions, got shape {tensor.shape}")
    return _set(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """gain · a random (semi-)orthogonal matrix (Saxe et al. 2013): of a square one every vector
    keeps its length, exactly, times gain."""
    _drawn_dtype(tensor)
    if tensor.ndim < 2:
        raise ShapeError(f"orthogonal_: needs at least 2 dimensions, got shape {tensor.shape}")
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    drawn = rng(generator).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    q *= np.sign(np.diag(r))  # without it QR does not draw uniformly
    return _set(tensor, gain * (q if rows >= columns else q.T).reshape(tensor.shape))


def lecun_normal_(tensor: Tensor, generator: Generator | None = None) -> Tensor:
    """N(0, 1/n_in): keeps E[y²] = E[x²] forward in a linear layer (LeCun et al. 1998, §4.6)."""
    return normal_(tensor, 0.0, 1 / math.sqrt(_fans(tensor)[0]), generator)


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """U(±gain √(6/(n_in + n_out))): xavier_normal_'s variance (Glorot & Bengio 2010, eq. 16)."""
    bound = gain * math.sqrt(6 / sum(_fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """N(0, 2 gain²/(n_in + n_out)): the compromise between keeping E[x²] forward (1/n_in) and
    gradients backward (1/n_out); keeps both where n_in = n_out (Glorot & Bengio 2010, eq. 12)."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(_fans(tensor))), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ArgumentError(f"kaiming init: mode must be 'fan_in' or 'fan_out', got {mode!r}")
    n_in, n_out = _fans(tensor)
    return calculate_gain(nonlinearity, a) / math.sqrt(n_in if mode == "fan_in" else n_out)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """U(±√3 std) with the std of kaiming_normal_ (He et al. 2015)."""
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """N(0, gain²/n): with fan_in keeps E[φ(y)²] = E[x²] forward through the nonlinearity, with
    fan_out the gradient's mean square backward (He et al. 2015, eq. 10 and 14). `a` is the slope
    of leaky_relu. For gelu and silu, which do not scale with their input, it keeps E[y²] at 1
    from layer to layer, and at no other value."""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)
