"""A check: probes on what the learner wrote, and the mistakes that each probe can name."""

from __future__ import annotations

import copy
import linecache
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.course.result import Result
from minigrad.course.values import a_kind, agree, array, describe, first_difference, kind


@dataclass(frozen=True)
class Mistake:
    """A wrong implementation with a name, the question that leads out of it, and the page."""

    name: str
    question: str
    see: str  # "01-initialization.md#kaiming"


@dataclass(frozen=True)
class Probe:
    """One value computed with the learner's code, what it must be, and what else it may be.

    ``mistakes`` pairs a value with the mistake that produces it. In place of the value may stand a
    class of exception, or a predicate of the received value. Values are compared within ``rtol``
    and ``atol``, and only after the right one was not found: a correct answer is never accused.
    """

    what: str
    run: Callable[[Any], Any]
    expected: Any
    mistakes: Sequence[tuple[Any, Mistake]] = ()
    rtol: float = 1e-4
    atol: float = 1e-6


class InputChanged(Exception):
    """The learner's code wrote into an array that it was given."""


def call(*args: Any, **kwargs: Any) -> Callable[[Any], Any]:
    """A probe's ``run`` that calls the exercise with copies of these arguments, then looks whether
    it changed them."""

    def run(function: Any) -> Any:
        given = copy.deepcopy((args, kwargs))
        out = function(*given[0], **given[1])
        before = [*args, *kwargs.values()]
        after = [*given[0], *given[1].values()]
        for i, (old, new) in enumerate(zip(before, after, strict=True)):
            if kind(old) in ("array", "Tensor") and not agree(array(new), array(old), 0, 0):
                raise InputChanged(f"argument {i + 1}")
        return out

    return run


def run_check(name: str, probes: Sequence[Probe], module: Any, see: str) -> Result:
    """The result of the first probe that does not hold, or a pass."""
    target = getattr(module, name, None)
    if not callable(target):
        return Result(name, "failed", "not in the file: was it renamed?", see=see)
    for probe in probes:
        try:
            with np.errstate(all="ignore"):
                received = probe.run(target)
        except NotImplementedError as error:
            return _not_written(name, error, module.__file__, see)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            return _raised(name, probe, error, module.__file__, see)
        if not _same_kind(received, probe.expected):
            return _wrong_kind(name, probe, received, see)
        if not agree(received, probe.expected, probe.rtol, probe.atol):
            return _differs(name, probe, received, see)
    return Result(name, "passed")


def _same_kind(received: Any, expected: Any) -> bool:
    """Whether the answer is of the type that was asked for; any number will do for a number."""
    if isinstance(expected, tuple):
        return (
            (isinstance(received, tuple | list) or _stacked(received, expected))
            and len(received) == len(expected)
            and all(_same_kind(r, e) for r, e in zip(received, expected, strict=True))
        )
    if kind(expected) == "number":
        return kind(received) == "number" or (
            kind(received) in ("array", "Tensor") and array(received).size == 1
        )
    if kind(expected) == "list":
        return kind(received) in ("list", "tuple", "array")
    return kind(received) == kind(expected)


def _stacked(received: Any, expected: tuple[Any, ...]) -> bool:
    """Whether an array holds one answer per entry, and is not a single answer of that length."""
    shapes = {np.shape(array(e)) for e in expected}
    return kind(received) == "array" and shapes == {received.shape[1:]}


def _wrong_kind(name: str, probe: Probe, received: Any, see: str) -> Result:
    wanted, got = a_kind(probe.expected), a_kind(received)
    for value, mistake in probe.mistakes:
        if _recognise(value, received, probe):
            return _named(name, probe, describe(received), mistake)
    if received is None:
        sentence = f"returned None, where {wanted} is meant: is a `return` missing?"
    elif wanted == "a Tensor" and got == "an array":
        sentence = (
            "returned a NumPy array, where a Tensor is meant: "
            "an array carries no graph, so no gradient could flow back. "
            "Compute with Tensor operations, not with .array or .numpy()."
        )
    elif isinstance(probe.expected, tuple) and isinstance(received, tuple | list):
        sentence = _answers(received, probe.expected)
    else:
        sentence = f"returned {got}, where {wanted} is meant."
    return Result(name, "failed", sentence, what=probe.what, see=see)


def _answers(received: Sequence[Any], expected: tuple[Any, ...]) -> str:
    """What is wrong with the kinds of several answers."""
    if len(received) != len(expected):
        return f"returned {len(received)} answers, where {len(expected)} are meant."
    i = next(i for i, r in enumerate(received) if not _same_kind(r, expected[i]))
    return f"answer {i + 1} is {a_kind(received[i])}, where {a_kind(expected[i])} is meant."


def _differs(name: str, probe: Probe, received: Any, see: str) -> Result:
    for value, mistake in probe.mistakes:
        if _recognise(value, received, probe):
            shown, _, _ = first_difference(received, probe.expected, probe.rtol, probe.atol)
            return _named(name, probe, shown, mistake, received)
    shown, wanted, where = first_difference(received, probe.expected, probe.rtol, probe.atol)
    return Result(
        name, "failed", what=probe.what, received=shown, expected=wanted, where=where, see=see
    )


def _named(name: str, probe: Probe, shown: str, mistake: Mistake, received: Any = None) -> Result:
    wanted, where = describe(probe.expected), ""
    if received is not None:
        _, wanted, where = first_difference(received, probe.expected, probe.rtol, probe.atol)
    return Result(
        name,
        "failed",
        what=probe.what,
        received=shown,
        expected=wanted,
        where=where,
        mistake=mistake.name,
        question=mistake.question,
        see=mistake.see,
    )


def _recognise(value: Any, received: Any, probe: Probe) -> bool:
    """Whether ``received`` is what the mistake listed under ``value`` produces."""
    if isinstance(value, type):
        return isinstance(received, value)
    if callable(value):
        try:
            return bool(value(received))
        except Exception:  # a predicate written for numbers, handed something else
            return False
    if isinstance(value, tuple) and not _same_kind(received, value):
        return False
    try:
        return agree(received, value, probe.rtol, probe.atol)
    except (TypeError, ValueError):  # not comparable: not this mistake
        return False


def _raised(name: str, probe: Probe, error: BaseException, file: str, see: str) -> Result:
    for value, mistake in probe.mistakes:
        if _recognise(value, error, probe):
            what = (
                f"a change of {error}" if isinstance(error, InputChanged) else type(error).__name__
            )
            return _named(name, probe, what, mistake)
    if isinstance(error, InputChanged):
        sentence = (
            f"changes its input ({error}) in place; the caller still needs it. Make a new one."
        )
        return Result(name, "failed", sentence, what=probe.what, see=see)
    if isinstance(error, SystemExit):
        sentence = "called exit(); return the answer instead."
    elif isinstance(error, EOFError):
        sentence = "asked for input; everything it needs is in its arguments."
    else:
        sentence = f"raised {type(error).__name__}: {error}"
    return Result(name, "failed", sentence, what=probe.what, where=place(error, file), see=see)


def _not_written(name: str, error: NotImplementedError, file: str, see: str) -> Result:
    """Not written yet: this exercise, or another one that it calls."""
    own = [f for f in traceback.extract_tb(error.__traceback__) if _same_file(f.filename, file)]
    where = own[-1] if own else None
    culprit = where.name if where else name
    first = own[0].name if own else name
    if where and culprit != first and culprit not in (name, "forward", "__init__"):
        sentence = f"calls {culprit}, which is not written yet: write that one first."
        return Result(name, "failed", sentence, see=see)
    at = f"{shown(file)}, line {where.lineno}" if where else ""
    return Result(name, "not written", "not written yet", where=at, see=see)


def place(error: BaseException, file: str) -> str:
    """The last line of the learner's file that an exception passed through."""
    if isinstance(error, SyntaxError) and error.lineno:
        line = linecache.getline(file, error.lineno).strip()
        return f"line {error.lineno}: {line}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if _same_file(f.filename, file)]
    return f"line {own[-1].lineno}: {own[-1].line}" if own else ""


def shown(file: Path | str) -> str:
    """An exercise file as one finds it from the workspace: labs/NN_name/exercise.py."""
    return "/".join(Path(file).parts[-3:])


def _same_file(one: str, other: str) -> bool:
    return Path(one).resolve() == Path(other).resolve()
