"""An exercise file is its solution with the code of each TODO taken out: the one source of both."""

from __future__ import annotations

import ast
import contextlib
import re


def stub(solution: str) -> str:
    """The exercise file of a solution.

    A TODO is a comment line that begins so, with the comment lines right below it. What follows,
    to the end of the function around it, becomes ``raise NotImplementedError``.
    """
    lines = solution.splitlines(keepends=True)
    functions = [n for n in ast.walk(ast.parse(solution)) if isinstance(n, ast.FunctionDef)]
    todos = [i for i, line in enumerate(lines) if line.strip().startswith("# TODO")]
    for i in reversed(todos):  # so that what is above keeps its line numbers
        around = [f for f in functions if f.lineno <= i + 1 <= (f.end_lineno or 0)]
        end = max(around, key=lambda f: f.lineno).end_lineno or 0
        first = next(k for k in range(i, end) if not lines[k].strip().startswith("#"))
        indent = lines[first].removesuffix(lines[first].lstrip())
        lines[first:end] = [f"{indent}raise NotImplementedError\n"]
    return "".join(lines)


def definition(source: str, name: str) -> tuple[int, int]:
    """Where a function or class stands, as a range of line indices; (-1, -1) if it does not.

    In a file with a syntax error, which must be put right too, it is found by its text.
    """
    with contextlib.suppress(SyntaxError, ValueError):
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                return first - 1, node.end_lineno or node.lineno
        return -1, -1
    lines = source.splitlines(keepends=True)
    head = re.compile(rf"(def|class)\s+{re.escape(name)}\b")
    for start, line in enumerate(lines):
        if head.match(line):
            end = start + 1
            while end < len(lines) and not re.match(r"[\w@]", lines[end]):
                end += 1
            while lines[end - 1].strip() == "" or lines[end - 1].startswith("#"):
                end -= 1
            while start and lines[start - 1].startswith("@"):
                start -= 1
            return start, end
    return -1, -1


def code_of(source: str, name: str) -> str:
    """The text of a function or class."""
    first, last = definition(source, name)
    return "\n".join(source.splitlines()[first:last])


def is_stub(source: str, name: str) -> bool:
    """Whether a function or class is still as `stub` leaves it."""
    return "NotImplementedError" in code_of(source, name)


def restore(source: str, pristine: str, name: str) -> str:
    """``source`` with one definition put back as it is in ``pristine``; the others untouched."""
    there = pristine.splitlines(keepends=True)
    a, b = definition(pristine, name)
    block = there[a:b]
    here = source.splitlines(keepends=True)
    start, end = definition(source, name)
    if start < 0:
        return source.rstrip("\n") + "\n\n\n" + "".join(block)
    return "".join(here[:start] + block + here[end:])
