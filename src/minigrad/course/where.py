"""`minigrad where NAME`: one name leads to its code, its gradient, its tests, theory and labs."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from minigrad.course.table import Course, CourseError
from minigrad.errors import meant


def find_code(name: str) -> Any:
    """The function or class of this name: an op, a layer, an init, an optimizer, a method.

    Raises:
        CourseError: minigrad has nothing of this name.
    """
    import minigrad
    import minigrad.nn.functional as F
    from minigrad import nn, optim
    from minigrad.nn import init

    places = (F, minigrad, nn, init, optim, minigrad.Tensor)  # view, backward: methods only
    for place in places:
        if _ours(found := getattr(place, name, None)):
            return found
    names = [n for place in places for n, _ in inspect.getmembers(place, _ours) if n[0] != "_"]
    raise CourseError(
        f"minigrad has no op, layer, init or optimizer called {name!r}.{meant(name, names, 3)} "
        "Names are PyTorch's: matmul, layer_norm, RMSNorm, kaiming_normal_, SGD."
    )


def _ours(found: Any) -> bool:
    """A function or class of minigrad's own."""
    code = inspect.isfunction(found) or inspect.isclass(found)
    return code and found.__module__.startswith("minigrad")


def show_where(name: str, course: Course | None, root: Path, console: Console) -> None:
    """Print the code with its gradient, and the places that speak of it."""
    found = inspect.unwrap(find_code(name))  # half_in_float32 wraps var
    file = Path(inspect.getsourcefile(found) or "")
    source, line = inspect.getsourcelines(found)
    console.print(Text(f"{_short(file, root)}:{line}", style="bold"))
    code = "".join(source).rstrip()
    console.print(Syntax(code, "python") if console.is_terminal else Text(code))
    for label, places in (
        ("tests", _mentions(root / "tests", name, root)),
        ("exercises", _exercises(course, name)),
        ("theory", _theory(course, name)),
        ("labs", _mentions(root / "labs", name, root, "run.py")),
    ):
        if places:
            console.print(Text(f"{label:10}" + ", ".join(places)))


def _short(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)


def _mentions(folder: Path, name: str, root: Path, pattern: str = "test_*.py") -> list[str]:
    """The files below a folder that name it, at most six."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    files = sorted(folder.rglob(pattern)) if folder.is_dir() else []
    found = [_short(f, root) for f in files if word.search(f.read_text(encoding="utf-8"))]
    return found[:6]


def _uses(course: Course | None, name: str) -> list[Any]:
    exercises = course.exercises if course else ()
    return [e for e in exercises if name in (*e.ops, *e.layers) or e.mine == name]


def _exercises(course: Course | None, name: str) -> list[str]:
    return [e.name for e in _uses(course, name)]


def _theory(course: Course | None, name: str) -> list[str]:
    return sorted({f"theory/{e.theory}" for e in _uses(course, name)})
