"""The process in which a learner's code runs: `python -m minigrad.course.child FILE CHECKS NAMES`.

It writes one JSON line when an exercise or a probe begins and one with each result, so that the
parent knows what was under way when nothing more comes.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import json
import os
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from minigrad.course import guard
from minigrad.course.result import Result
from minigrad.course.verdict import place, run_check, shown
from minigrad.files import load_module
from minigrad.lab.parent import follow_parent

PRINTED = 1_000  # characters of a learner's output that are kept and shown


class Capped(io.StringIO):
    """Keeps the beginning of what is printed, so that a loop that prints fills no memory."""

    def write(self, text: str) -> int:
        room = PRINTED - self.tell()
        if room > 0:
            super().write(text[:room])
        return len(text)


def main(arguments: Sequence[str]) -> None:
    """The process: `check` with what it says on the standard output."""
    sys.dont_write_bytecode = True
    follow_parent()
    guard.limits()
    word, alone = json.loads(sys.stdin.readline())
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")  # ours; the learner's goes to the capture
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)

    write, flush, dumps = out.write, out.flush, json.dumps  # whatever becomes of the names

    def tell(**message: Any) -> None:  # after a word that only this process and its parent know
        write(f"{word}{dumps(message)}\n")
        flush()

    check(arguments, tell, Path(alone) if alone else None)


def check(arguments: Sequence[str], tell: Callable[..., None], alone: Path | None = None) -> None:
    """Check the named exercises of one file against one module of minigrad.course.checks; ``tell``
    is given what begins, and each result."""
    file, names = Path(arguments[0]), arguments[2:]
    module = importlib.import_module(f"minigrad.course.checks.{arguments[1]}")
    checks: dict[str, Any] = module.CHECKS
    before, changed = guard.fingerprint(), guard.changed  # whatever becomes of the name
    if alone:
        for right in {c.right for c in checks.values()}:  # what a mistake is made of is read now
            inspect.getsource(right)
        guard.wall(alone)
    tell(begin="the file")
    printed = Capped()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            seed = zlib.crc32(file.read_bytes())  # the same code is asked the same, another is not
            module = load_module(file, f"exercise_{file.parent.name}")
    except BaseException as error:
        for name in names:
            tell(result=_import_failed(name, error, file, printed.getvalue()).to_dict())
        return
    for name in names:
        tell(begin=name)
        printed = Capped()
        if name not in checks:
            sentence = "this version of minigrad has no check for it; run `minigrad start .`"
            tell(result=Result(name, "failed", sentence).to_dict())
            continue
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            result = run_check(
                name,
                checks,
                module,
                seed,
                begin=lambda what, size: tell(probe=what, size=size),
                so_far=lambda result: tell(so_far=result.to_dict()),
            )
        if touched := changed(before):
            sentence = f"changes {touched}, by which it is checked: leave minigrad as it is."
            result = Result(name, "failed", sentence)
        result.printed = printed.getvalue()
        tell(result=result.to_dict())


def _import_failed(name: str, error: BaseException, file: Path, printed: str) -> Result:
    what = shown(file)
    if isinstance(error, FileNotFoundError) and not file.exists():
        sentence = f"{what} is missing; `minigrad reset {name}` brings it back."
        return Result(name, "failed", sentence, printed=printed)
    reason = error.msg if isinstance(error, SyntaxError) else str(error)
    sentence = f"{what} cannot be imported: {type(error).__name__}: {reason}"
    return Result(name, "failed", sentence, where=place(error, str(file)), printed=printed)


if __name__ == "__main__":
    main(sys.argv[1:])
