"""One thread for matrix products, before NumPy or PyTorch is loaded, here and in child processes.

On products as small as the tests' a second thread gains nothing, and on a busy machine each of
them waits for it: a test of 2 s took 47.
"""

# ruff: noqa: E402 - the threads are said before anything else is imported
import os

os.environ.setdefault("MINIGRAD_KERNELS", "numpy")  # tests/kernels runs the compiled twins
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import minigrad


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Every test draws the same numbers, whichever tests ran before it in its process."""
    minigrad.manual_seed(0)


def _times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="session")
def fresh_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace as `minigrad start` makes it, which no test changes."""
    from minigrad.course.workspace import start

    root = start(tmp_path_factory.mktemp("fresh") / "course")[0].root
    before = _times(root)
    yield root
    assert _times(root) == before, "a test has written into a file that all workspaces share"


@pytest.fixture(scope="session")
def share(fresh_workspace: Path) -> Callable[[str, str], None]:
    """Copies a file of the fresh workspace for a test of its own; the labs' texts, records and
    figures, most of it, are one file for all: copies would take each of a hundred tests 20 ms."""

    def share(source: str, target: str) -> None:
        in_lab = Path(source).is_relative_to(fresh_workspace / "labs")
        shared = in_lab and not source.endswith((".py", ".toml"))
        (os.link if shared else shutil.copyfile)(source, target)

    return share


@dataclass
class Outcome:
    """What a command gave back."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


@pytest.fixture(name="minigrad")
def run_minigrad(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run a command as a learner does: `minigrad("check", "01")` gives its outcome."""
    from minigrad.cli import main

    def run(*arguments: str, input: str = "") -> Outcome:
        monkeypatch.setattr("sys.argv", ["minigrad", *arguments])
        monkeypatch.setattr("sys.stdin", io.StringIO(input))
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return Outcome(end.value.code, out, err)

    return run
