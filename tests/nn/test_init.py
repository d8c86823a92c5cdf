"""Statistics over seeds; every bound is stated in standard errors of what is estimated."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.core.random import Generator
from minigrad.errors import ArgumentError, DtypeError, ShapeError
from minigrad.nn import init
from minigrad.nn.init import calculate_gain

IN, OUT = 200, 800  # a weight (OUT, IN)


def drawn(fill: Callable, *shape: int, seeds: int = 4, dtype: Any = None) -> np.ndarray:
    """What `fill` draws into a tensor of `shape`, for several seeds, stacked."""
    return np.stack(
        [
            fill(minigrad.empty(*shape, dtype=dtype), generator=Generator(seed)).array
            for seed in range(seeds)
        ]
    ).astype(np.float64)


def expectation(f: Callable[[np.ndarray], np.ndarray]) -> float:
    """E f(z), z ~ N(0, 1), by the trapezoidal rule: exact to 1e-12 for smooth f."""
    z = np.linspace(-12, 12, 100_001)
    weights = np.exp(-z * z / 2) / math.sqrt(2 * math.pi) * (z[1] - z[0])
    return float((f(z) * weights).sum())


# -- the laws -------------------------------------------------------------------------------------

LAWS = [  # name, options, variance, bound
    ("uniform_", {"a": -0.5, "b": 0.5}, 1 / 12, 0.5),
    ("normal_", {"std": 0.3}, 0.09, None),
    ("lecun_normal_", {}, 1 / IN, None),
    ("xavier_normal_", {}, 2 / (IN + OUT), None),
    ("xavier_normal_", {"gain": 2.0}, 8 / (IN + OUT), None),
    ("xavier_uniform_", {}, 2 / (IN + OUT), math.sqrt(6 / (IN + OUT))),
    ("xavier_uniform_", {"gain": 2.0}, 8 / (IN + OUT), 2 * math.sqrt(6 / (IN + OUT))),
    ("kaiming_normal_", {}, 2 / IN, None),
    ("kaiming_normal_", {"nonlinearity": "relu"}, 2 / IN, None),
    ("kaiming_normal_", {"mode": "fan_out"}, 2 / OUT, None),
    ("kaiming_normal_", {"a": 0.5}, 2 / (1.25 * IN), None),
    ("kaiming_normal_", {"nonlinearity": "linear"}, 1 / IN, None),
    ("kaiming_uniform_", {}, 2 / IN, math.sqrt(6 / IN)),
    ("kaiming_uniform_", {"mode": "fan_out", "a": 1.0}, 1 / OUT, math.sqrt(3 / OUT)),
]


@pytest.mark.parametrize(
    ("name", "options", "variance", "bound"), LAWS, ids=[f"{c[0]}{c[1]}" for c in LAWS]
)
def test_mean_variance_and_bound(
    name: str, options: dict, variance: float, bound: float | None
) -> None:
    w = drawn(lambda t, **k: getattr(init, name)(t, **options, **k), OUT, IN)
    n, std = w.size, math.sqrt(variance)
    assert abs(w.mean()) < 4 * std / math.sqrt(n)
    assert abs(w.std() / std - 1) < 4 / math.sqrt(2 * n)
    if bound is None:
        assert abs(((w / std) ** 4).mean() - 3) < 4 * math.sqrt(96 / n)  # normal
    else:
        assert abs(w).max() <= bound * (1 + 1e-6) and abs(w).max() > 0.999 * bound
        assert abs(((w / std) ** 4).mean() - 1.8) < 4 * math.sqrt(2.6 / n)  # uniform


def test_the_numbers_that_name_mistakes() -> None:
    """fan_in 200, fan_out 800: the numbers a learner's init is told from its mistakes by."""
    for fill, std, bound in (
        (init.xavier_normal_, 0.0447, None),
        (init.xavier_uniform_, 0.0447, 0.0775),
        (lambda t, **k: init.kaiming_normal_(t, nonlinearity="relu", **k), 0.1, None),
        (lambda t, **k: init.kaiming_uniform_(t, nonlinearity="relu", **k), 0.1, 0.1732),
        (lambda t, **k: init.xavier_normal_(t, gain=2.0, **k), 0.0894, None),
        (init.lecun_normal_, 0.0707, None),
        (lambda t, **k: init.kaiming_normal_(t, mode="fan_out", **k), 0.05, None),
    ):
        w = drawn(fill, OUT, IN)
        assert round(float(w.std()), 4) == pytest.approx(std, abs=2.1e-4)
        assert abs(w.mean()) < 0.0005
        if bound is not None:
            assert abs(w).max() == pytest.approx(bound, abs=1e-4)


def test_convolution_weights_have_a_receptive_field() -> None:
    w = drawn(lambda t, **k: init.kaiming_normal_(t, **k), 64, 32, 3, 3)
    assert w.std() == pytest.approx(math.sqrt(2 / (32 * 9)), rel=0.01)
    w = drawn(lambda t, **k: init.kaiming_normal_(t, mode="fan_out", **k), 64, 32, 3, 3)
    assert w.std() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.01)
    w = drawn(init.xavier_normal_, 64, 32, 3, 3)
    assert w.std() == pytest.approx(math.sqrt(2 / (96 * 9)), rel=0.01)


@pytest.mark.parametrize(
    ("mean", "std", "a", "b"),
    [(0, 1, -2, 2), (0.5, 0.02, 0.46, 0.54), (0, 1, 1, 9), (0, 1, 4.5, 5), (3, 2, -math.inf, 1)],
)
def test_trunc_normal(mean: float, std: float, a: float, b: float) -> None:
    w = drawn(lambda t, **k: init.trunc_normal_(t, mean, std, a, b, **k), 100, 100)

    def moment(k: int) -> float:
        z = np.linspace(max((a - mean) / std, -12), min((b - mean) / std, 12), 200_001)
        z = (z[1:] + z[:-1]) / 2
        density = np.exp(-z * z / 2)
        return float((z**k * density).sum() / density.sum())

    z = (w - mean) / std
    spread = math.sqrt(moment(2) - moment(1) ** 2)
    assert w.min() >= a - 1e-6 and w.max() <= b + 1e-6
    assert abs(z.mean() - moment(1)) < 4 * spread / math.sqrt(w.size)
    assert abs(z.std() / spread - 1) < 0.03
    if (a, b) == (-2, 2):
        assert moment(2) == pytest.approx(0.774, abs=5e-4)  # as the docstring says


def test_constants_and_eye() -> None:
    assert init.constant_(minigrad.empty(2, 2), 3).tolist() == [[3.0, 3.0], [3.0, 3.0]]
    assert init.ones_(minigrad.empty(2)).tolist() == [1.0, 1.0]
    assert init.zeros_(minigrad.empty(2, dtype=minigrad.int64)).tolist() == [0, 0]
    assert init.zeros_(minigrad.empty(())).item() == 0
    assert init.eye_(minigrad.empty(2, 3)).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    assert init.eye_(minigrad.empty(3, 1)).tolist() == [[1.0], [0.0], [0.0]]


@pytest.mark.parametrize("shape", [(6, 6), (8, 3), (3, 8), (3, 2, 2)])
def test_orthogonal_rows_or_columns(shape: tuple[int, ...]) -> None:
    w = drawn(init.orthogonal_, *shape, dtype="float64").reshape(4, shape[0], -1)
    rows, columns = w.shape[1:]
    gram = w @ w.mT if rows <= columns else w.mT @ w
    assert abs(gram - np.eye(min(rows, columns))).max() < 1e-12
    half = init.orthogonal_(minigrad.empty(*shape, dtype="float64"), gain=0.5).array
    assert np.linalg.norm(half.reshape(shape[0], -1), 2) == pytest.approx(0.5)


def test_orthogonal_draws_uniformly() -> None:
    """Over rotations and reflections: of a Haar matrix E[trace²] = 1, E[w_ij²] = 1/n, det ±1."""
    w = drawn(init.orthogonal_, 4, 4, seeds=2000, dtype="float64")
    trace = w.trace(axis1=1, axis2=2)
    assert abs(trace.mean()) < 4 / math.sqrt(2000)
    assert abs((trace**2).mean() - 1) < 4 * math.sqrt(2 / 2000)  # E[trace⁴] = 3
    assert abs((w**2).mean(axis=0) - 0.25).max() < 4 * math.sqrt(0.08 / 2000)
    assert abs((np.linalg.det(w) > 0).mean() - 0.5) < 4 * 0.5 / math.sqrt(2000)


# -- gains ----------------------------------------------------------------------------------------


def test_exact_gains_make_up_for_their_nonlinearity() -> None:
    """gain² E[φ(z)²] = 1, by quadrature."""

    def gelu(z: np.ndarray) -> np.ndarray:
        cdf = 0.5 * (1 + np.array([math.erf(v / math.sqrt(2)) for v in z]))
        return z * cdf

    for name, param, phi in (
        ("linear", None, lambda z: z),
        ("relu", None, lambda z: np.maximum(z, 0)),
        ("leaky_relu", None, lambda z: np.where(z > 0, z, 0.01 * z)),
        ("leaky_relu", 0.3, lambda z: np.where(z > 0, z, 0.3 * z)),
        ("leaky_relu", 0, lambda z: np.maximum(z, 0)),
        ("gelu", None, gelu),
        ("silu", None, lambda z: z / (1 + np.exp(-z))),
    ):
        second_moment = expectation(lambda z, phi=phi: phi(z) ** 2)
        assert calculate_gain(name, param) ** 2 * second_moment == pytest.approx(1, abs=1e-9), name


def test_the_closed_form_of_the_gelu_gain() -> None:
    second_moment = 1 / 3 + 1 / (2 * math.sqrt(3) * math.pi)
    assert 1 / calculate_gain("gelu") ** 2 == pytest.approx(second_moment)
    assert round(calculate_gain("gelu"), 4) == 1.5335
    assert round(calculate_gain("silu"), 4) == 1.6765


def test_an_unknown_nonlinearity() -> None:
    with pytest.raises(ArgumentError, match=r"must be one of linear, conv1d, .* got 'relu6'"):
        calculate_gain("relu6")
    with pytest.raises(ArgumentError, match="nonlinearity must be one of"):
        init.kaiming_normal_(minigrad.empty(2, 2), nonlinearity="mish")


# -- determinism, dtypes, errors ------------------------------------------------------------------

RANDOM = [
    init.uniform_,
    init.normal_,
    init.trunc_normal_,
    init.orthogonal_,
    init.lecun_normal_,
    init.xavier_uniform_,
    init.xavier_normal_,
    init.kaiming_uniform_,
    init.kaiming_normal_,
]


@pytest.mark.parametrize("fill", RANDOM)
def test_the_generator_decides_the_draw(fill: Callable) -> None:
    def draw(seed: int | None) -> list:
        generator = None if seed is None else Generator(seed)
        return fill(minigrad.empty(3, 4), generator=generator).tolist()

    assert draw(1) == draw(1) != draw(2)
    minigrad.manual_seed(5)
    first, second = draw(None), draw(None)
    minigrad.manual_seed(5)
    assert first == draw(None) != second
    one = Generator(3)
    a, b = fill(minigrad.empty(3, 4), generator=one), fill(minigrad.empty(3, 4), generator=one)
    assert (a.array != b.array).any()  # a stream goes on: two layers never start equal


@pytest.mark.parametrize("fill", RANDOM)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_parameter_is_filled_in_place_outside_the_graph(fill: Callable, dtype: str) -> None:
    w = nn.Parameter(minigrad.empty(30, 40, dtype=dtype))
    data = w.array
    assert fill(w) is w and w.array is data and w.dtype == dtype
    assert w.is_leaf and w.requires_grad and np.isfinite(w.array).all()
    turned = minigrad.zeros(4, 3).T  # a view of other memory is filled too
    fill(turned)
    assert turned.array.any()


@pytest.mark.parametrize("fill", RANDOM)
def test_what_cannot_be_filled(fill: Callable) -> None:
    layer = nn.Linear(2, 2)
    with pytest.raises(DtypeError, match=r"init: what is .* must be a Tensor, got Linear"):
        fill(layer)
    with pytest.raises(DtypeError, match="init: what is drawn at random must be floating point"):
        fill(minigrad.zeros(2, 2, dtype=minigrad.int64))


def test_errors() -> None:
    bias = minigrad.empty(3)
    for fill in (init.xavier_normal_, init.xavier_uniform_, init.lecun_normal_):
        with pytest.raises(ShapeError, match=r"a weight \(out, in\) with sizes above 0 has a fan"):
            fill(bias)
    for fill in (init.kaiming_normal_, init.kaiming_uniform_):
        with pytest.raises(ShapeError, match=r"got shape \(3,\): fill a bias with zeros_"):
            fill(bias)
        with pytest.raises(ShapeError, match=r"got shape \(0, 3\)"):
            fill(minigrad.empty(0, 3))
        with pytest.raises(ArgumentError, match="mode must be 'fan_in' or 'fan_out', got 'fan_a"):
            fill(minigrad.empty(2, 2), mode="fan_avg")
    with pytest.raises(ShapeError, match=r"orthogonal_: needs at least 2 dimensions"):
        init.orthogonal_(bias)
    with pytest.raises(ShapeError, match=r"eye_: needs 2 dimensions, got shape \(3,\)"):
        init.eye_(bias)
    with pytest.raises(ArgumentError, match=r"uniform_: a must not be above b, got 1\.0 and 0\.0"):
        init.uniform_(bias, 1.0, 0.0)
    for std in (-1.0, math.nan):
        with pytest.raises(ArgumentError, match="normal_: std must be ≥ 0"):
            init.normal_(bias, std=std)
    with pytest.raises(ArgumentError, match="trunc_normal_: a must be below b, got 2 and 2"):
        init.trunc_normal_(bias, a=2, b=2)
    for options in ({"a": 7.0, "b": 8.0}, {"std": 0.0}, {"mean": 20.0}):
        with pytest.raises(ArgumentError, match=r"must overlap mean ± 6 std with std > 0"):
            init.trunc_normal_(bias, **options)
