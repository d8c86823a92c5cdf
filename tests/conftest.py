"""One thread for matrix products, before NumPy or PyTorch is loaded, here and in child processes.

On products as small as the tests' a second thread gains nothing, and on a busy machine each of
them waits for it: a test of 2 s took 47.
"""

import os

os.environ.setdefault("MINIGRAD_KERNELS", "numpy")  # tests/kernels runs the compiled twins
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import pytest  # noqa: E402 - after the threads are said

import minigrad  # noqa: E402


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Every test draws the same numbers, whichever tests ran before it in its process."""
    minigrad.manual_seed(0)
