"""A run's folder: created once, never overwritten, and whole at any moment."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minigrad.errors import ArgumentError
from minigrad.files import now, write_text
from minigrad.lab.manifest import environment
from minigrad.lab.progress import progress
from minigrad.lab.records import write_json
from minigrad.lab.report import own_code

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Run:
    """The folder, the manifest and the records of one experiment under way."""

    def __init__(self, path: Path, title: str, manifest: dict[str, Any]) -> None:
        self.path, self.title = path, title
        self.records: dict[str, Any] = {}
        self.figures: list[Path] = []
        self.manifest = {**manifest, **environment(), "started": now(), "ended": None}
        self.end("running")

    def record(self, name: str, content: Any) -> Any:
        """Keep `content` under a file name; it may grow, and save() writes what it holds then."""
        self.records[name] = content
        return content

    def save(self) -> None:
        """Write every record, each whole."""
        for name, content in self.records.items():
            write_json(self.path / name, content)

    def progress(self, total: int) -> AbstractContextManager[Callable[..., None]]:
        """A bar of `total` steps; yields advance(steps=1, what="")."""
        return progress(total, self.title)

    def draw(self, name: str, figure: "Figure", svg: bool = False) -> None:
        """Save a figure as PNG under its name (and as SVG beside it)."""
        from minigrad.lab.plot import save_figure

        if own := own_code(self.manifest.get("implementation", {})):
            figure.text(0.01, 0.005, "with code of your own: " + "; ".join(own), fontsize=7)
        self.figures.append(self.path / name)
        save_figure(figure, self.path / name, svg)

    def write(self, name: str, text: str) -> None:
        """Save a text file, whole."""
        write_text(self.path / name, text)

    def end(self, status: str) -> None:
        """Write the manifest: "running", "complete", "interrupted" or "failed"."""
        if status != "running":
            self.manifest["ended"] = now()
        write_json(self.path / "manifest.json", {**self.manifest, "status": status})


def create_folder(out: Path | None, runs: Path) -> Path:
    """`out`, which must not exist yet, or else a new folder runs/<UTC time>."""
    if out is not None:
        return _make(out)
    time = now()
    for name in (time, *(f"{time}-{n}" for n in range(2, 100))):
        if not (runs / name).exists():
            return _make(runs / name)
    raise ArgumentError(f"{runs / time} and 98 more of that second exist: wait, or pass --out")


def _make(path: Path) -> Path:
    try:
        path.mkdir(parents=True)
    except FileExistsError:
        raise ArgumentError(
            f"{path} exists already, and nothing is overwritten: choose another --out"
        ) from None
    except OSError as error:
        reason = error.strerror or error
        raise ArgumentError(f"cannot create {path}: {reason}; choose another --out") from None
    return path
