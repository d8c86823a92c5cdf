"""A sweep is resumable, killable, shareable, and the same with any number of workers."""

import contextlib
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from minigrad.errors import ArgumentError
from minigrad.signal.transformer.configuration import TransformerConfiguration
from minigrad.signal.windows import WINDOWS
from minigrad.sweep.execute import local, make, sweep
from minigrad.sweep.plan import Run, expand
from minigrad.sweep.recorded import export, rows
from minigrad.sweep.store import Result, Store

PLAN = {"steps": 4, "seeds": 3, "grid": {"depth": [2, 3], "lr": [0.01, 0.1], "width": 8}}
TOML = "steps = {steps}\nseeds = {seeds}\n[grid]\ndepth = [2, 3]\nlr = [0.01, 0.1]\nwidth = 8\n"


def contents(path):
    store = Store(path)
    found = {result.run.key: result.losses for result in store.results()}
    store.close()
    return found


def test_only_what_is_missing_is_made(tmp_path):
    runs = expand(PLAN)
    store = Store(tmp_path / "s.sqlite")
    assert sweep(runs[:5], store) == 5
    seen = []
    assert sweep(runs, store, on_result=lambda *a: seen.append(a)) == 7
    assert [a[:2] for a in seen] == [(i + 1, 7) for i in range(7)]
    assert sweep(runs, store) == 0 and len(store) == 12
    store.close()


def test_workers_change_nothing(tmp_path):
    runs = expand(PLAN)
    for name, workers in (("one", 1), ("two", 2)):
        store = Store(tmp_path / name)
        sweep(runs, store, workers)
        store.close()
    one = contents(tmp_path / "one")
    assert one == contents(tmp_path / "two") and len(one) == 12


def test_a_run_is_a_pure_function():
    run = expand(PLAN)[0]
    assert make(run).losses == make(run).losses


def start(tmp_path, store, workers, **how):
    """A sweep of 100 short runs in a process of its own."""
    plan = tmp_path / "plan.toml"
    plan.write_text(TOML.format(steps=25, seeds=25))
    command = ["sweep", str(plan), "--store", str(store), "--workers", str(workers)]
    return subprocess.Popen(
        [sys.executable, "-m", "minigrad", *command],
        **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **how},
    )


def wait_for(store, count):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if store.exists() and len(contents(store)) >= count:
            return
        time.sleep(0.05)
    raise AssertionError(f"not {count} runs within 60 s")


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_sigkill_loses_only_what_was_under_way(tmp_path, workers):
    path = tmp_path / "s.sqlite"
    process = start(tmp_path, path, workers)
    wait_for(path, 10)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept = len(contents(path))
    assert 10 <= kept < 100
    process = start(tmp_path, path, workers)
    assert process.wait(timeout=120) == 0
    assert len(contents(path)) == 100


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")
def test_ctrl_c_ends_it_and_keeps_what_is_made(tmp_path, workers):
    """As a terminal sends it: to the whole group; twice, as the impatient press it."""
    path = tmp_path / "s.sqlite"
    how: dict[str, Any] = {"start_new_session": True, "stdout": subprocess.PIPE}
    # a test that runs in the background of a shell would be deaf to it
    how["preexec_fn"] = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    process = start(tmp_path, path, workers, **how)
    wait_for(path, 10)
    for _ in range(2):
        os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 130 and b"the same command goes on" in said
    assert 10 <= len(contents(path)) < 100


def test_two_sweeps_into_one_store(tmp_path):
    path = tmp_path / "s.sqlite"
    both = [start(tmp_path, path, 1) for _ in range(2)]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    assert len(contents(path)) == 100


def test_a_store_that_another_process_is_making_is_waited_for(tmp_path):
    path = tmp_path / "s.sqlite"
    with contextlib.closing(sqlite3.connect(path, check_same_thread=False)) as other:
        other.execute("CREATE TABLE of_another (x)")
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.3, other.rollback)
        release.start()
        Store(path).close()
        assert release.finished.is_set()
        release.join()


def test_a_store_becomes_a_csv_and_back(tmp_path):
    store = Store(tmp_path / "s.sqlite")
    runs = expand({**PLAN, "grid": {**PLAN["grid"], "lr": [0.01, 1e6], "init": "uniform"}})
    sweep(runs, store)
    store.close()
    found = rows(tmp_path / "s.sqlite")
    export(found, tmp_path / "s.csv")
    again = rows(tmp_path / "s.csv")
    assert [(r.config, r.seed, r.verdict) for r in found] == [
        (r.config, r.seed, r.verdict) for r in again
    ]
    assert "diverged" in {r.verdict for r in found}
    for one, other in zip(found, again, strict=True):
        assert len(one.windows) == len(WINDOWS)
        np.testing.assert_allclose(one.windows, other.windows, rtol=1e-4)
    without = [replace(row, between=()) for row in found]
    export(without, tmp_path / "short.csv")
    assert {r.between for r in rows(tmp_path / "short.csv")} == {()}


def test_transformers_become_a_csv_and_back(tmp_path):
    config = TransformerConfiguration(layers=3, lr=0.02, clip=1.0)
    runs = [Run(config, 7, 200, "wild-1"), Run(replace(config, clip=None, warmup=20), 8, 200)]
    store = Store(tmp_path / "s.sqlite")
    store.add(Result(runs[0], [4.2] * 199 + [None], 1.0))
    store.add(Result(runs[1], [4.2] * 100 + [2.9] * 100, 1.0))
    store.close()
    found = rows(tmp_path / "s.sqlite")
    export(found, tmp_path / "s.csv")
    by_seed = {row.seed: row for row in rows(tmp_path / "s.csv")}
    assert by_seed[7].config == config and by_seed[8].config == runs[1].config
    assert by_seed[7].verdict == "diverged" and by_seed[8].verdict == "trained"  # of 3.347 nats
    assert by_seed[8].windows == (4.2,) * 7 + (pytest.approx(3.6389, abs=0.01), 2.9, 2.9)


def test_workers_that_are_let_go_leave_the_callers_own_children_alone():
    child = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    child.start()
    try:
        results = local(iter(expand(PLAN)), 2)
        next(results)
        results.close()
        assert multiprocessing.active_children() == [child]
    finally:
        child.kill()
        child.join()


def test_files_that_are_no_store(tmp_path):
    with pytest.raises(ArgumentError, match="no sweep at"):
        rows(tmp_path / "none.sqlite")
    table = tmp_path / "other.csv"
    table.write_text("a,b\n1,2\n")
    with pytest.raises(ArgumentError, match="not a sweep's CSV"):
        rows(table)
    text = tmp_path / "text.sqlite"
    text.write_text("not a database, though long enough to be taken for one " * 20)
    with pytest.raises(ArgumentError, match="cannot use"):
        Store(text)


def test_a_store_that_is_damaged_or_deleted_is_one_line(tmp_path):
    runs = expand({"steps": 2, "seeds": 40, "grid": {"depth": [2], "lr": [0.01], "width": 8}})
    store = Store(tmp_path / "s.sqlite")
    sweep(runs, store)
    store.close()
    content = (tmp_path / "s.sqlite").read_bytes()
    for name, rest in (("cut", b""), ("zero", bytes(len(content) - 4096))):
        damaged = tmp_path / f"{name}.sqlite"
        damaged.write_bytes(content[:4096] + rest)
        with pytest.raises(ArgumentError, match="cannot use"):
            rows(damaged)
    store = Store(tmp_path / "s.sqlite")
    (tmp_path / "s.sqlite").unlink()
    with pytest.raises(ArgumentError, match="deleted"):
        sweep([Run(runs[0].config, 99, 2, "new")], store)
    store.close()
