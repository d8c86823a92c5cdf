"""Every layer and loss against PyTorch's: values and gradients to 1e-6 in float64."""

from typing import Any

import numpy as np
import pytest

import minigrad

torch: Any = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 3, 6))
LABELS = RNG.integers(0, 6, 12)

LAYERS = [
    ("Linear", (6, 5), {}),
    ("Linear", (6, 5, False), {}),
    ("Identity", (), {}),
    ("ReLU", (), {}),
    ("LeakyReLU", (), {}),
    ("LeakyReLU", (0.3,), {}),
    ("ELU", (), {}),
    ("ELU", (0.7,), {}),
    ("GELU", (), {}),
    ("GELU", (), {"approximate": "tanh"}),
    ("SiLU", (), {}),
    ("Tanh", (), {}),
    ("Sigmoid", (), {}),
    ("Softplus", (), {}),
    ("Softplus", (2.0, 1.0), {}),
    ("Softmax", (1,), {}),
    ("LogSoftmax", (), {"dim": -1}),
    ("LayerNorm", (6,), {}),
    ("LayerNorm", ((3, 6), 0.1), {}),
    ("LayerNorm", (6,), {"bias": False}),
    ("LayerNorm", ([3, 6],), {"elementwise_affine": False}),
    ("RMSNorm", (6,), {}),
    ("RMSNorm", ((3, 6), 0.1), {}),
    ("RMSNorm", (6,), {"elementwise_affine": False}),
]


def twins(name: str, args: tuple, options: dict) -> tuple[Any, Any]:
    """The same layer in both, with the same parameters, none of them 0 or 1."""
    rng = np.random.default_rng(1)
    ours = getattr(minigrad.nn, name)(*args, **options).double()
    theirs = getattr(torch.nn, name)(*args, **options).double()
    values = {k: rng.normal(1, 0.5, v.shape) for k, v in theirs.state_dict().items()}
    ours.load_state_dict({k: minigrad.tensor(v) for k, v in values.items()})
    theirs.load_state_dict({k: torch.tensor(v) for k, v in values.items()})
    return ours, theirs


def close(ours: Any, theirs: Any, label: str) -> None:
    assert tuple(ours.shape) == tuple(theirs.shape), label
    assert abs(ours.array - theirs.detach().numpy()).max() < 1e-6, label


def agree(ours: Any, theirs: Any, x: np.ndarray) -> None:
    """Values, and the gradients of a random weighting of them, for the input and parameters."""
    a, b = minigrad.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, z = ours(a), theirs(b)
    close(y, z, "value")
    weights = np.random.default_rng(2).normal(size=tuple(z.shape))
    y.backward(minigrad.tensor(weights))
    z.backward(torch.tensor(weights))
    close(a.grad, b.grad, "gradient of the input")
    for (name, p), (other, q) in zip(
        ours.named_parameters(), theirs.named_parameters(), strict=True
    ):
        assert name == other
        close(p.grad, q.grad, f"gradient of {name}")


@pytest.mark.parametrize(("name", "args", "options"), LAYERS, ids=str)
def test_layer(name: str, args: tuple, options: dict) -> None:
    ours, theirs = twins(name, args, options)
    agree(ours, theirs, X)
    agree(ours, theirs, X * 30)  # where activations saturate


@pytest.mark.parametrize("name", ["LayerNorm", "RMSNorm"])
def test_norms_of_small_and_zero_rows(name: str) -> None:
    for size in (0.0, 1e-8, 1e-3):
        agree(*twins(name, (6, 1e-5), {}), X * size)


@pytest.mark.parametrize(
    ("name", "eps"), [("LayerNorm", 1e-5), ("RMSNorm", 1e-5), ("RMSNorm", None)]
)
def test_norms_of_float16(name: str, eps: float | None) -> None:
    """The same statistics: float32's, and for eps=None float32's machine epsilon."""
    ours = getattr(minigrad.nn, name)(64, eps=eps).half()
    theirs = getattr(torch.nn, name)(64, eps=eps).half()
    for size in (1e-5, 1e-3, 1.0, 300.0, 20000.0):
        x = (size * RNG.normal(size=(8, 64)).clip(-3, 3)).astype(np.float16)
        y, z = ours(minigrad.tensor(x)), theirs(torch.tensor(x))
        assert y.dtype == np.float16
        difference = y.array.astype(float) - z.detach().numpy().astype(float)
        assert abs(difference).max() <= 2**-9  # one unit in the last place between 2 and 4
        assert abs(difference).mean() < 1e-4


@pytest.mark.parametrize("padding_idx", [None, 0, 2, -1])
def test_embedding(padding_idx: int | None) -> None:
    ids = RNG.integers(0, 7, (5, 4))
    ours, theirs = twins("Embedding", (7, 3), {"padding_idx": padding_idx})
    y, z = ours(minigrad.tensor(ids)), theirs(torch.tensor(ids))
    close(y, z, "value")
    weights = RNG.normal(size=y.shape)
    y.backward(minigrad.tensor(weights))
    z.backward(torch.tensor(weights))
    close(ours.weight.grad, theirs.weight.grad, "gradient")


LOSSES = [
    *(("MSELoss", X, X[::-1].copy(), {"reduction": r}) for r in ("mean", "sum", "none")),
    *(
        ("BCEWithLogitsLoss", X * 4, (X[::-1] > 0) * 1.0, {"reduction": r})
        for r in ("mean", "sum", "none")
    ),
    *(
        (name, X.reshape(12, 6), LABELS, {"reduction": r, "ignore_index": i})
        for name in ("NLLLoss", "CrossEntropyLoss")
        for r in ("mean", "sum", "none")
        for i in (-100, 2)
    ),
    *(
        ("CrossEntropyLoss", X.reshape(12, 6), LABELS, options)
        for options in (
            {"label_smoothing": 0.2},
            {"label_smoothing": 1.0, "reduction": "sum"},
            {"label_smoothing": 0.3, "ignore_index": 1},
            {"label_smoothing": 0.3, "ignore_index": 1, "reduction": "none"},
        )
    ),
    ("CrossEntropyLoss", X * 300, RNG.integers(0, 3, (4, 6)), {}),
    ("NLLLoss", X, RNG.integers(0, 3, (4, 6)), {}),
]


@pytest.mark.parametrize(
    ("name", "x", "target", "options"),
    LOSSES,
    ids=lambda v: "" if isinstance(v, np.ndarray) else str(v),
)
def test_loss(name: str, x: np.ndarray, target: np.ndarray, options: dict) -> None:
    ours, theirs = getattr(minigrad.nn, name)(**options), getattr(torch.nn, name)(**options)
    agree(
        Bound(ours, minigrad.tensor(target)),
        Bound(theirs, torch.tensor(target)),
        x,
    )


class Bound:
    """A loss at one target, as agree() takes a layer."""

    def __init__(self, loss: Any, target: Any) -> None:
        self.loss, self.target = loss, target
        self.named_parameters = loss.named_parameters

    def __call__(self, x: Any) -> Any:
        return self.loss(x, self.target)
