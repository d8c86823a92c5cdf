import numpy as np
import pytest

from minigrad import Generator
from minigrad.lab.width import BASE, adam_groups, mlp


def test_at_the_base_width_both_are_one_network_and_one_rate() -> None:
    usual, mup = (mlp(3, BASE, kind, Generator(0)) for kind in (False, True))
    for a, b in zip(usual.parameters(), mup.parameters(), strict=True):
        np.testing.assert_array_equal(a.array, b.array)
    assert {group["lr"] for group in adam_groups(mup, BASE, 0.01, True)} == {0.01}


def test_a_wider_one_has_smaller_rates_and_a_smaller_head_under_mup() -> None:
    width = 8 * BASE
    usual, mup = (mlp(3, width, kind, Generator(0)) for kind in (False, True))
    heads = [model[len(list(model)) - 1].weight.array for model in (usual, mup)]
    assert heads[0].std() == pytest.approx(width**-0.5, rel=0.1)
    np.testing.assert_allclose(heads[1], heads[0] / 8**0.5, rtol=1e-6)
    np.testing.assert_array_equal(usual[0].weight.array, mup[0].weight.array)
    others, reading = adam_groups(mup, width, 0.01, True)
    assert (others["lr"], reading["lr"]) == (0.01, pytest.approx(0.01 / 8))
    assert len(reading["params"]) == 3  # two hidden matrices and the head's
    assert sum(len(g["params"]) for g in (others, reading)) == len(list(mup.parameters()))
    assert {g["lr"] for g in adam_groups(usual, width, 0.01, False)} == {0.01}
