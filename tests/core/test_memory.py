"""What the import changes for the whole process, and that it can be told not to."""

import os
import subprocess
import sys

import pytest

CODE = """
import gc
{}
before = gc.get_threshold()[0]
import minigrad
print(before, gc.get_threshold()[0])
"""


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
    assert thresholds()[1] >= 10_000


@pytest.mark.parametrize("own", [0, 50_000])
def test_a_collector_that_is_off_or_waits_longer_is_left_alone(own):
    assert thresholds(f"gc.set_threshold({own})") == (own, own)


def test_the_environment_says_no():
    before, after = thresholds(MINIGRAD_KEEP_MEMORY="0")
    assert before == after < 10_000
