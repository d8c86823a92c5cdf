"""The threads that loops and products share, each test in a process that has two of them."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from minigrad.kernels import pool

TWO = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "2")
TRAIN = """
import multiprocessing, threading
import numpy as np
import minigrad as mg
from minigrad import kernels, nn, optim
from minigrad.nn import functional as F

def train(seed=0, steps=5):
    mg.manual_seed(seed)
    model = nn.Sequential(nn.Linear(128, 256), nn.LayerNorm(256), nn.GELU(), nn.Linear(256, 128))
    x, optimizer = mg.randn(128, 128), optim.AdamW(model.parameters())
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), x)
        loss.backward()
        optimizer.step()
    return loss.item()
"""


def run(program, **env):
    """What the program prints, as Python values, in a process with two threads."""
    done = subprocess.run(
        [sys.executable, "-c", TRAIN + program],
        env={**os.environ, **TWO, "MINIGRAD_KERNELS": "", **env},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return [float(word) for word in done.stdout.split()]


pytest.importorskip("numba")
pytestmark = pytest.mark.skipif(pool.BLAS is None, reason="NumPy has no OpenBLAS of its own here")


def test_the_twins_agree_on_the_pool():
    twins = Path(__file__).with_name("test_twins.py")
    which = "not numba_is_imported"  # it starts processes of its own, without the two threads
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(twins), "-k", which],
        env={**os.environ, **TWO},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_a_pool_has_blass_threads_and_leaves_blas_one_each():
    program = """
from minigrad.kernels import pool
print(pool.THREADS, pool.BLAS.scipy_openblas_get_num_threads64_())
pool.BLAS.scipy_openblas_set_num_threads64_(2)
train()
print(pool.BLAS.scipy_openblas_get_num_threads64_())
"""
    assert run(program) == [2, 1, 1]
    assert run(program.replace("train()", ""), OPENBLAS_NUM_THREADS="1")[:2] == [1, 1]
    assert run(program.replace("train()", ""), NUMBA_NUM_THREADS="1")[:2] == [1, 2]


def test_training_is_the_same_on_the_pool_and_on_numpy_alone():
    assert run("print(train())") == pytest.approx(run("print(train())", MINIGRAD_KERNELS="numpy"))


def test_a_fork_of_a_process_with_a_pool_trains_without_it():
    program = """
here = train()
with multiprocessing.get_context("fork").Pool(2) as workers:
    print(here, *workers.map(train, [0, 0]))
    print(*workers.map(left, [0]))
"""
    program = "def left(_): return float(kernels.running() == 'numpy')\n" + program
    here, *children, without = run(program)
    assert children == pytest.approx([here, here]) and without


def test_threads_of_python_train_side_by_side():
    program = """
def note(seed):
    generator = np.random.default_rng(seed)
    a, b = (generator.standard_normal((300, 300), dtype=np.float32) for _ in "ab")
    expected = a.astype(np.float64) @ b
    for _ in range(30):
        found = (mg.tensor(a) @ mg.tensor(b)).numpy()
        worst[seed] = max(worst[seed], np.abs(found - expected).max())
        np.linalg.solve(a + 300 * np.eye(300, dtype=np.float32), b)

worst = [0.0] * 4
threads = [threading.Thread(target=note, args=(seed,)) for seed in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
print(*worst)
"""
    assert np.max(run(program)) < 1e-3
