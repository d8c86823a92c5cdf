"""Static pages for any host: the same pages, with Python in a worker."""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import minigrad
from minigrad.course.workspace import resources
from minigrad.errors import ArgumentError
from minigrad.site.pages import Site
from minigrad.site.words import languages

PACKED = "minigrad.tar.bz2"  # half the size of a zip: many small files, and tables of numbers
PACKAGE = Path(minigrad.__file__).parent
# what a page's worker has no use for: the terminal, the site but its face, the course but what runs
LEFT_OUT = ("torch/", "site/", "_course/", "cli.py")
OF_SITE = tuple(f"site/{part}" for part in ("__init__.py", "absent.py", "charts.py", "face/"))
COURSE = (".md", ".py", ".toml")  # of labs and solutions; not figures, nor records


def build(folder: Path, pyodide: Path | None, say: Callable[[str], None]) -> None:
    """Write the site into ``folder``; with ``pyodide``, a folder that holds it, Python too.

    Raises ArgumentError for a folder that holds other things, or a Pyodide that is not the one
    that pyodide.toml names.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / PACKED).is_file():
        raise ArgumentError(f"{folder} holds other things: give the name of a new folder")
    from threadpoolctl import threadpool_limits

    site = Site("worker")
    with threadpool_limits(1, user_api="blas"):  # of the one run that is recorded
        for path, make in site.files.items():
            _write(folder / path, make())
    _write(folder / PACKED, package())
    if pyodide is not None:
        for name in checked(pyodide):
            target = folder / "pyodide" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(pyodide / name, target)
    size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    say(f"{len(site.files)} files, {size / 1e6:.1f} MB, in {folder}")
    if pyodide is None:
        say("Without --pyodide nothing is computed in the pages unless pyodide/ is put there.")


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def package() -> bytes:
    """minigrad and its course as an archive that a worker unpacks; the same bytes each time."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:bz2") as archive:
        for name, file in sorted(_parts(), key=lambda part: (part[1].suffix, part[0])):
            content = file.read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def _parts() -> Iterator[tuple[str, Path]]:
    for file in PACKAGE.rglob("*"):
        name = file.relative_to(PACKAGE).as_posix()
        left_out = name.startswith(LEFT_OUT) and not name.startswith(OF_SITE)
        if file.is_file() and "__pycache__" not in name and not left_out:
            yield f"minigrad/{name}", file
    root = resources()
    for part in ("labs", "solutions"):
        for file in (root / part).rglob("*"):
            inside = file.relative_to(root)
            skipped = {"reference", "__pycache__", *languages()} & set(inside.parts)
            if file.suffix in COURSE and not skipped and file.is_file():
                yield f"minigrad/_course/{inside.as_posix()}", file


def checked(folder: Path) -> list[str]:
    """The files that the worker needs of a Pyodide, each the one that pyodide.toml names.

    Raises ArgumentError for one that is missing or another.
    """
    wanted = tomllib.loads(Path(__file__).with_name("pyodide.toml").read_text(encoding="utf-8"))
    for name, sha256 in wanted["files"].items():
        file = folder / name
        if not file.is_file():
            raise ArgumentError(
                f"{folder} has no {name}; Pyodide {wanted['version']} with NumPy is needed"
            )
        if sha256 and hashlib.sha256(file.read_bytes()).hexdigest() != sha256:
            raise ArgumentError(f"{file} is not the one of Pyodide {wanted['version']}")
    return list(wanted["files"])
