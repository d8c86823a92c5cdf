"""What is done with files everywhere: loaded as code, written whole, locked, stamped with time."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from minigrad.errors import ArgumentError


def load_module(file: Path, name: str) -> ModuleType:
    """A Python file as the module ``name``; ImportError for a file that is not there."""
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None or not file.is_file():
        raise ImportError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses and pickle look their module up
    spec.loader.exec_module(module)
    return module


def read_utf8(file: Path) -> str:
    """The text of a file; ArgumentError, naming it, for one saved in another encoding."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ArgumentError(
            f"{file} is not UTF-8 text ({error.reason} at byte {error.start}): save it as UTF-8"
        ) from None


@contextlib.contextmanager
def whole(file: Path) -> Iterator[Path]:
    """A path beside ``file`` to write to, renamed to it at the end: a reader sees the old file or
    the new one, never half of it. A link stays one: the file it leads to is written."""
    file = file.resolve()
    beside = file.with_name(f".{os.getpid()}.{file.name}")  # with its suffix, which names a format
    try:
        yield beside
        os.replace(beside, file)
    finally:
        with contextlib.suppress(OSError):  # what was wrong has been raised already
            beside.unlink(missing_ok=True)


def write_text(file: Path, text: str) -> None:
    """Write a file whole; bytes that were read with surrogateescape are put back as they were."""
    with whole(file) as beside:
        beside.write_text(text, encoding="utf-8", errors="surrogateescape", newline="\n")


def locked(file: Path) -> contextlib.AbstractContextManager[object]:
    """Only one process at a time holds this for ``file``; others wait."""
    if sys.platform == "emscripten":  # one process, in a web page
        return contextlib.nullcontext()
    from filelock import FileLock  # here: what learners never write needs no lock

    return FileLock(file.with_name(f".{file.name}.lock"))


def now() -> str:
    """UTC, to the second, without colons: also a folder's name on every system."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
