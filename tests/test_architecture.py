"""The house rules that a machine can hold: imports point downward, NumPy alone at import, small
files."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import minigrad
from tests.each import each

SRC = Path(minigrad.__file__).parent
FILES = sorted(SRC.rglob("*.py"))

# from the top down; a layer imports itself and those below it
LAYERS = [
    {"cli", "__main__", "torch"},  # torch is for scripts: nothing here imports it
    {"site"},
    {"course", "sweep"},
    {"lab"},
    {"diagnose"},
    {"signal", "probe", "training"},
    {"data", "optim"},
    {"models"},
    {"nn"},
    {"functional"},
    {"autograd"},
    {"core"},
    {"kernels"},
    {"errors", "files"},
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
ALONE = {"scalar"}  # imports nothing of minigrad, and only the CLI's layers may import it


def part_of(path):
    """The layer name of a file: its folder in the package, or its own name."""
    return path.relative_to(SRC).with_suffix("").parts[0]


def named(paths):
    return {path.relative_to(SRC).as_posix(): path for path in paths}


def folder(name):
    return name.rpartition("/")[0] or "."


def imported(path):
    """(line, dotted name) of every import in a file, those inside functions included; but not those
    for type checkers alone, which no run makes."""
    package = ["minigrad", *path.relative_to(SRC).parent.parts]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    checked = [
        n for n in ast.walk(tree) if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.dump(n)
    ]
    skipped = {inner for node in checked for inner in ast.walk(node)}
    for node in set(ast.walk(tree)) - skipped:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [base])])
            if base == "minigrad":
                yield from ((node.lineno, f"minigrad.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, base


def target(name):
    """The layer an import of `name` reaches, or None for another package's."""
    parts = name.split(".")
    if parts[0] != "minigrad":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in {*RANK, *ALONE} else "face"


# all but the face of the package, which names what lies below
INSIDE = [path for path in FILES if part_of(path) != "__init__"]


@each(folder, path=named(INSIDE))
def test_imports_point_downward(path):
    here = part_of(path)
    assert here in {*RANK, *ALONE}, f"give {here} a place in LAYERS"
    rank = RANK.get(here)
    for line, name in imported(path):
        reached = target(name)
        where = f"{path.relative_to(SRC)}:{line} imports {name}"
        if reached is None or reached == here:
            continue
        assert here not in ALONE, where
        if reached in ALONE:
            assert rank <= RANK["lab"], where
        elif reached == "face":  # `import minigrad as mg` brings functional and what lies below
            assert rank < RANK["functional"], where
        else:
            assert rank <= RANK[reached], where


def test_the_layers_name_what_exists():
    there = {part_of(path) for path in FILES} - {"__init__"}
    assert there <= {*RANK, *ALONE}
    assert {"nn", "functional", "core", "errors"} <= there


@pytest.mark.parametrize("module", ["minigrad", "minigrad.nn", "minigrad.optim", "minigrad.scalar"])
def test_importing_loads_numpy_and_nothing_else_from_outside(module):
    code = (
        "import sys, numpy; before = set(sys.modules)\n"
        f"import {module}\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(new - set(sys.stdlib_module_names) - {'minigrad', 'numpy'}))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


def test_the_scalar_engine_needs_not_even_numpy():
    names = {name.partition(".")[0] for _, name in imported(SRC / "scalar" / "value.py")}
    assert names <= set(sys.stdlib_module_names)


# one file per exercise: what its checks tell a learner is long, and is read one check at a time
LONG = SRC / "course" / "checks"


@each(folder, path=named(FILES))
def test_files_stay_small(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    most = 600 if path.parent == LONG else 300
    assert lines <= most, f"{path.relative_to(SRC)} has {lines} lines: split it"


def test_the_engine_knows_no_op_and_no_network():
    """core/ names no module above it, not even in a string given to importlib."""
    for path in (SRC / "core").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
        assert not any("import_module" in ast.dump(c.func) for c in calls), path
