"""DIFFERENCES.md as data: what differs from PyTorch on purpose, by the name of its row."""

import re
from pathlib import Path
from typing import NamedTuple

PATH = Path(__file__).parents[1] / "DIFFERENCES.md"


class Difference(NamedTuple):
    """A row: code that ends in an expression, and its value in each library or the error."""

    code: str
    minigrad: str
    pytorch: str
    why: str


def cells(line):
    """The cells of a row of a table, without the backticks."""
    return [cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


ROWS = [cells(line) for line in PATH.read_text(encoding="utf-8").splitlines() if "| `" in line]
DIFFERENCES = {name: Difference(*rest) for name, *rest in ROWS}
