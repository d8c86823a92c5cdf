"""Seeds give the same numbers again; generators are streams of their own."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import ArgumentError, DtypeError

DRAWS = {
    "rand": lambda g: mg.rand(3, generator=g),
    "randn": lambda g: mg.randn(3, generator=g),
    "randint": lambda g: mg.randint(100, (3,), generator=g),
    "randperm": lambda g: mg.randperm(20, generator=g),
    "bernoulli": lambda g: mg.bernoulli(mg.full((20,), 0.5), generator=g),
    "rand_like": lambda g: mg.rand_like(mg.zeros(3), generator=g),
    "randn_like": lambda g: mg.randn_like(mg.zeros(3), generator=g),
    "randint_like": lambda g: mg.randint_like(mg.zeros(3), 100, generator=g),
    "normal_": lambda g: mg.zeros(3).normal_(generator=g),
    "uniform_": lambda g: mg.zeros(3).uniform_(generator=g),
    "dropout": lambda g: mg.nn.functional.dropout(mg.ones(20), 0.5, generator=g),
}


@pytest.mark.parametrize("name", DRAWS)
def test_the_same_seed_draws_the_same_and_the_next_draw_differs(name):
    draw = DRAWS[name]
    generator = mg.Generator(3)
    first, second = draw(generator).tolist(), draw(generator).tolist()
    assert first != second
    assert draw(generator.manual_seed(3)).tolist() == first
    assert draw(mg.Generator(4)).tolist() != first


@pytest.mark.parametrize("name", DRAWS)
def test_without_a_generator_the_default_one_draws(name):
    draw = DRAWS[name]
    assert mg.manual_seed(3) is mg.default_generator()
    first = draw(None).tolist()
    mg.manual_seed(3)
    own = mg.Generator(9)
    draw(own)  # another stream moves the default one on by nothing
    assert draw(None).tolist() == first


def test_the_seed_is_told():
    assert mg.Generator(5).initial_seed() == 5
    assert mg.Generator().initial_seed() != mg.Generator().initial_seed()


def test_what_is_refused():
    for seed in (-1, 1.5, "a"):
        with pytest.raises(ArgumentError, match="seed must be an int ≥ 0"):
            mg.manual_seed(seed)
    with pytest.raises(DtypeError, match=r"minigrad.Generator, got .*: make one"):
        mg.rand(2, generator=np.random.default_rng(0))


def test_a_stream_goes_on_from_its_state():
    generator = mg.Generator(3)
    mg.randn(5, generator=generator)
    state = generator.get_state()
    ahead = mg.randn(4, generator=generator).tolist()
    other = mg.Generator(0)
    assert other.set_state(state) is other and other.initial_seed() == 3
    assert mg.randn(4, generator=other).tolist() == ahead
    assert mg.randn(4, generator=generator.set_state(state)).tolist() == ahead
    mg.manual_seed(1)
    state, drawn = mg.get_rng_state(), mg.rand(3).tolist()
    mg.set_rng_state(state)
    assert mg.rand(3).tolist() == drawn
    with pytest.raises(DtypeError, match=r"set_state: needs what get_state\(\) gave"):
        generator.set_state(3)
