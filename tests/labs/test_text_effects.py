"""What labs 04 and 05 claim of transformers on text, over three seeds, in runs of a few steps."""

from pathlib import Path
from statistics import median

import pytest

from minigrad.lab import catalog
from minigrad.lab.cells import fate
from minigrad.lab.language import corpus, language_run, small_gpt
from minigrad.probe import LayerHistory

LABS = catalog.labs(Path(__file__).parents[2])
LAB04, LAB05 = (catalog.load(catalog.find(number, LABS)) for number in ("04", "05"))


@pytest.fixture(scope="module")
def text():
    return corpus("alice")


def run(text, model, seed, blocks=None, **training):
    with LayerHistory(blocks or {}) as seen:
        record = language_run(
            text, model, lambda *_: None, seed=seed, training=training, watch=seen.step
        )
    return record, seen


@pytest.mark.parametrize("seed", range(3))
def test_04_no_norm_dies_at_a_high_rate(text, seed):
    model = small_gpt(text, seed, **LAB04.MODEL, norm=None)
    record, _ = run(text, model, seed, steps=120, lr=2e-2)
    assert record["diverged_at"] is not None and record["anomaly"]


@pytest.mark.parametrize("seed", range(3))
def test_04_post_norm_cuts_the_gradient_off_and_pre_norm_does_not(text, seed):
    shares = {}
    for name in ("post LayerNorm", "pre RMSNorm"):
        model = small_gpt(text, seed, **LAB04.MODEL, **LAB04.VARIANTS[name])
        ends = {"first": model.blocks[0], "last": model.blocks[-1]}
        record, seen = run(text, model, seed, ends, steps=12, lr=2e-2)
        assert record["diverged_at"] is None
        shares[name] = seen.gradient_norm["first"][-1] / seen.gradient_norm["last"][-1]
        assert 0.5 < seen.activation_std["first"][-1] < 20  # the signal is alive in both
    assert shares["post LayerNorm"] < 1e-10 and shares["pre RMSNorm"] > 0.1


@pytest.mark.parametrize("seed", range(3))
def test_05_post_norm_stalls_where_pre_norm_learns(text, seed):
    unigram = text.unigram_loss()
    ended = {}
    for placement in ("pre", "post"):
        options = {"layers": 8, "dim": 32, "norm": "layernorm", "placement": placement}
        ended[placement], _ = run(text, small_gpt(text, seed, **options), seed, steps=60, lr=1e-2)
    fates = {placement: fate(run, unigram) for placement, run in ended.items()}
    assert fates == {"pre": "trained", "post": "stalled"}


def test_05_the_last_gradient_at_init_follows_xiong_where_its_assumptions_hold(text):
    def ratio(placement, setting):
        norms = [
            median(
                LAB05.last_gradient(text, seed, layers, placement, **setting) for seed in range(8)
            )
            for layers in (2, 8)
        ]
        return norms[1] / norms[0]

    strict, weak = LAB05.SETTINGS.values()
    assert ratio("pre", strict) == pytest.approx(0.5, rel=0.25)  # √(2/8)
    assert ratio("post", strict) > 0.9
    assert ratio("pre", weak) > 0.7
