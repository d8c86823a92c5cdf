"""Many small cases in one test, which reports each that fails as a test of its own would.

pytest takes a millisecond or two for a test, and as much again where processes share the tests:
more than most of these cases take.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from functools import wraps
from itertools import product

import pytest

import minigrad

# pytest's own are no Exception; a case may not skip, for that would hide those after it
FAILURES = (Exception, pytest.fail.Exception, pytest.skip.Exception)


def op_of(name: str) -> str:
    """The op of a case of tests/functional/cases.py: "matmul" of "matmul-3"."""
    return name.partition("-")[0]


def each(by: Callable[[str], str] = op_of, /, **axes: Collection) -> Callable:
    """Run a test on every combination of the axes' values, as stacked `parametrize` would, but as
    one test per group: `by` gives the group from the first value's name. An axis maps names to
    values; those of a list are named by `str`. Each case draws the same numbers."""
    tables = [
        dict(axis) if isinstance(axis, Mapping) else {str(value): value for value in axis}
        for axis in axes.values()
    ]
    assert [*map(len, tables)] == [*map(len, axes.values())], "two values have one name"
    groups: dict[str, list[tuple[str, ...]]] = {}
    for names in product(*tables):
        groups.setdefault(by(names[0]), []).append(names)

    def decorate(test: Callable) -> Callable:
        @pytest.mark.parametrize("group", groups)
        @wraps(test)
        def run(group: str) -> None:
            __tracebackhide__ = True
            failed = {}
            for names in groups[group]:
                minigrad.manual_seed(0)
                values = (table[name] for table, name in zip(tables, names, strict=True))
                try:
                    test(**dict(zip(axes, values, strict=True)))
                except FAILURES:
                    failed["-".join(names)] = pytest.ExceptionInfo.from_current().getrepr()
            if failed:
                said = f"{len(failed)} of {len(groups[group])} cases: {', '.join(failed)}"
                texts = [f"{f' {name} ':_^80}\n{text}" for name, text in failed.items()]
                pytest.fail("\n\n".join([said, *texts]), pytrace=False)

        group = inspect.Parameter("group", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        run.__signature__ = inspect.Signature([group])  # type: ignore[attr-defined]
        return run

    return decorate
