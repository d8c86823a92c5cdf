"""A sweep on a real Dask scheduler with two workers, one of which is killed in the middle."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from minigrad.sweep.store import Store

PLAN = "steps = 30\nseeds = 40\n[grid]\ndepth = [2, 3]\nlr = [0.01, 0.1]\nwidth = 8\n"


def dask(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture
def scheduler():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    options = ["--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    started = [dask("dask_scheduler", *options)]
    for _ in range(2):
        options = [address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        started.append(dask("dask_worker", *options, "--host", "127.0.0.1"))
    yield address, started
    for process in started:
        process.kill()
        process.wait()


def test_a_worker_may_die(scheduler, tmp_path):
    address, (_, worker, _) = scheduler
    plan, path = tmp_path / "plan.toml", tmp_path / "s.sqlite"
    plan.write_text(PLAN)
    command = [sys.executable, "-m", "minigrad", "sweep", str(plan), "--dask", address]
    process = subprocess.Popen([*command, "--store", str(path)], stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while True:
        assert time.monotonic() < until and process.poll() is None
        if path.exists():
            store = Store(path)
            made = len(store)
            store.close()
            if made >= 5:
                break
        time.sleep(0.05)
    os.kill(worker.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    assert made < 160
    assert process.wait(timeout=120) == 0
    store = Store(path)
    assert len(store) == 160
    store.close()


def test_nobody_answers(tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN)
    command = [sys.executable, "-m", "minigrad", "sweep", str(plan), "--dask", "tcp://127.0.0.1:9"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1].startswith("error: no Dask scheduler answers")
