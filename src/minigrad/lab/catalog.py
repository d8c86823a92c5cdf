"""Where the labs are, and their run.py as a module. minigrad knows no lab by name."""

import re
from pathlib import Path
from types import ModuleType

from minigrad.errors import ArgumentError
from minigrad.files import load_module

PACKAGED = Path(__file__).parents[1] / "_course" / "labs"
CHECKOUT = Path(__file__).parents[3] / "labs"


def workspace(start: Path | None = None) -> Path | None:
    """The nearest folder, from `start` (here) upward, that holds labs; None where there is none."""
    here = (start or Path.cwd()).resolve()
    return next((p for p in (here, *here.parents) if _folders(p / "labs")), None)


def labs_folder(start: Path | None = None) -> Path:
    """The workspace's labs, or else those that came with minigrad."""
    root = workspace(start)
    found = [root / "labs"] if root else [p for p in (PACKAGED, CHECKOUT) if _folders(p)]
    if not found:
        raise ArgumentError("no labs found: go to a folder that holds labs/")
    return found[0]


def _folders(labs: Path) -> dict[str, Path]:
    if not labs.is_dir():
        return {}
    named = (p for p in labs.iterdir() if re.match(r"\d\d_", p.name) and (p / "run.py").is_file())
    return {p.name[:2]: p for p in sorted(named)}


def labs(start: Path | None = None) -> dict[str, Path]:
    """Every lab's number and folder, in order."""
    return _folders(labs_folder(start))


def find(name: str, start: Path | None = None) -> Path:
    """A lab's folder by number ("01", "1") or name ("01_init_ablation", "init_ablation")."""
    known = labs(start)
    for number, folder in known.items():
        if name in (number, folder.name, folder.name[3:]) or name.zfill(2) == number:
            return folder
    raise ArgumentError(f"unknown lab {name!r}: the labs are {', '.join(known)}")


def load(folder: Path) -> ModuleType:
    """The lab's run.py, under a module name of its own."""
    return load_module(folder / "run.py", f"minigrad_lab_{folder.name}")


def title(folder: Path) -> str:
    """The first line of the lab's README, without its mark: "Lab 01 · init ablation"."""
    readme = folder / "README.md"
    if not readme.is_file():
        return folder.name
    return readme.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
