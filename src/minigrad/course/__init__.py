"""The learner's path: the table of exercises, checks that name the mistake, progress, quiz.

`labs/labs.toml` is the single table of what there is to learn and in which order; `checks/` holds,
for every exercise, the probes and the mistakes they name; the learner's files and progress live in
the workspace alone.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    """What a notebook calls, loaded when it is asked for."""
    if name in ("exercise", "hint", "left", "read", "run"):
        from minigrad.course import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
