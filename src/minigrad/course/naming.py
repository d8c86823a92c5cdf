"""The name of a mistake: a wrong implementation that gives the very values the learner's gives.

It is recognised where it agrees with the learner's code on every probe that tells either from the
right one; or, where the code has more than one mistake, on two and on more than half of them, to
four digits of numbers that were drawn. What no entry of a check knows may still show in a default
that is another one or is not used, or in the numbers themselves (`relations.py`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minigrad.course.check import Mistake, Raised, Trial, implementations
from minigrad.course.relations import relation
from minigrad.course.values import agree, array, kind, numbers_in, same_kind


def recognise(trial: Trial, target: Any, first: int, names: Sequence[str] = ()) -> Mistake | None:
    """The mistake in an implementation that fails at probe ``first``; None if none is like it.

    ``names`` are what the answers of a tuple are called.
    """
    probes = trial.check.probes
    small = [i for i, probe in enumerate(probes) if not probe.last]
    if first not in small:
        return None

    def likeness(wrong: Any) -> tuple[bool, int]:
        """Whether this wrong implementation is the learner's wherever one of them is not right, and
        on how many probes; (False, 0) if it is too seldom, or the learner's right where it is not.
        """
        same, other = [], 0
        for i in (first, *small):
            outcome = trial.outcome(i, wrong)
            if alike(outcome, trial.outcome(i, target), probes[i].rtol, probes[i].atol):
                same += [i] if not trial.holds(i, outcome) else []
            elif i == first:
                return False, 0
            elif not trial.holds(i, trial.outcome(i, target)):
                other += 1
            elif not trial.holds(i, outcome):
                return False, 0
        telling = {i for i in same if _tells_much(trial.outcome(i, wrong))}
        enough = not other or len(telling) > max(1, other)
        return (not other, len(same)) if enough else (False, 0)

    found = [
        (likeness(wrong), mistake)
        for mistake in (*trial.check.mistakes, *_of_defaults(trial.check.right, target))
        for wrong in implementations(trial.check.right, mistake)
    ]
    (_, count), mistake = max(found, key=lambda pair: pair[0], default=((False, 0), None))
    if count:
        return mistake
    return relation(trial, target, [first, *(i for i in small if i != first)], names)


def _tells_much(outcome: Any) -> bool:
    """Whether two implementations hardly come to this outcome by chance: finite numbers, not all
    of them whole."""
    numbers = np.array([] if isinstance(outcome, Raised) else numbers_in(outcome))
    return bool(np.isfinite(numbers).all() and np.any(numbers % 1))


def alike(one: Any, other: Any, rtol: float, atol: float) -> bool:
    """Whether two implementations have the same outcome; inf and NaN count as one failure."""
    if isinstance(one, Raised):
        return one.is_like(other)
    if isinstance(other, Raised) or not same_kind(one, other) or not same_kind(other, one):
        return False
    try:
        return agree(_no_number(one), _no_number(other), rtol, atol)
    except Exception:  # not comparable
        return False


def _no_number(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _no_number(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(map(_no_number, value)) if type(value) in (tuple, list) else value
    if kind(value) in ("array", "number") and array(value).dtype.kind == "f":
        return np.where(np.isinf(value), np.nan, value)
    return value


def _of_defaults(right: Any, target: Any) -> Iterator[Mistake]:
    """What every argument with a default invites: it is not used, or its default is another."""
    try:
        ours, theirs = inspect.signature(right), inspect.signature(target)
    except (TypeError, ValueError):
        return

    def called(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
        """The right implementation, given other arguments than it was called with."""
        return lambda *args, **options: right(**change(ours.bind(*args, **options).arguments))

    for name, parameter in ours.parameters.items():
        if parameter.default is parameter.empty:
            continue
        own = {name: parameter.default}
        yield Mistake(
            (called(lambda given, own=own: given | own),),  # type: ignore[misc]
            f"the argument {name} is not used: it is always {parameter.default!r}",
            f"A caller asks for another {name}. Where does it enter what you return?",
        )
        default = getattr(theirs.parameters.get(name), "default", parameter.empty)
        if default is not parameter.empty and default != parameter.default:
            other = {name: default}
            yield Mistake(
                (called(lambda given, other=other: other | given),),  # type: ignore[misc]
                f"the default of {name} is {default!r}, where {parameter.default!r} is meant",
                f"What does a caller get who says nothing of {name}? Does the stub say so?",
            )
