"""Transformers of the family, trained for real."""

import math

import numpy as np
import pytest

from minigrad.core.random import Generator
from minigrad.data.text import corpus_of, shakespeare_path
from minigrad.lab.transformer_trainability import network, shakespeare, train_transformer
from minigrad.signal.transformer.configuration import ENTROPY, VOCAB, TransformerConfiguration
from minigrad.training.verdict import verdict

TEXT = corpus_of("".join(map(chr, range(32, 32 + VOCAB))) * 20, "every character in turn")


def test_a_run_is_a_pure_function_and_learns():
    config = TransformerConfiguration(layers=1, dim=32, lr=0.01, warmup=5)
    losses = train_transformer(config, 1, 60, text=TEXT)
    assert losses == train_transformer(config, 1, 60, text=TEXT) != losses[::-1]
    assert losses[0] == pytest.approx(math.log(VOCAB), abs=0.1) and losses[-1] < 1


def test_a_run_ends_where_the_loss_is_not_finite():
    config = TransformerConfiguration(
        layers=2, dim=32, norm="none", init="xavier", optimizer="sgd", lr=1e5
    )
    losses = train_transformer(config, 0, 50, text=TEXT)
    assert losses[-1] is None and len(losses) < 50 and None not in losses[:-1]


def test_clipping_bounds_the_step():
    config = TransformerConfiguration(layers=1, dim=32, optimizer="sgd", lr=1.0, clip=1e-6)
    losses = train_transformer(config, 0, 5, text=TEXT)
    assert np.ptp(losses) < 0.05


def test_the_network_is_the_configurations():
    config = TransformerConfiguration(layers=3, dim=48, norm="none", residual="scaled")
    model = network(config, Generator().manual_seed(0))
    assert len(model.blocks) == 3 and model.blocks[0].residual_scale == pytest.approx(6**-0.5)
    assert not any("norm" in name for name, _ in model.named_parameters())


@pytest.mark.skipif(
    not shakespeare_path().exists(), reason="Tiny Shakespeare is not in the user's cache folder"
)
def test_post_norm_sticks_at_the_characters_entropy_where_pre_norm_trains():
    assert shakespeare().unigram_loss() == pytest.approx(ENTROPY, abs=1e-3)
    assert len(shakespeare().characters) == VOCAB
    fates = [
        verdict(train_transformer(TransformerConfiguration(**choices), 0), ENTROPY)
        for choices in (
            {"layers": 6, "dim": 32, "ffn": "relu", "lr": 0.02, "placement": "post"},
            {"layers": 6, "dim": 32, "ffn": "relu", "lr": 0.02},
        )
    ]
    assert fates == ["stalled", "trained"]
