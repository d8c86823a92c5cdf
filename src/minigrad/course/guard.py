"""What holds a learner's code in its child process: limits, and for the code of others a wall. It
stops accidents and plain tricks and is no sandbox: Python can always be
talked into more (https://docs.python.org/3/library/sys.html#sys.addaudithook)."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

MEMORY = 8 << 30  # bytes of address space: NumPy's own libraries reserve some of it
SECONDS = 900  # of computing: a loop in C that lets no thread run ends here
WRITTEN = 64 << 20  # bytes of one file

CHANGES = {  # audit events whose first argument, or two, name what is changed
    *("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.chmod", "os.chown", "os.link"),
    *("os.symlink", "os.truncate", "os.utime", "shutil.rmtree", "shutil.move"),
}
NEVER = (
    *("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.kill"),
    *("os.killpg", "os.chdir", "subprocess.", "socket.", "ctypes.", "signal.pthread_kill", "gc."),
)


class NotAllowed(PermissionError):
    """Something that an exercise has no use for."""


def limits() -> None:
    """A bound on this process's memory, computing time and files, where the system has one."""
    if sys.platform in ("win32", "emscripten"):
        return
    import resource

    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, WRITTEN),
    ):
        with contextlib.suppress(ValueError, OSError):  # a lower one is there already
            resource.setrlimit(what, (most, most))


def wall(folder: Path) -> None:
    """From here on, no process, no network, no writing outside ``folder``, and no reading but of
    it and of what Python itself is made of. It cannot be taken down again."""
    import minigrad

    package = Path(minigrad.__file__).parent
    own = _below([folder])
    read = _below([sys.prefix, sys.base_prefix, package, *filter(None, sys.path), folder])
    closed = _below([package / "_course" / "solutions", package.parents[1] / "solutions"])
    null = os.path.realpath(os.devnull)

    def look(event: str, args: tuple[Any, ...]) -> None:
        if event.startswith(NEVER):
            raise NotAllowed(f"{event} is not allowed in an exercise")
        if event == "open":
            path, mode, flags = args
            if isinstance(path, int):
                return  # a descriptor that it has already
            where = os.path.realpath(os.fsdecode(path))
            writes = bool(mode and set(mode) & set("wax+")) or bool(
                (flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            )
            may = own(where) if writes else read(where) and not closed(where)
            if not may and where != null:
                raise NotAllowed(f"an exercise may not open {where}")
        elif event in CHANGES:
            for path in args[:2]:
                if isinstance(path, str | bytes) and not own(os.path.realpath(os.fsdecode(path))):
                    raise NotAllowed(f"an exercise may not change {os.fsdecode(path)}")

    sys.addaudithook(look)


def _below(folders: Any) -> Any:
    real = tuple(os.path.join(os.path.realpath(f), "") for f in folders)
    return lambda path: os.path.join(path, "").startswith(real)


def fingerprint() -> dict[tuple[str, str], int]:
    """What minigrad's own modules, the process's own and the course's classes and tables hold:
    (where, name) to id."""
    found: dict[tuple[str, str], int] = {}
    for name, module in list(sys.modules.items()):
        own = name in ("minigrad", "__main__")  # `child` runs as __main__
        if not own and not name.startswith(("minigrad.", "solutions_")):
            continue
        for key, value in list(vars(module).items()):
            if key.startswith("__"):
                continue
            if callable(value) or isinstance(value, dict):
                found[name, key] = id(value)
            if isinstance(value, dict) and key == "CHECKS":
                found |= {(f"{name}.CHECKS", k): id(v) for k, v in value.items()}
            if isinstance(value, type) and value.__module__ == name:
                found |= {(f"{name}.{key}", k): id(v) for k, v in vars(value).items()}
    return found


def changed(before: dict[tuple[str, str], int]) -> str:
    """The first name of ``fingerprint`` that is another now, "" without one."""
    after = fingerprint()
    for key, value in before.items():
        if after.get(key) != value:
            return ".".join(key)
    return ""
