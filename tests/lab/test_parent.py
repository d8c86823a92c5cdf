"""Nothing that a command has started outlives it, however it ended."""

import contextlib
import multiprocessing
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = """
import multiprocessing, os, sys, time
from concurrent.futures import ProcessPoolExecutor
from minigrad.lab.parent import follow_parent

def pid(_):
    time.sleep(0.2)  # so that both workers are asked
    return os.getpid()

if __name__ == "__main__":
    with ProcessPoolExecutor(
        2, mp_context=multiprocessing.get_context(sys.argv[1]), initializer=follow_parent
    ) as pool:
        print(*set(pool.map(pid, range(4))), flush=True)
        time.sleep(60)
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="Linux's list of processes")
def test_workers_end_with_the_process_that_asked_for_them(tmp_path, method):
    file = tmp_path / "pool.py"
    file.write_text(SCRIPT, encoding="utf-8")
    with subprocess.Popen([sys.executable, file, method], stdout=subprocess.PIPE, text=True) as it:
        workers = [int(pid) for pid in it.stdout.readline().split()]
        it.kill()
    begun = time.monotonic()
    while left := [pid for pid in workers if alive(pid)]:
        assert time.monotonic() - begun < 20, left
        time.sleep(0.1)


def alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] != "Z"
    return False
