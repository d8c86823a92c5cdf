"""The same statistics as torch.nn.init's, within the sampling error of both."""

import math
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad.core.random import Generator
from minigrad.nn import init

torch: Any = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

CALLS = [
    ("uniform_", {}),
    ("uniform_", {"a": -2.0, "b": 0.5}),
    ("normal_", {}),
    ("normal_", {"mean": 3.0, "std": 0.2}),
    ("trunc_normal_", {}),
    ("trunc_normal_", {"mean": 0.1, "std": 2.0, "a": -0.5, "b": 3.0}),
    ("orthogonal_", {"gain": 2.0}),
    ("xavier_uniform_", {"gain": 0.5}),
    ("xavier_normal_", {"gain": 5 / 3}),
    *(
        (f"kaiming_{law}_", {"a": a, "mode": mode, "nonlinearity": name})
        for law in ("uniform", "normal")
        for mode in ("fan_in", "fan_out")
        for a, name in ((0, "leaky_relu"), (0.4, "leaky_relu"), (0, "relu"), (0, "tanh"))
    ),
]


def kurtosis(w: np.ndarray) -> float:
    """Tells a normal law (3) from a uniform one (1.8)."""
    return float((((w - w.mean()) / w.std()) ** 4).mean())


@pytest.mark.parametrize("shape", [(240, 300), (300, 60, 4)])
@pytest.mark.parametrize(("name", "options"), CALLS, ids=[f"{c[0]}{c[1]}" for c in CALLS])
def test_statistics(name: str, options: dict, shape: tuple[int, ...]) -> None:
    ours = getattr(init, name)(minigrad.empty(*shape), **options, generator=Generator(0)).array
    generator = torch.Generator().manual_seed(0)
    theirs = getattr(torch.nn.init, name)(torch.empty(*shape), **options, generator=generator)
    theirs = theirs.numpy()
    n = ours.size
    assert abs(ours.mean() - theirs.mean()) < 5 * theirs.std() * math.sqrt(2 / n)
    assert abs(ours.std() / theirs.std() - 1) < 5 / math.sqrt(n)
    assert abs(kurtosis(ours) - kurtosis(theirs)) < 5 * math.sqrt(2 * 96 / n)
    for end in (np.min, np.max):  # of a bounded law the ends agree, of a normal one roughly
        assert abs(end(ours) - end(theirs)) < 1.5 * theirs.std()


@pytest.mark.parametrize("shape", [(5, 5), (3, 5), (5, 3), (2, 3)])
def test_eye_and_constants(shape: tuple[int, int]) -> None:
    for name, args in (("eye_", ()), ("ones_", ()), ("zeros_", ()), ("constant_", (0.3,))):
        ours = getattr(init, name)(minigrad.empty(*shape), *args)
        assert ours.tolist() == getattr(torch.nn.init, name)(torch.empty(*shape), *args).tolist()


def test_every_gain_that_torch_knows() -> None:
    names = "linear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d"
    for name in [*names.split(), "sigmoid", "tanh", "relu", "leaky_relu", "selu"]:
        assert init.calculate_gain(name) == pytest.approx(torch.nn.init.calculate_gain(name)), name
    for slope in (0, 0.2, 1.0):
        ours = init.calculate_gain("leaky_relu", slope)
        assert ours == pytest.approx(torch.nn.init.calculate_gain("leaky_relu", slope))
    for name in ("gelu", "silu"):  # ours alone
        with pytest.raises(ValueError):
            torch.nn.init.calculate_gain(name)


@pytest.mark.parametrize(("n_in", "n_out"), [(7, 300), (300, 7)])
def test_the_layers_start_alike(n_in: int, n_out: int) -> None:
    ours = [minigrad.nn.Linear(n_in, n_out, generator=Generator(s)) for s in range(30)]
    theirs = [torch.nn.Linear(n_in, n_out) for _ in range(30)]
    for name in ("weight", "bias"):
        a = np.stack([getattr(layer, name).array for layer in ours])
        b = np.stack([getattr(layer, name).detach().numpy() for layer in theirs])
        assert abs(a.std() / b.std() - 1) < 5 / math.sqrt(a.size)
        assert abs(a).max() <= 1 / math.sqrt(n_in) >= abs(b).max()
