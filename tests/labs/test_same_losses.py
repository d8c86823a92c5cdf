"""Making the engine faster changes nothing that is computed: 50 steps of each lab's network give
the losses that were recorded before the work on speed began.

`python tests/labs/test_same_losses.py` (with minigrad installed) records them anew, which is right
only where a change is meant to alter what a lab computes.
"""

import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from minigrad import Generator, from_numpy, nn, optim
from minigrad.data import toy
from minigrad.lab import catalog
from minigrad.models import CharGPT
from minigrad.nn import functional as F
from minigrad.nn import init

LABS = catalog.labs(Path(__file__).parents[2])
RECORDED = Path(__file__).with_name("losses_50_steps.json")
STEPS, BATCH = 50, 16

# Another BLAS adds up in another order. What one rounding does, a factor 1 ± eps on every weight at
# the start, over ten draws: in float64 at most 4e-13 of a loss; in float32 2e-4 (lab 03) and 2e-7.
# Networks of ReLUs are left out in float32: inputs so near 0 that they change sides move a loss by
# up to 2 %.
TOLERANCE = {
    "float64": dict.fromkeys(
        (
            "lab 01",
            "lab 02, LayerNorm",
            "lab 02, RMSNorm",
            "lab 03",
            "CharGPT",
            "CharGPT, post LayerNorm, ReLU",
            "CharGPT, SwiGLU",
        ),
        1e-10,
    ),
    "float32": {"lab 03": 5e-3, "CharGPT": 1e-5, "CharGPT, SwiGLU": 1e-5},
}
CASES = [(name, dtype) for dtype, names in TOLERANCE.items() for name in names]


def lab(number):
    return catalog.load(catalog.find(number, LABS))


def toy_batches(dim, dtype):
    task = toy.toy(0, dim=dim)
    for x, y in toy.batches(task.x, task.y, BATCH, 0):
        yield from_numpy(x.astype(dtype)), from_numpy(y)


def sgd(model):
    return optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)


def lab01(dtype):
    return (
        lab("01").network(12, 256, init.kaiming_normal_, Generator(0)),
        sgd,
        toy_batches(256, dtype),
    )


def lab02(norm):
    return lambda dtype: (
        lab("02").network(12, 256, norm, Generator(0)),
        sgd,
        toy_batches(256, dtype),
    )


def lab03(dtype):
    """All fifty blocks, of width 32 instead of 256 to be quick."""
    return lab("03").network(50, 32, nn.PreNorm, Generator(0)), sgd, toy_batches(32, dtype)


def char_gpt(**kind):
    def make(dtype):
        """Labs 04 to 06's model, on ids in which each but chance follows from the one before."""
        model = CharGPT(17, context=16, dim=32, **kind, generator=Generator(0))
        rng = np.random.default_rng(0)
        ids = np.cumsum(rng.integers(1, 4, (STEPS, 8, 17)), axis=2) % 17
        pairs = ((from_numpy(rows[:, :-1]), from_numpy(rows[:, 1:])) for rows in ids)
        return model, lambda model: optim.AdamW(model.parameters(), lr=3e-3), pairs

    return make


WORKLOADS = {
    "lab 01": lab01,
    "lab 02, LayerNorm": lab02(nn.LayerNorm),
    "lab 02, RMSNorm": lab02(nn.RMSNorm),
    "lab 03": lab03,
    "CharGPT": char_gpt(),
    "CharGPT, post LayerNorm, ReLU": char_gpt(norm="layernorm", placement="post", ffn="relu"),
    "CharGPT, SwiGLU": char_gpt(ffn="swiglu"),
}


def losses(name, dtype, change=lambda model: None):
    """The loss at each of 50 steps; `change` may touch the model before the first."""
    model, optimizer, batches = WORKLOADS[name](dtype)
    model.to(dtype)
    change(model)
    optimizer, found = optimizer(model), []
    for x, y in islice(batches, STEPS):
        optimizer.zero_grad()
        logits = model(x)
        loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), y.reshape(-1))
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


def recorded(name, dtype):
    return json.loads(RECORDED.read_text(encoding="utf-8"))[dtype][name]


@pytest.mark.parametrize(("name", "dtype"), CASES)
def test_losses_are_what_they_were(name, dtype):
    before = recorded(name, dtype)
    assert len(before) == STEPS
    np.testing.assert_allclose(losses(name, dtype), before, rtol=TOLERANCE[dtype][name])


@pytest.mark.parametrize("name", ["lab 02, RMSNorm", "CharGPT"])
def test_a_change_of_a_millionth_is_noticed(name):
    def change(model):
        for parameter in model.parameters():
            parameter.array *= 1 + 1e-6

    off = np.divide(losses(name, "float64", change), recorded(name, "float64")) - 1
    assert np.abs(off).max() > 100 * TOLERANCE["float64"][name]


if __name__ == "__main__":
    found = {
        dtype: {name: losses(name, dtype) for name in names} for dtype, names in TOLERANCE.items()
    }
    RECORDED.write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")
