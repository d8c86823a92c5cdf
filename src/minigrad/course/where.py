"""`minigrad where NAME`: one name leads to its code, its gradient, its tests, theory and labs."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.syntax import Syntax
from rich.text import Text

from minigrad.course.console import make_console
from minigrad.course.table import CourseError, load
from minigrad.course.workspace import resources
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


def where(
    name: Annotated[str, typer.Argument(help="An op, a layer, an init or an optimizer.")],
) -> None:
    """Show the code behind a name.

    An op's gradient stands below its value; tests, theory and exercises are listed.
    """
    console = make_console()
    found = inspect.unwrap(find_code(name))  # half_in_float32 wraps var
    file = Path(inspect.getsourcefile(found) or "")
    source, line = inspect.getsourcelines(found)
    console.print(Text(f"{_short(file)}:{line}", style="bold"))
    code = "".join(source).rstrip()
    console.print(Syntax(code, "python") if console.is_terminal else Text(code))
    uses = [e for e in load().exercises if name in (*e.ops, *e.layers) or e.mine == name]
    for label, places in (
        ("tests", _mentions("tests", "test_*.py", name)),
        ("exercises", [e.name for e in uses]),
        ("theory", sorted({f"theory/{e.theory}" for e in uses})),
        ("labs", _mentions("labs", "run.py", name)),
    ):
        if places:
            console.print(Text(f"{label:10}" + ", ".join(places)))


def _short(file: Path) -> str:
    root = resources()
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)


def _mentions(folder: str, pattern: str, name: str) -> list[str]:
    """The files below a folder that name it, at most six."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    files = sorted((resources() / folder).rglob(pattern))
    return [_short(f) for f in files if word.search(f.read_text(encoding="utf-8"))][:6]
