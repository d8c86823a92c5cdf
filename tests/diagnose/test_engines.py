"""The same models in minigrad and in PyTorch have the same diagnosis."""

import pytest

import minigrad
from tests.diagnose.networks import stack

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

MODELS = {
    "sgd": {"momentum": 0.9},
    "too fast": {"lr": 5.0, "momentum": 0.9},
    "adam": {"optimizer": "Adam", "lr": 1e-3},
    "slow": {"lr": 1e-6},
    "tanh": {"act": "Tanh", "gain": 1.0, "depth": 20},
    "gelu": {"act": "GELU", "optimizer": "AdamW", "lr": 3e-3},
    "softmax twice": {"softmax": True},
    "tiny": {"gain": 0.02},
}


@pytest.mark.parametrize("name", MODELS)
def test_both_engines_are_diagnosed_alike(name):
    ours = minigrad.diagnose(*stack("minigrad", **MODELS[name]))
    theirs = minigrad.diagnose(*stack("torch", **MODELS[name]))
    assert ours.verdict == theirs.verdict
    assert [f.name for f in ours.findings] == [f.name for f in theirs.findings]
    assert ours.reason.split(" ")[:3] == theirs.reason.split(" ")[:3]
    assert ours.probabilities == pytest.approx(theirs.probabilities, abs=0.05)
    assert [x.name for x in ours.layers] == [x.name for x in theirs.layers]
    for a, b in zip(ours.layers, theirs.layers, strict=True):
        for what in ("q", "alike", "gradient", "update"):
            expected = pytest.approx(getattr(b, what), rel=2e-2, nan_ok=True)
            assert getattr(a, what) == expected, (a.name, what)


def test_guessing_of_a_picture_is_one_constant_per_channel():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.Conv2d(4, 2, 1))
    x = torch.randn(16, 1, 8, 8)
    y = torch.cat([x * 3 + 1, x - torch.linspace(-4, 4, 8)], 1)  # the second slopes to the right
    adam = torch.optim.Adam(model.parameters())
    d = minigrad.diagnose(model, lambda m, b: ((m(b[0]) - b[1]) ** 2).mean(), adam, [(x, y)])
    variance = y.var(dim=(0, 2, 3), correction=0).mean().item()
    assert d.measured.guess == pytest.approx(variance, rel=1e-3)


def test_pytorch_is_not_imported_for_a_minigrad_model():
    import subprocess
    import sys

    code = (
        "import sys, minigrad\n"
        "from tests.diagnose.networks import stack\n"
        "minigrad.diagnose(*stack())\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
