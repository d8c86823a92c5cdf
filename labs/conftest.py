"""`pytest labs/01_init_ablation`: each exercise is a test, with the words of `minigrad check`."""

from pathlib import Path

from minigrad.course.testing import (
    pytest_collect_file,
    pytest_sessionfinish,
    pytest_terminal_summary,
)
from minigrad.course.workspace import find

__all__ = ["pytest_collect_file", "pytest_sessionfinish", "pytest_terminal_summary"]

find(Path(__file__).parent)  # in a checkout, this writes the exercises that are not there yet
