"""The verdict, the reason with its layer, and what is planted is found."""

import math

import numpy as np
import pytest

import minigrad
import minigrad.nn.functional as F
from minigrad import nn, optim
from minigrad.errors import ArgumentError
from minigrad.probe import sharpness
from minigrad.training.verdict import verdict
from tests.diagnose.networks import stack


def train(model, loss, optimizer, batches, steps=300):
    """The fate of really training on fresh batches like the given two."""
    losses = []
    for i in range(steps):
        value = loss(model, batches[i % 2])
        losses.append(value.item() if math.isfinite(value.item()) else None)
        if losses[-1] is None:
            break
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return verdict(losses, math.log(4))


CASES = {
    "good": {"lr": 0.03, "momentum": 0.9},
    "too slow": {"lr": 1e-6},
    "too fast": {"lr": 30.0, "momentum": 0.9},
    "huge weights": {"gain": 12.0, "lr": 0.1, "momentum": 0.9},
    "tiny weights": {"gain": 0.02, "lr": 0.01},
    "adam": {"optimizer": "Adam", "lr": 3e-3},
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_says_what_training_then_does(name, seed):
    said = minigrad.diagnose(*stack(**CASES[name], seed=seed)).verdict
    assert said == train(*stack(**CASES[name], seed=seed))


def test_the_odds_the_window_and_the_nearest_change_agree_with_the_verdict():
    good = minigrad.diagnose(*stack(lr=0.03, momentum=0.9))
    assert good.verdict == "trained" and good.nearest_change is None
    assert good.window[0] <= 0.03 <= good.window[1]
    assert sum(good.probabilities.values()) == pytest.approx(1)
    assert good.confidence == max(good.probabilities.values())
    slow = minigrad.diagnose(*stack(lr=1e-6))
    assert slow.verdict == "stalled" and "too slow" in slow.reason
    assert slow.window[0] > 1e-6
    better = float(slow.nearest_change.removeprefix("lr "))
    assert train(*stack(lr=better)) == "trained"


def found(*four):
    return {f.name: f for f in minigrad.diagnose(*four).findings}


def test_softmax_before_cross_entropy_is_named():
    assert "softmax twice" in found(*stack(softmax=True))
    assert "softmax twice" not in found(*stack())


def test_a_frozen_layer_is_named():
    model, loss, _, batches = stack()
    kept = [p for n, p in model.named_parameters() if not n.startswith("4.")]
    assert "4" in found(model, loss, optim.SGD(kept, lr=0.1), batches)["frozen"].sentence
    model[6].requires_grad_(False)
    everything = optim.SGD(model.parameters(), lr=0.1)
    assert "6" in found(model, loss, everything, batches)["frozen"].sentence


def test_a_layer_without_scale_is_named():
    model, *rest = stack()
    with minigrad.no_grad():
        model[4].weight.mul_(30)
    assert found(model, *rest)["missing scale"].sentence.startswith("layer 4 (Linear)")


def test_dead_and_saturated_units_are_named():
    model, *rest = stack()
    with minigrad.no_grad():
        model[4].bias.fill_(-100)
    assert "layer 5 (ReLU)" in found(model, *rest)["dead"].sentence
    model, *rest = stack(act="Tanh")
    with minigrad.no_grad():
        model[4].weight.mul_(100)
    assert "layer 5 (Tanh)" in found(model, *rest)["saturated"].sentence


class Branches(nn.Module):
    """A residual stack whose branch number `zeroed` is multiplied by 0."""

    def __init__(self, scale=1.0, zeroed=None):
        super().__init__()
        self.blocks = nn.ModuleList(nn.Linear(20, 20) for _ in range(8))
        self.head = nn.Linear(20, 4)
        self.scale, self.zeroed = scale, zeroed

    def forward(self, x):
        for i, block in enumerate(self.blocks):
            x = x + (0 if i == self.zeroed else self.scale) * block(x)
        return self.head(x)


def test_a_zeroed_branch_and_a_missing_residual_scale_are_named():
    _, loss, _, batches = stack()
    model = Branches(zeroed=3)
    adam = optim.Adam(model.parameters(), lr=1e-3)
    assert "blocks.3" in found(model, loss, adam, batches)["zeroed"].sentence
    model = Branches(scale=5.0)
    adam = optim.Adam(model.parameters(), lr=1e-3)
    assert "blocks.7" in found(model, loss, adam, batches)["residual scale"].sentence


class Stream(nn.Module):
    """A pre-norm residual stack of 12 branches, `size` the factor on each one's last weights."""

    def __init__(self, size):
        super().__init__()
        self.embed = nn.Linear(20, 32)
        self.branches = nn.ModuleList(
            nn.Sequential(nn.RMSNorm(32), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 32))
            for _ in range(12)
        )
        self.head = nn.Linear(32, 4)
        with minigrad.no_grad():
            for branch in self.branches:
                branch[3].weight.mul_(size)
                branch[3].bias.mul_(size)

    def forward(self, x):
        x = self.embed(x)
        for branch in self.branches:
            x = x + branch(x)
        return self.head(x)


def stream(size):
    _, loss, _, batches = stack()
    minigrad.manual_seed(0)
    model = Stream(size)
    return model, loss, optim.Adam(model.parameters(), lr=1e-3), batches


@pytest.mark.parametrize("size", [0.0, 1e-3, 1.0, 12.0])
def test_sound_residual_stacks_raise_no_alarm(size):
    # branches that start at 0 or nearly, whose outputs one update changes many-fold, and a stream
    # of whose mean square the branches make a hundredfold without growing from block to block
    assert not found(*stream(size)).keys() & {"zeroed", "scrambled", "residual scale"}


def test_one_layer_without_scale_is_not_taken_for_growth_from_block_to_block():
    model, *rest = stream(1.0)
    with minigrad.no_grad():
        model.branches[9][3].weight.mul_(50)
    names = found(model, *rest)
    assert "branches.9.3" in names["missing scale"].sentence and "residual scale" not in names


def test_the_limit_of_stability_is_the_optimizers():
    model, loss, _, batches = stack()
    for optimizer, limit in (
        (optim.SGD(model.parameters(), lr=0.01), 2),
        (optim.SGD(model.parameters(), lr=0.01, momentum=0.9), 3.8),
        (optim.Adam(model.parameters()), 38),
        (optim.AdamW(model.parameters(), betas=(0.8, 0.99)), 18),
    ):
        d = minigrad.diagnose(model, loss, optimizer, batches)
        assert d.measured.limit == pytest.approx(limit)


@pytest.mark.parametrize("softmax", [False, True])
def test_guessing_is_the_same_where_more_comes_after_the_last_layer(softmax):
    model, loss, optimizer, batches = stack(softmax=softmax)

    class Wrapped(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = model

        def forward(self, x):
            return self.body(x) * 1.0  # no longer what the last layer gave

    plain = minigrad.diagnose(model, loss, optimizer, batches).measured
    assert "forward" not in vars(model)
    wrapped = Wrapped()
    through = minigrad.diagnose(wrapped, loss, optimizer, batches).measured
    assert (through.guess, through.twice) == (plain.guess, plain.twice) == (plain.guess, softmax)
    assert plain.cost < through.cost


def test_guessing_is_measured():
    measured = minigrad.diagnose(*stack()).measured
    assert measured.guess == pytest.approx(math.log(4), abs=0.1)
    x = minigrad.randn(256, 3)
    model = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 2))
    y = x[:, :2] * 2 + 1  # variance 4
    sgd = optim.SGD(model.parameters(), lr=0.01)
    batches = [(x, y)]
    m = minigrad.diagnose(model, lambda m, b: F.mse_loss(m(b[0]), b[1]), sgd, batches).measured
    assert m.guess == pytest.approx(y.array.var(axis=0).mean(), rel=0.05)


def test_the_sharpness_is_the_top_eigenvalue_times_the_rate():
    minigrad.manual_seed(0)
    x = minigrad.randn(50, 3) * minigrad.tensor([3.0, 1.0, 0.3])
    model = nn.Linear(3, 1, bias=False)
    sgd = optim.SGD(model.parameters(), lr=0.07)

    def loss(model, batch):
        return (model(batch) ** 2).mean()

    top = np.linalg.eigvalsh(2 * x.array.T @ x.array / 50)[-1]
    measured = minigrad.diagnose(model, loss, sgd, [x]).measured
    assert measured.curvature == pytest.approx(0.07 * top, rel=0.02)


def found_of_true(seed, act):
    """The sharpness of a small network by a diagnosis, over the Hessian's eigenvalue."""
    minigrad.manual_seed(seed)
    model = nn.Sequential(nn.Linear(8, 32), act(), nn.Linear(32, 32), act(), nn.Linear(32, 3))
    x, y = minigrad.randn(32, 8), minigrad.randint(0, 3, (32,))
    parameters = list(model.parameters())
    start = np.random.default_rng(seed).normal(size=sum(p.numel() for p in parameters))
    true, _ = sharpness(lambda: F.cross_entropy(model(x), y), parameters, start, 40)
    sgd = optim.SGD(parameters, lr=0.5)
    d = minigrad.diagnose(model, lambda m, b: F.cross_entropy(m(b[0]), b[1]), sgd, [(x, y)])
    return d.measured.curvature / 0.5 / true


@pytest.mark.parametrize("act", [nn.ReLU, nn.GELU, nn.Tanh])
def test_kinks_do_not_count_for_sharpness(act):
    found = [found_of_true(seed, act) for seed in range(8)]
    assert 0.7 < np.median(found) < 1.5, found


def test_what_is_not_finite_from_the_start_diverges():
    model, *rest = stack()
    with minigrad.no_grad():
        model[0].weight.fill_(math.inf)
    d = minigrad.diagnose(model, *rest)
    assert d.verdict == "diverged" and d.reason.startswith("the loss is not finite")


def test_what_breaks_in_the_trial_diverges_for_certain():
    d = minigrad.diagnose(*stack(lr=1e12))
    assert not math.isfinite(d.measured.losses[-1]) and d.measured.losses
    assert d.confidence == 1 and d.verdict == "diverged"


def test_bad_input_is_named():
    model, loss, optimizer, batches = stack()
    with pytest.raises(ArgumentError, match="one batch or two, got 3"):
        minigrad.diagnose(model, loss, optimizer, [*batches, batches[0]])
    with pytest.raises(ArgumentError, match=r"one number as a tensor, got shape \(64, 4\)"):
        minigrad.diagnose(model, lambda m, b: m(b[0]), optimizer, batches)
    other = optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1)
    with pytest.raises(ArgumentError, match="holds none of the model's parameters"):
        minigrad.diagnose(model, loss, other, batches)
