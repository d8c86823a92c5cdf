"""What the import changes for the whole process, and that it can be told not to."""

import os
import platform
import subprocess
import sys

import pytest

from minigrad.core.memory import keep_freed_memory

CODE = """
import gc
{}
before = gc.get_threshold()[0]
import minigrad
print(before, gc.get_threshold()[0])
"""


def glibc() -> bool:
    return sys.platform == "linux" and platform.libc_ver()[0] == "glibc"


def thresholds(first="None", **environment):
    """The collector's first threshold before and after the import, in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-c", CODE.format(first)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
    )
    return tuple(map(int, run.stdout.split()))


def test_the_collector_waits_for_more_objects():
    assert thresholds()[1] >= 100_000


@pytest.mark.parametrize("own", [0, 500_000])
def test_a_collector_that_is_off_or_waits_longer_is_left_alone(own):
    assert thresholds(f"gc.set_threshold({own})") == (own, own)


def test_the_environment_says_no():
    before, after = thresholds(MINIGRAD_KEEP_MEMORY="0")
    assert before == after < 100_000


# -- freed memory ----------------------------------------------------------------------------------

REUSED = """
import resource
import numpy as np
import minigrad

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def touch():
    for _ in range(5):
        blocks = [np.ones(1 << 19) for _ in range(16)]  # 64 MB, 16,384 pages, given back at once

touch()
before = faults()
touch()
print(faults() - before)
"""


def faults_of(code: str, **environment: str) -> int:
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
    )
    return int(run.stdout)


@pytest.mark.skipif(not glibc(), reason="only glibc can be asked to keep freed memory")
def test_a_freed_block_is_used_again_without_a_page_fault():
    assert faults_of(REUSED) < 1_000
    assert faults_of(REUSED, MINIGRAD_KEEP_MEMORY="0") > 10_000


@pytest.mark.skipif(not glibc(), reason="only glibc can be asked to keep freed memory")
def test_it_says_whether_the_c_library_will_keep_memory():
    assert keep_freed_memory() is True
