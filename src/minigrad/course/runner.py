"""Checking exercises in a child process, which is stopped when it hangs."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from minigrad.course.result import Result
from minigrad.course.table import Exercise, Lab
from minigrad.course.workspace import Workspace

LIMIT = 10.0  # seconds without a word from the child
STARTUP = 60.0  # until its first word: importing NumPy on a cold disk is nobody's fault


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
    child = subprocess.Popen(
        command + [f"{e.name}={e.theory}" for e in exercises],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    lines: queue.Queue[str] = queue.Queue()
    errors: queue.Queue[str] = queue.Queue()
    readers = [
        threading.Thread(target=_read, args=pipe, daemon=True)
        for pipe in ((child.stdout, lines), (child.stderr, errors))
    ]
    for reader in readers:
        reader.start()
    under_way, answered, begun = "the file", 0, False
    try:
        while answered < len(exercises):
            try:
                line = lines.get(timeout=limit if begun else STARTUP)
            except queue.Empty:
                yield from _ended(under_way, exercises, "stopped", _too_long(under_way, limit))
                return
            if not line:
                sentence = f"the process ended while {under_way} ran. {_last(errors)}".strip()
                yield from _ended(under_way, exercises, "failed", sentence)
                return
            begun = True
            message = json.loads(line)
            under_way = message.get("begin", under_way)
            if "result" in message:
                answered += 1
                yield Result(**message["result"])
    finally:
        child.kill()
        child.wait()
        for reader in readers:
            reader.join(timeout=1)  # a process that the learner's code left behind may hold a pipe


def _read(stream: IO[str], into: queue.Queue[str]) -> None:
    with stream:
        for line in stream:
            into.put(line)
    into.put("")  # the end


def _too_long(under_way: str, limit: float) -> str:
    subject = "the file " if under_way == "the file" else ""
    return (
        f"{subject}ran for {limit:g} s without an end, and was stopped. "
        "Does a loop's condition ever become false?"
    )


def _ended(
    under_way: str, exercises: Sequence[Exercise], status: str, sentence: str
) -> Iterator[Result]:
    """The result of what was under way; of all of them, if that was the file's import."""
    for exercise in exercises:
        if under_way in ("the file", exercise.name):
            yield Result(exercise.name, status, sentence, see=exercise.theory)


def _last(errors: queue.Queue[str]) -> str:
    said = []
    while line := errors.get(timeout=1):
        said.append(line.strip())
    return said[-1] if said else ""
