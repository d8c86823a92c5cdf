"""Static pages for any host: the same pages, with Python in a worker."""

from __future__ import annotations

import hashlib
import io
import shutil
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import minigrad
from minigrad.course.workspace import resources
from minigrad.errors import ArgumentError
from minigrad.site.pages import Site
from minigrad.site.words import languages

PACKAGE = Path(minigrad.__file__).parent
# what a page's worker has no use for: the terminal, the site itself but its face, compiled twins
LEFT_OUT = ("torch/", "site/static/", "site/server.py", "site/local.py", "_course/", "cli.py")
COURSE = (".md", ".py", ".toml")  # of the course's files; not figures, nor records


def build(folder: Path, pyodide: Path | None, say: Callable[[str], None]) -> None:
    """Write the site into ``folder``; with ``pyodide``, a folder that holds it, Python too.

    Raises ArgumentError for a folder that holds other things, or a Pyodide that is not the one
    that pyodide.toml names.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / "minigrad.zip").is_file():
        raise ArgumentError(f"{folder} holds other things: give the name of a new folder")
    from threadpoolctl import threadpool_limits

    site = Site("worker")
    with threadpool_limits(1, user_api="blas"):  # of the one run that is recorded
        for path, make in site.files.items():
            content = make()
            _write(folder / path, _smaller(content) if path.endswith(".png") else content)
    _write(folder / "minigrad.zip", package())
    if pyodide is not None:
        for name in checked(pyodide):
            target = folder / "pyodide" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(pyodide / name, target)
    size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    say(f"{len(site.files)} files, {size / 1e6:.1f} MB, in {folder}")
    if pyodide is None:
        say("Without --pyodide nothing is computed in the pages unless pyodide/ is put there.")


def _smaller(png: bytes) -> bytes:
    """The figure in at most 128 colours, which is more than one has: a third of its bytes."""
    from PIL import Image

    out = io.BytesIO()
    figure = Image.open(io.BytesIO(png)).convert("RGB")
    figure.quantize(128, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return min(png, out.getvalue(), key=len)


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def package() -> bytes:
    """minigrad and its course as a zip that a worker unpacks; the same bytes each time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, file in sorted(_parts()):
            archive.writestr(zipfile.ZipInfo(name), file.read_bytes(), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _parts() -> Iterator[tuple[str, Path]]:
    for file in PACKAGE.rglob("*"):
        name = file.relative_to(PACKAGE).as_posix()
        if file.is_file() and "__pycache__" not in name and not name.startswith(LEFT_OUT):
            yield f"minigrad/{name}", file
    root = resources()
    for part in ("labs", "theory", "solutions"):
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
