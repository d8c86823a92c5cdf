"""Checking exercises in a child process, which is stopped when it hangs."""

from __future__ import annotations

import itertools
import json
import math
import os
import queue
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
from minigrad.course.workspace import Workspace

LIMIT = 10.0  # seconds for one exercise
STARTUP = 60.0  # until the child's first word: importing NumPy on a cold disk is nobody's fault


def check(workspace: Workspace, lab: Lab, exercises: Sequence[Exercise]) -> Iterator[Result]:
    """The results of some of a lab's exercises, each as soon as it is there."""
    yield from check_file(
        workspace.exercise_file(lab), f"minigrad.course.checks.{lab.module}", exercises
    )


def check_file(
    file: Path, checks: str, exercises: Sequence[Exercise], limit: float = LIMIT
) -> Iterator[Result]:
    """Check the exercises written in ``file``; one that hangs is stopped, the rest still run."""
    left = list(exercises)
    while left:
        for result in _one_child(file, checks, left, limit):
            left = [e for e in left if e.name != result.exercise]
            yield result


def _one_child(
    file: Path, checks: str, exercises: Sequence[Exercise], limit: float
) -> Iterator[Result]:
    """Results until the child is done, dead or stopped; at least one."""
    command = [sys.executable, "-P", "-m", "minigrad.course.child", str(file), checks]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        child = subprocess.Popen(
            command + [f"{e.name}={e.theory}" for e in exercises],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,  # a file: a process that the learner's code leaves behind may hold it
            encoding="utf-8",
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        assert child.stdout
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_read, args=(child.stdout, lines), daemon=True).start()
        try:
            yield from _follow(lines, errors, exercises, limit)
        finally:
            child.kill()
            child.wait()


def _read(stream: IO[str], into: queue.Queue[str]) -> None:
    with stream:
        for line in stream:
            into.put(line)
    into.put("")  # the end


def _follow(
    lines: queue.Queue[str], errors: IO[str], exercises: Sequence[Exercise], limit: float
) -> Iterator[Result]:
    """Results as the child tells them, and what is to be said when it says no more."""
    under_way, answered, deadline = "the file", 0, time.monotonic() + STARTUP
    probes: list[tuple[str, int, float]] = []  # what, size, and when it began
    so_far: dict[str, Any] | None = None
    while answered < len(exercises):
        try:
            line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
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
        message = json.loads(line)
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
            yield Result(exercise.name, status, sentence, what=what, see=exercise.theory)
