"""Checking exercises in a child process, which is stopped when it hangs."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import queue
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from minigrad.course.result import Result
from minigrad.course.table import Exercise, Lab

LIMIT = 10.0  # seconds for one exercise
KEPT = (  # of the environment: what Python and NumPy start with, and nothing that is a secret
    *("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR"),
    *("LANG", "LC_ALL", "PYTHONUTF8", "PYTHONIOENCODING"),
)
MOST_SAID = 1_000_000  # characters of one line
STARTUP = 60.0  # until the child's first word: importing NumPy on a cold disk is nobody's fault


def check(lab: Lab, exercises: Sequence[Exercise]) -> Iterator[Result]:
    """The results of some of a lab's exercises, each as soon as it is there."""
    return check_file(lab.file, lab.module, exercises)


def check_file(
    file: Path,
    checks: str,
    exercises: Sequence[Exercise],
    limit: float = LIMIT,
    alone: Path | None = None,
) -> Iterator[Result]:
    """Check the exercises written in ``file`` by a module of `minigrad.course.checks`; one that
    hangs is stopped, the rest still run.

    ``alone``: the one folder that the code may write to, with no way to other files, processes or
    the network; the code of others is checked so.
    """
    left = list(exercises)
    while left:
        open_ = {e.name: e for e in left}
        for result in _one_child(file, checks, left, limit, alone):
            if one := open_.pop(result.exercise, None):  # once each
                yield result.pointing_to(one.theory)
        if len(open_) == len(left):  # it said nothing that can be read
            sentence = "the process gave no answer that can be read."
            yield from (Result(e.name, "failed", sentence, see=e.theory) for e in left)
            return
        left = list(open_.values())


def _one_child(
    file: Path, checks: str, exercises: Sequence[Exercise], limit: float, alone: Path | None
) -> Iterator[Result]:
    """Results until the child is done, dead or stopped."""
    command = [sys.executable, "-P", "-m", "minigrad.course.child", str(file.resolve()), checks]
    given = {name: os.environ[name] for name in KEPT if name in os.environ}
    word = secrets.token_hex()  # begins what the child itself says, and is gone when others' runs
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        child = subprocess.Popen(
            command + [e.name for e in exercises],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,  # a file: a process that the learner's code leaves behind may hold it
            encoding="utf-8",
            errors="replace",
            env={**given, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            cwd=alone,
            start_new_session=True,  # so that what it starts can be ended with it
        )
        assert child.stdin and child.stdout
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_read, args=(child.stdout, word, lines), daemon=True).start()
        try:
            with contextlib.suppress(OSError), child.stdin:  # one that died says so on its own
                child.stdin.write(json.dumps([word, str(alone or "")]) + "\n")
            yield from _follow(lines, errors, exercises, limit)
        finally:
            _end(child)


def _end(child: subprocess.Popen[str]) -> None:
    """End the child and all that it started and that has not left its session."""
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    child.wait()


def _read(stream: IO[str], word: str, into: queue.Queue[str]) -> None:
    """The lines that the child itself wrote, each without the word it begins with."""
    with stream:
        while line := stream.readline(MOST_SAID):
            if line.startswith(word):
                into.put(line.removeprefix(word))
    into.put("")  # the end


def _follow(
    lines: queue.Queue[str], errors: IO[str], exercises: Sequence[Exercise], limit: float
) -> Iterator[Result]:
    """Results as the child tells them, and what is to be said when it says no more."""
    under_way, answered, deadline = "the file", 0, time.monotonic() + STARTUP
    at_most = deadline + limit * (len(exercises) + 1)
    probes: list[tuple[str, int, float]] = []  # what, size, and when it began
    so_far: dict[str, Any] | None = None
    while answered < len(exercises):
        try:
            line = lines.get(timeout=max(0.0, min(deadline, at_most) - time.monotonic()))
        except queue.Empty:
            if so_far:  # the mistake was still looked for
                yield Result(**so_far)
            else:
                yield from _ended(under_way, exercises, "stopped", *_too_long(probes, limit))
            return
        if not line:
            errors.seek(0)
            last = (errors.read().strip().splitlines() or [""])[-1].strip()
            sentence = f"the process ended while {under_way} ran. {last}".strip()
            yield from _ended(under_way, exercises, "failed", sentence)
            return
        try:
            message = json.loads(line)
        except ValueError:  # cut off
            continue
        if "begin" in message:
            under_way, probes, so_far = message["begin"], [], None
            deadline = time.monotonic() + limit
        elif "probe" in message:
            probes.append((message["probe"], message["size"], time.monotonic()))
        elif "so_far" in message:
            so_far = message["so_far"]
        else:
            answered += 1
            yield Result(**message["result"])


def _too_long(probes: Sequence[tuple[str, int, float]], limit: float) -> tuple[str, str]:
    """What is said of code that was stopped: (a sentence, the probe)."""
    if not probes:
        return f"the file ran for {limit:g} s without an end, and was stopped. {ENDLESS}", ""
    what, size, _ = probes[-1]
    ran = f"ran for {limit:g} s without an end, and was stopped."
    same = [(n, end - t) for (w, n, t), (_, _, end) in itertools.pairwise(probes) if w == what]
    if len(same) < 2:
        return f"{ran} {ENDLESS}", what
    (n, t), (m, s) = same[-2:]
    power = math.log(max(s, 1e-9) / max(t, 1e-9)) / math.log(m / n)
    times = ", ".join(f"{seconds:.2g} s for {n}" for n, seconds in same)
    if power > 4:
        grows = "twice as many take far more than a few times as long: does it grow exponentially? "
        grows += "Which work is done again for every path, and could be done once?"
    else:
        grows = f"the time grows like n to the power {power:.1f}: "
        grows += "Is a list searched, or copied, at every step?"
    return f"{ran} It took {times}, and did not finish {size}; {grows}", what


ENDLESS = "Does a loop's condition ever become false?"


def _ended(
    under_way: str, exercises: Sequence[Exercise], status: str, sentence: str, what: str = ""
) -> Iterator[Result]:
    """The result of what was under way; of all of them, if that was the file's import."""
    for exercise in exercises:
        if under_way in ("the file", exercise.name):
            yield Result(exercise.name, status, sentence, what=what)
