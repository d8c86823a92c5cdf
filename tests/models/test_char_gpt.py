from itertools import product

import numpy as np
import pytest

import minigrad
import minigrad.nn.functional as F
from minigrad import nn, optim
from minigrad.errors import ArgumentError, IndexRangeError, ShapeError
from minigrad.models import CharGPT


def ids(*shape: int, vocab: int = 11, seed: int = 0) -> minigrad.Tensor:
    return minigrad.tensor(np.random.default_rng(seed).integers(vocab, size=shape))


def small(**options: object) -> CharGPT:
    minigrad.manual_seed(0)
    return CharGPT(11, context=8, dim=12, heads=3, layers=2, **options)  # type: ignore[arg-type]


def test_state_names_and_shapes_are_the_documented_ones() -> None:
    expected: dict[str, tuple[int, ...]] = {
        "token_embedding.weight": (11, 12),
        "position_embedding.weight": (8, 12),
    }
    for i in range(2):
        expected |= {
            f"blocks.{i}.norm1.weight": (12,),
            f"blocks.{i}.attention.qkv.weight": (36, 12),
            f"blocks.{i}.attention.qkv.bias": (36,),
            f"blocks.{i}.attention.proj.weight": (12, 12),
            f"blocks.{i}.attention.proj.bias": (12,),
            f"blocks.{i}.norm2.weight": (12,),
            f"blocks.{i}.ffn.up.weight": (48, 12),
            f"blocks.{i}.ffn.up.bias": (48,),
            f"blocks.{i}.ffn.down.weight": (12, 48),
            f"blocks.{i}.ffn.down.bias": (12,),
        }
    expected |= {"norm.weight": (12,), "head.weight": (11, 12)}
    state = small().state_dict()
    assert {name: tensor.shape for name, tensor in state.items()} == expected
    assert list(state) == list(expected)
    other = small()
    other.init_weights("default")
    other.load_state_dict(state)
    np.testing.assert_array_equal(other(ids(2, 8)).array, small()(ids(2, 8)).array)


def test_a_final_norm_on_pre_norm_only() -> None:
    assert isinstance(small(norm="layernorm").norm, nn.LayerNorm)
    assert isinstance(small(placement="post").norm, nn.Identity)
    assert isinstance(small(norm=None).norm, nn.Identity)


def test_a_tied_head_is_the_embedding() -> None:
    model = small(tied=True)
    assert model.head.weight is model.token_embedding.weight
    untied = sum(p.numel() for p in small().parameters())
    assert sum(p.numel() for p in model.parameters()) == untied - 11 * 12
    F.cross_entropy(model(ids(2, 8)).reshape(-1, 11), ids(16)).backward()
    assert model.head.weight.grad is not None


def test_init_laws_have_the_stated_spread_and_are_seeded() -> None:
    def model(law: str, seed: int) -> CharGPT:
        made = CharGPT(40, context=64, dim=64, heads=4, layers=3)
        made.init_weights(law, generator=minigrad.Generator(seed))  # type: ignore[arg-type]
        return made

    expected = {  # std of ffn.up (fan_in 64, fan_out 256), ffn.down, token embedding, head
        "gpt2": (0.02, 0.02 / 6**0.5, 0.02, 0.02),
        "default": ((3 * 64) ** -0.5, (3 * 256) ** -0.5, 1.0, 0.02),
        "xavier": ((2 / 320) ** 0.5, (2 / 320) ** 0.5, 1.0, 0.02),
        "kaiming": ((2 / 64) ** 0.5, (2 / 256) ** 0.5, 1.0, 0.02),
    }
    for law, stds in expected.items():
        made = model(law, 0)
        block = made.blocks[1]
        matrices = (block.ffn.up, block.ffn.down, made.token_embedding, made.head)
        for matrix, std in zip(matrices, stds, strict=True):
            n = matrix.weight.numel()
            assert matrix.weight.array.std() == pytest.approx(std, rel=4 / (2 * n) ** 0.5), law
        assert not block.ffn.up.bias.array.any()
        assert (block.norm1.weight.array == 1).all()
        again, other = model(law, 0), model(law, 1)
        np.testing.assert_array_equal(again.head.weight.array, made.head.weight.array)
        assert (other.head.weight.array != made.head.weight.array).any()
    with pytest.raises(ArgumentError, match="one of gpt2, default, xavier, kaiming, got 'he'"):
        small().init_weights("he")  # type: ignore[arg-type]


def test_the_same_generator_makes_the_same_model() -> None:
    a, b = (CharGPT(11, dim=8, heads=2, generator=minigrad.Generator(3)) for _ in range(2))
    for p, q in zip(a.parameters(), b.parameters(), strict=True):
        np.testing.assert_array_equal(p.array, q.array)


def test_generate_is_seeded_greedy_at_zero_and_keeps_to_the_top_k() -> None:
    model = small()
    model.init_weights("kaiming", head_std=1.0)
    start = ids(3, 4)

    def write(seed: int = 0, **options: float) -> np.ndarray:
        generator = minigrad.Generator(seed)
        return model.generate(start, 20, generator=generator, **options).array  # type: ignore[arg-type]

    text = write()
    assert text.shape == (3, 24) and text.dtype == np.int64
    np.testing.assert_array_equal(text[:, :4], start.array)
    np.testing.assert_array_equal(text, write())
    assert (text != write(seed=1)).any()
    greedy = write(temperature=0)
    np.testing.assert_array_equal(greedy, write(seed=1, top_k=1))
    np.testing.assert_array_equal(greedy, write(seed=2, temperature=1e-4))
    for at in range(4, 24):
        logits = model(minigrad.tensor(greedy[:, max(0, at - 8) : at])).array[:, -1]
        np.testing.assert_array_equal(greedy[:, at], logits.argmax(axis=1))
    assert not model.generate(start, 1).requires_grad


def test_generate_draws_from_the_softmax() -> None:
    model = small()
    model.init_weights("default", head_std=0.5)
    start = minigrad.tensor(np.full((4000, 1), 3))
    p = F.softmax(model(start[:1])[:, -1] / 0.7, dim=-1).array[0]
    drawn = model.generate(start, 1, temperature=0.7, generator=minigrad.Generator(0)).array[:, -1]
    share = np.bincount(drawn, minlength=11) / 4000
    assert np.abs(share - p).max() < 4 * np.sqrt(0.25 / 4000)
    kept = model.generate(start, 1, top_k=3, generator=minigrad.Generator(0)).array[:, -1]
    assert set(kept) == set(np.argsort(p)[-3:])


def test_errors_say_what_holds() -> None:
    with pytest.raises(ShapeError, match=r"length 1 … 8 \(its context\), got \(1, 9\)"):
        small()(ids(1, 9))
    with pytest.raises(ShapeError, match=r"\(batch, length\).*got \(8,\)"):
        small()(ids(8))
    with pytest.raises(IndexRangeError):
        small()(ids(1, 8, vocab=11) + 5)
    with pytest.raises(ArgumentError, match="'rmsnorm', 'layernorm' or None, got 'batch'"):
        small(norm="batch")
    with pytest.raises(ArgumentError, match="'pre' or 'post', got 'mid'"):
        small(placement="mid")
    with pytest.raises(ArgumentError, match="'relu', 'gelu' or 'swiglu', got 'tanh'"):
        small(ffn="tanh")
    with pytest.raises(ArgumentError, match=r"temperature ≥ 0 and top_k ≥ 1, got 1.0 and 0"):
        small().generate(ids(1, 2), 1, top_k=0)


@pytest.mark.parametrize("seed", range(3))
def test_it_learns_a_rule_that_needs_attention(seed: int) -> None:
    """Every string repeats its first half: the second half can be known, the first cannot."""
    model = CharGPT(
        8, context=12, dim=24, heads=2, layers=2, ffn="relu", generator=minigrad.Generator(seed)
    )
    model.init_weights("default", generator=minigrad.Generator(seed))
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    rng = np.random.default_rng(seed)
    for _ in range(200):
        half = rng.integers(8, size=(32, 6))
        text = np.concatenate([half, half], axis=1)
        logits = model(minigrad.tensor(text[:, :-1]))[:, 5:]
        target = minigrad.tensor(text[:, 6:])
        loss = F.cross_entropy(logits.reshape(-1, 8), target.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.3  # ln 8 = 2.08 without attention


VARIANTS = list(product(["rmsnorm", "layernorm", None], ["pre", "post"], ["relu", "swiglu"]))


@pytest.mark.parametrize(("norm", "placement", "ffn"), VARIANTS)
def test_gradients_reach_every_parameter(norm: str | None, placement: str, ffn: str) -> None:
    model = small(norm=norm, placement=placement, ffn=ffn)
    F.cross_entropy(model(ids(4, 8)).reshape(-1, 11), ids(32)).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and np.abs(parameter.grad.array).max() > 0, name


def test_generate_says_what_it_takes():
    model = CharGPT(5, context=4, dim=4, heads=1, layers=1)
    with pytest.raises(ShapeError, match=r"\(batch, length\), got \(2,\)"):
        model.generate(minigrad.tensor([1, 2]), 3)
    with pytest.raises(ArgumentError, match="temperature ≥ 0"):
        model.generate(minigrad.tensor([[1, 2]]), 3, temperature=float("nan"))
