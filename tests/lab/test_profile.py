"""The profiler charges each op with its own time, on a clock that only the test moves."""

import ast
import sys
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import cli, optim
from minigrad.core.graph import record
from minigrad.core.mode import settings
from minigrad.errors import ArgumentError
from minigrad.lab import profile, workloads
from minigrad.optim.optimizer import Optimizer


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 0.0

    monkeypatch.setattr(profile.time, "perf_counter", lambda: Clock.now)
    return Clock


def make_step(clock):
    """A step of known length: two slow ops, an update, and Python before and after."""
    w = mg.ones(3, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)

    def pass_time(seconds, value):
        clock.now += seconds
        return value

    def slow(x):
        return record("slow", pass_time(5, x.array * 2), (x, lambda g: pass_time(3, g * 2)))

    original = optimizer._update
    optimizer._update = lambda *args: pass_time(7, original(*args))

    def step():
        optimizer.zero_grad()
        loss = slow(slow(w)).sum()
        loss.backward()
        optimizer.step()
        clock.now += 11

    return step


def test_times_go_where_they_were_spent(clock):
    whole, seconds, calls = profile.measure(make_step(clock), steps=3)
    assert whole == 2 * 5 + 2 * 3 + 7 + 11
    assert sum(seconds.values()) == whole
    assert seconds["forward", "slow"] == 10 and seconds["backward", "slow"] == 6
    assert seconds["forward", "sum"] == seconds["backward", "sum"] == 0
    assert (seconds[profile.OPTIMIZER], seconds[profile.REST]) == (7, 11)
    assert calls == {"slow": 2, "sum": 1}


def test_afterwards_nothing_is_observed_any_more(clock):
    before = Optimizer.step, Optimizer.zero_grad
    profile.measure(make_step(clock), steps=1)

    def fails():
        raise KeyError

    with pytest.raises(KeyError):
        profile._observed(fails)
    assert (Optimizer.step, Optimizer.zero_grad) == before
    assert settings.changed == 0


def test_a_name_stands_for_all_that_begin_with_it():
    assert list(profile.named("lab03")) == ["lab03"]
    assert list(profile.named("lab02")) == ["lab02_layernorm", "lab02_rmsnorm"]
    with pytest.raises(
        ArgumentError, match=r"'lab99'\. Did you mean lab03\? There are lab01, lab02"
    ):
        profile.named("lab99")


def test_the_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["minigrad", "profile", "small_ops", "--steps", "1"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert "1,000 ops on 4 × 4" in shown
    for op in ("mul", "add", "tanh", "sub"):
        (line,) = (line for line in shown.splitlines() if f"│{op} " in line.replace("│ ", "│"))
        assert "250" in line and "%" in line


@pytest.mark.parametrize("name", ["lab01", "lab02_layernorm", "lab02_rmsnorm", "chargpt"])
def test_a_workload_is_a_step_that_trains(name):
    step = workloads.WORKLOADS[name]("minigrad")
    losses = [step().item() for _ in range(5)]
    assert np.isfinite(losses).all() and losses[-1] < losses[0]


def test_the_workloads_can_be_loaded_without_minigrad():
    """As the benchmarks' process of another engine does."""
    tree = ast.parse(Path(workloads.__file__).read_text(encoding="utf-8"))
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    names = {getattr(n, "module", None) or n.names[0].name for n in imports}
    assert names == {"__future__", "importlib", "collections.abc", "typing", "numpy"}
