"""What is said on a terminal, broken between words: a terminal alone breaks inside them."""

from __future__ import annotations

import shutil
import sys
import textwrap


def say(text: str, err: bool = False) -> None:
    """Print lines to standard output, or to standard error; off a terminal they stay whole."""
    stream = sys.stderr if err else sys.stdout
    shown = "\n".join(map(wrapped, text.split("\n"))) if stream.isatty() else text
    print(shown, file=stream, flush=True)


def wrapped(line: str) -> str:
    """A line in the terminal's width; what does not fit goes on below, as far to the right."""
    width = shutil.get_terminal_size().columns
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
