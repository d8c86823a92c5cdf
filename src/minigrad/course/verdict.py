"""What a check says of an exercise: it passes, or the first probe that does not hold, in words."""

from __future__ import annotations

import inspect
import linecache
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from minigrad.course.check import Check, InputChanged, Raised, Trial, WrongKind, apply
from minigrad.course.naming import recognise
from minigrad.course.result import Result
from minigrad.course.values import a_kind, answer, difference, same_kind

Said = Callable[[str, int], None]


def run_check(
    name: str,
    checks: Mapping[str, Check],
    module: Any,
    seed: int = 0,
    begin: Said = lambda what, size: None,
    so_far: Callable[[Result], None] = lambda result: None,
) -> Result:
    """The result of one exercise of a learner's module.

    ``begin`` is told of each probe, ``so_far`` the result before its mistake is looked for: both
    serve the parent process, in case nothing more comes.
    """
    target = getattr(module, name, None)
    if not callable(target):
        return Result(name, "failed", "not in the file: was it renamed?")
    trial = Trial(checks[name], seed)
    failure = first_failure(trial, target, begin)
    if failure is None:
        return Result(name, "passed")
    i, received = failure
    if isinstance(received, Raised) and isinstance(received.error, NotImplementedError):
        return _not_written(name, received.error, module.__file__)
    result = _says(name, trial, i, received, module.__file__)
    so_far(result)
    if culprits := blame(name, checks, module, seed):
        first = " and ".join(culprits)
        result = Result(name, "failed", f"calls {first}, which is not right yet: mend that first.")
    elif mistake := recognise(trial, target, i, _names_of_answers(trial.check.right)):
        result.mistake, result.question = mistake.name, mistake.question
        result.see = mistake.see
    return result


def first_failure(
    trial: Trial, target: Any, begin: Said = lambda what, size: None
) -> tuple[int, Any] | None:
    """The first probe that does not hold, and what it saw."""
    for i, probe in enumerate(trial.check.probes):
        begin(probe.what, probe.size)
        received = trial.outcome(i, target)
        if not trial.holds(i, received):
            return i, received
    return None


def blame(name: str, checks: Mapping[str, Check], module: Any, seed: int) -> list[str]:
    """The other exercises of the file that make this one fail: with the solutions' in their place
    it passes."""
    target = getattr(module, name)
    others = {
        o: getattr(module, o) for o in checks if o != name and callable(getattr(module, o, None))
    }

    def passes(replaced: Sequence[str]) -> bool:
        try:
            for o in replaced:
                setattr(module, o, checks[o].right)
            return first_failure(Trial(checks[name], seed), target) is None
        finally:
            for o, own in others.items():
                setattr(module, o, own)

    if not others or not passes(list(others)):
        return []
    return [o for o in others if not passes([p for p in others if p != o])]


# -- the words ---------------------------------------------------------------------------------


def _says(name: str, trial: Trial, i: int, received: Any, file: str) -> Result:
    """What is known before the mistake has a name: expected, received, and where."""
    probe, expected = trial.check.probes[i], trial.right(i)
    result = Result(name, "failed", what=trial.label(i), inputs=inputs(trial, i))
    names = _names_of_answers(trial.check.right)
    if isinstance(received, Raised):
        result.sentence = _raised(received.error)
        result.where = place(received.error, file)
    elif not same_kind(received, expected):
        result.sentence = _wrong_kind(received, expected, names)
    else:
        found = difference(received, expected, probe.rtol, probe.atol, names)
        result.received, result.expected, result.where = found or ("", "", "")
        if probe.guessed:
            result.expected = ""
    return result


def _names_of_answers(right: Any) -> list[str]:
    """["gx", "gy"], if the docstring says so: "Returns (gx, gy)", or begins with it."""
    text = inspect.getdoc(right) or ""
    found = re.search(r"(?:Returns |^)\((\w+(?:, \w+)+)\)", text)
    return found[1].split(", ") if found else []


def _wrong_kind(received: Any, expected: Any, names: Sequence[str]) -> str:
    if isinstance(expected, tuple) and isinstance(received, tuple | list):
        if len(received) != len(expected):
            return f"returned {len(received)} answers, where {len(expected)} are meant."
        i = next(i for i, r in enumerate(received) if not same_kind(r, expected[i]))
        wanted, got = a_kind(expected[i]), a_kind(received[i])
        return f"{answer(i, names)} is {got}, where {wanted} is meant."
    return _meant(received, a_kind(expected))


def _meant(received: Any, wanted: str) -> str:
    got = a_kind(received)
    if received is None:
        return f"returned None, where {wanted} is meant: is a `return` missing?"
    if (wanted, got) == ("a Tensor", "an array"):
        return (
            "returned a NumPy array, where a Tensor is meant: "
            "an array carries no graph, so no gradient could flow back. "
            "Compute with Tensor operations, not with .array or .numpy()."
        )
    return f"returned {got}, where {wanted} is meant."


def _raised(error: BaseException) -> str:
    if isinstance(error, InputChanged):
        return f"changes its input ({error}) in place; the caller still needs it. Make a new one."
    if isinstance(error, WrongKind):
        return _meant(*error.args)
    if isinstance(error, SystemExit):
        return "called exit(); return the answer instead."
    if isinstance(error, EOFError):
        return "asked for input; everything it needs is in its arguments."
    return f"raised {type(error).__name__}: {error}"


def _not_written(name: str, error: NotImplementedError, file: str) -> Result:
    """Not written yet: this exercise, or another one that it calls."""
    own = _frames(error, file)
    if own and own[-1].name not in (own[0].name, name, "forward", "__init__"):
        sentence = f"calls {own[-1].name}, which is not written yet: write that one first."
        return Result(name, "failed", sentence)
    at = f"{shown(file)}, line {own[-1].lineno}" if own else ""
    return Result(name, "not written", "not written yet", where=at)


def inputs(trial: Trial, i: int) -> str:
    """The arguments of a probe, one a line, to compute with by hand."""
    run = trial.check.probes[i].run
    names = list(inspect.signature(trial.check.right if run is apply else run).parameters)
    names = names if run is apply else names[1:]
    out = []
    for k, value in enumerate(trial.arguments(i)):
        text = value.__name__ if inspect.isfunction(value) else f"{value!r}"
        out.append(f"{names[k] if k < len(names) else k} = {text}")
    return "\n".join(out)


def place(error: BaseException, file: str) -> str:
    """The last line of the learner's file that an exception passed through."""
    if isinstance(error, SyntaxError) and error.lineno:
        line = linecache.getline(file, error.lineno).strip()
        return f"line {error.lineno}: {line}"
    own = _frames(error, file)
    return f"line {own[-1].lineno}: {own[-1].line}" if own else ""


def shown(file: Path | str) -> str:
    """An exercise file as one finds it from the workspace: labs/NN_name/exercise.py."""
    return "/".join(Path(file).parts[-3:])


def _frames(error: BaseException, file: str) -> list[traceback.FrameSummary]:
    """The lines of a file that an exception passed through."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f for f in frames if Path(f.filename).resolve() == Path(file).resolve()]
