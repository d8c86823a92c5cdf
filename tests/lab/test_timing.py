import numpy as np
import pytest

from minigrad import from_numpy
from minigrad.lab import timing


@pytest.fixture
def clock(monkeypatch):
    """A clock that only moves when a test says so."""
    now = [0.0]
    monkeypatch.setattr(timing.time, "perf_counter", lambda: now[0])

    def spend(seconds):
        now[0] += seconds

    return spend


def test_functions_run_in_turn_and_in_both_orders(clock):
    calls = []
    functions = {name: lambda name=name: calls.append(name) or clock(1) for name in "ab"}
    times = timing.interleaved(functions, 4)
    assert times == {"a": [1000] * 4, "b": [1000] * 4}
    assert "".join(calls[6:]) == "baabbaab"  # after three rounds of warming up


def test_what_prepares_is_not_counted(clock):
    def prepare():
        clock(5)
        return lambda: clock(2)

    assert timing.interleaved({"f": prepare}, 2) == {"f": [2000, 2000]}


def test_the_ratio_of_pairs_survives_a_drifting_machine():
    speed = np.exp(np.linspace(0, 3, 101))
    middle, low, high = timing.ratio(0.8 * speed, speed)
    assert (middle, low, high) == pytest.approx((0.8, 0.8, 0.8))


def test_the_interval_holds_the_true_median_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        _, low, high = timing.ratio(rng.lognormal(0, 1, 60), np.ones(60))
        hits += low <= 1 <= high
    assert 0.93 < hits / 400 < 0.99  # 95 % ± 2 standard errors, and the rounding outward


def test_bytes_kept_are_those_beside_the_result():
    x = np.ones(100_000, np.float32)

    def forward():
        out = from_numpy(x + 1)
        out.hooks = {0: np.zeros(50_000, np.float32)}  # something that lives as long as the result
        return out

    assert 200_000 <= timing.bytes_kept(forward) < 202_000
