import math
from random import Random

import pytest

from minigrad.scalar import GPT, Adam, Value, cities, sample, train
from minigrad.scalar.names import Alphabet
from minigrad.scalar.training import bigram_loss, evaluate, windows


def test_adam_takes_the_papers_first_two_steps() -> None:
    x = Value(1.0)
    optimizer = Adam([x], lr=0.1)
    x.grad = 4.0
    optimizer.step()
    assert (x.data, x.grad) == (pytest.approx(0.9), 0.0)  # the first step is lr · sign(g)
    x.grad = -2.0
    optimizer.step()
    m = (0.9 * 0.4 + 0.1 * -2) / (1 - 0.9**2)
    v = (0.999 * 0.016 + 0.001 * 4) / (1 - 0.999**2)
    assert x.data == pytest.approx(0.9 - 0.1 * m / v**0.5)


def test_windows_cover_long_names_and_keep_short_ones_whole() -> None:
    alphabet = Alphabet(["abc", "abcdefgh"])
    seen = windows(["abc", "abcdefgh"], alphabet, 4, Random(0))
    texts = {tuple(next(seen)) for _ in range(200)}
    assert texts == {
        (0, 1, 2, 3, 0),
        *(tuple(([0, *range(1, 9), 0])[start : start + 5]) for start in range(6)),
    }


@pytest.mark.parametrize("seed", range(3))
def test_it_learns_to_spell(seed: int) -> None:
    names = ["ada", "bob", "eve"]
    alphabet = Alphabet(names)
    model = GPT(len(alphabet), dim=8, heads=2, seed=seed)
    losses = train(model, names, alphabet, 150, lr=0.03, seed=seed)
    assert losses[0] == pytest.approx(math.log(7), abs=0.2)  # nothing known yet
    assert sum(losses[-30:]) / 30 < 0.5  # the least is ln 3 / 4 = 0.27: which name it is


def test_the_same_seed_gives_the_same_losses() -> None:
    names = ["ada", "bob", "eve"]
    alphabet = Alphabet(names)
    first, again, other = (train(GPT(7, seed=s), names, alphabet, 5, seed=s) for s in (1, 1, 2))
    assert first == again != other


def test_samples_are_seeded_and_end_at_the_mark() -> None:
    names = ["ada", "bob", "eve"]
    alphabet = Alphabet(names)
    model = GPT(len(alphabet), dim=8, heads=2)
    train(model, names, alphabet, 150, lr=0.03)
    written = [sample(model, alphabet, seed=seed, temperature=0.2) for seed in range(10)]
    assert written == [sample(model, alphabet, seed=seed, temperature=0.2) for seed in range(10)]
    assert sum(name in names for name in written) >= 8
    with pytest.raises(ValueError, match="temperature must be positive, got 0"):
        sample(model, alphabet, temperature=0)


def test_evaluation_and_the_bigram_bar() -> None:
    names = cities()
    alphabet = Alphabet(names)
    untrained = GPT(len(alphabet), std=0.0)
    assert evaluate(untrained, names[:3], alphabet) == pytest.approx(math.log(28))
    assert 2.4 < bigram_loss(names, names[::10], alphabet) < 2.9
