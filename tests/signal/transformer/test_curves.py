"""The transformer's recurrences against CharGPT, measured over seeds."""

import itertools

import numpy as np
import pytest

import minigrad
import minigrad.nn.functional as F
from minigrad.errors import ArgumentError
from minigrad.models import CharGPT
from minigrad.nn import init
from minigrad.signal.transformer import transformer

VOCAB, CONTEXT, DIM, BATCH, SEEDS = 65, 32, 64, 4, 3


def measure(seed, layers, law, std, head_std, zero, **model):
    """q and G over the stream (2·layers + 1,), and E(dL/dW)² of the last FFN's down."""
    minigrad.manual_seed(seed)
    net = CharGPT(VOCAB, context=CONTEXT, dim=DIM, layers=layers, **model)
    net.init_weights(law, embedding_std=std, head_std=head_std)
    if zero:
        for block in net.blocks:
            init.zeros_(block.attention.proj.weight)
            init.zeros_(block.ffn.down.weight)
    rng = np.random.default_rng(seed)
    ids = minigrad.tensor(rng.integers(0, VOCAB, (BATCH, CONTEXT)))
    targets = minigrad.tensor(rng.integers(0, VOCAB, BATCH * CONTEXT))
    x = net.token_embedding(ids) + net.position_embedding(minigrad.tensor(np.arange(CONTEXT)))
    stream = [x]
    for b in net.blocks:
        for norm, f in ((b.norm1, b.attention), (b.norm2, b.ffn)):
            pre = b.placement == "pre"
            x = x + b.residual_scale * f(norm(x)) if pre else norm(x + b.residual_scale * f(x))
            stream.append(x)
    for x in stream:
        x.retain_grad()
    logits = net.head(net.norm(x)).reshape(-1, VOCAB)
    F.cross_entropy(logits, targets, reduction="sum").backward()
    w = net.blocks[-1].ffn.down.weight.grad.array
    return (
        np.array([np.mean(x.array**2) for x in stream]),
        np.array([np.mean(x.grad.array**2) for x in stream]),
        np.mean(w**2) / (BATCH * CONTEXT),
    )


def both(layers, law="default", std=None, head_std=0.02, zero=False, seeds=SEEDS, **model):
    """Theory, and the median over seeds: ln q, ln G, ln last weight's."""
    theory = transformer(
        layers,
        vocab=VOCAB,
        context=CONTEXT,
        dim=DIM,
        law=law,
        embedding_std=std,
        head_std=head_std,
        zero_branches=zero,
        **model,
    )
    seen = [measure(seed, layers, law, std, head_std, zero, **model) for seed in range(seeds)]
    q, G, w = (np.median([np.log(s[i]) for s in seen], axis=0) for i in range(3))
    return theory, q, G, w


PLACES = [(None, "pre"), ("rmsnorm", "pre"), ("layernorm", "pre"), ("layernorm", "post")]


@pytest.mark.parametrize(("norm", "placement"), PLACES)
@pytest.mark.parametrize(
    ("ffn", "law"), [*itertools.product(("relu", "swiglu"), ("default",)), ("gelu", "gpt2")]
)
def test_every_branch(norm, placement, ffn, law):
    """Within 0.1 nats forward, 0.2 backward, after each of 12 branches."""
    theory, q, G, _ = both(6, law, norm=norm, placement=placement, ffn=ffn)
    assert np.abs(np.log(theory.q) - q).max() < 0.1
    assert np.abs(np.log(theory.G) - G).max() < 0.2
    # an error in one kind of branch would show as a drift: the curves' ends differ by what is told
    assert np.log(theory.q[-1] / theory.q[0]) == pytest.approx(q[-1] - q[0], abs=0.1)
    assert np.log(theory.G[0] / theory.G[-1]) == pytest.approx(G[0] - G[-1], abs=0.15)


@pytest.mark.parametrize("ffn", ["relu", "swiglu"])
def test_scores_that_matter(ffn):
    """Under Xavier the scores' variance is a quarter, and attention a third of the branches."""
    theory, q, G, _ = both(4, "xavier", 0.3, 0.125, norm="rmsnorm", ffn=ffn, seeds=12)
    assert np.abs(np.log(theory.q) - q).max() < 0.12
    assert np.abs(np.log(theory.G) - G).max() < 0.18


def test_scaled_branches():
    theory, q, G, _ = both(6, norm="rmsnorm", residual_scale=0.3)
    full = transformer(6, vocab=VOCAB, context=CONTEXT, dim=DIM)
    added = (theory.q[-1] - theory.q[0]) / (full.q[-1] - full.q[0])
    assert added == pytest.approx(0.09, abs=0.02)
    assert np.abs(np.log(theory.q) - q).max() < 0.1
    assert np.abs(np.log(theory.G) - G).max() < 0.2


@pytest.mark.parametrize("norm", [None, "rmsnorm"])
def test_branches_that_start_at_zero(norm):
    """The stream is handed on untouched, and so is the gradient; only the last matrices get one."""
    theory, q, G, w = both(3, zero=True, norm=norm)
    assert np.ptp(theory.q) == np.ptp(theory.G) == 0
    assert np.ptp(q) == np.ptp(G) == 0
    assert q[0] == pytest.approx(np.log(theory.q[0]), abs=0.1)
    assert G[0] == pytest.approx(np.log(theory.G[0]), abs=0.1)
    assert w == pytest.approx(np.log(theory.last_weight), abs=0.3)


def test_xiongs_law():
    """Pre-norm: the last FFN's gradient falls as 1/√L; post-norm: it does not (2020, theorem 1).

    In the setting where it holds: Xavier, embeddings that are small beside the branches.
    """
    setting = {"law": "xavier", "std": 0.3, "head_std": DIM**-0.5}
    found = {}
    for layers in (2, 8):
        for placement in ("pre", "post"):
            theory, _, _, w = both(
                layers, **setting, norm="layernorm", placement=placement, ffn="relu"
            )
            found[layers, placement] = np.sqrt(theory.last_weight), np.exp(w / 2)
    for kind in (0, 1):  # in theory, and measured
        pre = found[8, "pre"][kind] / found[2, "pre"][kind]
        post = found[8, "post"][kind] / found[2, "post"][kind]
        assert 0.4 < pre < 0.62  # √(2/8) = 0.5
        assert post > 0.85
    arguments = {"dim": DIM, "context": CONTEXT, "law": "xavier", "embedding_std": 0.3}
    deep = [transformer(n, norm="layernorm", ffn="relu", **arguments).last_weight for n in (2, 32)]
    assert np.sqrt(deep[1] / deep[0]) == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"norm": "batchnorm"}, "norm must be one of None, rmsnorm, layernorm, got 'batchnorm'"),
        ({"placement": "mid"}, "placement must be one of pre, post, got 'mid'"),
        ({"law": "he"}, "law must be one of gpt2, default, xavier, kaiming"),
        ({"layers": 0}, "layers must be a whole number ≥ 1"),
    ],
)
def test_what_the_recurrences_do_not_cover(values, said):
    with pytest.raises(ArgumentError) as error:
        transformer(**{"layers": 2, **values})
    assert said in str(error.value) and "\n" not in str(error.value)
