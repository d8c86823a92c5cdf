"""What the numbers themselves say of a mistake that no entry of a check knows.

Each of these is true of what came back, whatever the code was: all signs are turned, the right
numbers stand in another order, one list begins too early, an argument changes nothing.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from minigrad.course.check import Mistake, Raised, Trial
from minigrad.course.values import agree, answer, array, kind, numbers_in, same_kind

Arrays = Sequence[np.ndarray]  # one for each probe


def relation(trial: Trial, target: Any, probes: Sequence[int], names: Sequence[str]) -> Any:
    """The mistake that the outcomes of these probes show, the first of them a failing one; None if
    they show none. ``names`` are what the answers of a tuple are called."""
    pairs = [(trial.outcome(i, target), trial.right(i)) for i in probes]
    if any(isinstance(r, Raised) or not same_kind(r, e) for r, e in pairs):
        return None
    wrong, others = _wrong_parts(trial, probes, pairs, names)
    with np.errstate(all="ignore"):
        found = (
            _drawn(trial, target, probes[0])
            or _all_related(wrong)
            or _unused(trial, target, probes[0])
            or _shown(wrong)
        )
    if not found:
        return None
    name, question = found
    return Mistake((), (f"{' and '.join(wrong)}: " if others else "") + name, question)


def _wrong_parts(
    trial: Trial, probes: Sequence[int], pairs: Sequence[tuple[Any, Any]], names: Sequence[str]
) -> tuple[dict[str, tuple[Arrays, Arrays]], bool]:
    """(received, expected) of each answer that is wrong anywhere, and whether others are right."""
    parts = [_answers(r, e, names) for r, e in pairs]
    wrong: dict[str, tuple[Arrays, Arrays]] = {}
    for key in parts[0]:
        both = [p[key] for p in parts if key in p]
        probe = trial.check.probes[probes[0]]
        if all(agree(r, e, probe.rtol, probe.atol) for r, e in both):
            continue
        arrays = [(_wide(r), _wide(e)) for r, e in both if _numeric(r) and _numeric(e)]
        if len(arrays) == len(both):
            wrong[key] = [r for r, _ in arrays], [e for _, e in arrays]
    return wrong, len(parts[0]) > len(wrong) > 0


def _wide(value: Any) -> np.ndarray:
    return array(value).astype(np.float64)


def _answers(r: Any, e: Any, names: Sequence[str]) -> dict[str, tuple[Any, Any]]:
    if isinstance(e, Mapping) and r.keys() == e.keys():
        return {str(k): (r[k], e[k]) for k in e}
    if isinstance(e, tuple) and len(r) == len(e):
        return {answer(i, names): pair for i, pair in enumerate(zip(r, e, strict=True))}
    return {"": (r, e)}


def _numeric(value: Any) -> bool:
    try:
        return kind(value) in ("number", "array", "Tensor", "list") and (
            array(value).dtype.kind in "fiu"
        )
    except ValueError:  # a list of several shapes
        return False


# -- of all the numbers ------------------------------------------------------------------------

CHANGES: list[tuple[Callable[[Any], Any], str, str]] = [
    (lambda e: -e, "the sign is turned round, everywhere", "Which term should be taken off which?"),
    (lambda e: 1 / e, "upside down: one over what it should be", "Which of the two divides which?"),
    (lambda e: e**2, "the square of what it should be", "Where is a root missing?"),
    (lambda e: np.sqrt(e), "the root of what it should be", "Is a root needed there?"),
]


def _all_related(parts: Mapping[str, tuple[Arrays, Arrays]]) -> tuple[str, str] | None:
    """A simple relation between all numbers received and all expected, in every probe."""
    both = [(r, e) for pair in parts.values() for r, e in zip(*pair, strict=True)]
    if not both or any(r.shape != e.shape for r, e in both):
        return None
    received, expected = (np.concatenate([b[k].ravel() for b in both]) for k in (0, 1))
    if not (np.isfinite(received) & np.isfinite(expected)).all():
        return None
    if len(set(np.round(expected, 9))) < 3:  # too few numbers to tell
        return None
    for change, name, question in CHANGES:
        if _same(received, change(expected)):
            return name, question
    factor = received @ expected / (expected @ expected)
    if abs(factor) > 1e-9 and abs(factor - 1) > 1e-3 and _same(received, factor * expected):
        text = f"every number is {_fraction(factor)} times what it should be"
        return text, "Which factor is missing, or is one too many?"
    return None


def _same(one: Any, other: Any) -> bool:
    return bool(one.shape == other.shape and np.allclose(one, other, rtol=1e-4, atol=1e-9))


def _fraction(factor: float) -> str:
    near = Fraction(factor).limit_denominator(24)
    good = math.isclose(near, factor, rel_tol=1e-4) and near.denominator > 1
    return str(near) if good else f"{factor:.4g}"


# -- of the first answer that is wrong ---------------------------------------------------------


def _shown(parts: Mapping[str, tuple[Arrays, Arrays]]) -> tuple[str, str] | None:
    """What one wrong answer shows of itself."""
    if len(parts) != 1:
        return None
    ((received, expected),) = parts.values()
    for r, e in zip(received, expected, strict=True):
        if not _same(r, e):
            return next(_shows(r, e), None)
    return None


def _shows(r: np.ndarray, e: np.ndarray) -> Iterator[tuple[str, str]]:
    if np.isfinite(e).all() and not np.isfinite(r).all():
        yield "NaN or infinity came out", "Where is something divided by 0, or too large for exp?"
    if e.size < 3 or len(set(np.round(e.ravel(), 9))) < 3:
        return  # too few numbers to tell
    if r.ndim == e.ndim == 1:
        for at, rest in (("beginning", np.s_[1:]), ("end", np.s_[:-1])):
            if _same(r[rest], e):
                yield f"one number too many, at the {at}", "How many does the docstring promise?"
            if _same(r, e[rest]):
                yield f"a number is missing at the {at}", "How many does the docstring promise?"
    if r.ndim == e.ndim and _same(r.T, e):
        yield "transposed", "Which axis comes first in the shape that the docstring gives?"
    if r.ndim != e.ndim:
        which = "an axis is left that should be gone" if r.ndim > e.ndim else "an axis is missing"
        yield which, "Over which axes is something summed or averaged, and which shape is left?"
    if r.shape != e.shape:
        return
    if _same(np.abs(r), np.abs(e)):
        yield "the sizes are right, and some of the signs are not", "What decides an entry's sign?"
    if _same(np.sort(r, axis=None), np.sort(e, axis=None)):
        yield "the right numbers, in another order", "Which index or axis counts what?"
    if _same(r - e, np.full(e.shape, (r - e).mean())):
        yield f"every number is off by {(r - e).mean():.4g}", "What was added, or not taken off?"
    factor = (r * e).sum() / (e * e).sum()
    if "/" in _fraction(factor) and _same(r, factor * e):
        text = f"every number is {_fraction(factor)} times what it should be here"
        yield text, "Which size has this number here: how many rows, columns, terms?"


# -- of calling it again ----------------------------------------------------------------------


def _drawn(trial: Trial, target: Any, i: int) -> tuple[str, str] | None:
    """Two answers to one question: numbers were drawn at random, or are kept from call to call."""
    first, again = trial.outcome(i, target), trial.run(i, target)
    if isinstance(again, Raised) or not same_kind(again, first) or agree(again, first, 1e-9, 1e-12):
        return None
    return (
        "called again with the same input, it gives another answer",
        "Does it draw at random, or change something that the next call sees?",
    )


# -- of the arguments --------------------------------------------------------------------------


def _unused(trial: Trial, target: Any, i: int) -> tuple[str, str] | None:
    """An argument that changes nothing at probe ``i``, where it changes the right answer."""
    right = trial.check.right
    if inspect.isclass(right):
        return None
    signature = inspect.signature(right)

    def moves(function: Any, name: str, k: int) -> bool | None:
        """Whether another value of the argument gives another answer; None if it gives none."""
        before = trial.outcome(i, function)
        after = trial.run(i, _with_another(function, signature, name, k))
        if isinstance(after, Raised) or not np.isfinite(numbers_in(before)).all():
            return None
        return not agree(after, before, 1e-9, 1e-12)

    for name in signature.parameters:
        if all(moves(right, name, k) and moves(target, name, k) is False for k in (0, 1)):
            return (
                f"the argument {name} changes nothing here",
                f"With another {name}, what should become of the answer?",
            )
    return None


def _with_another(function: Any, signature: inspect.Signature, name: str, k: int) -> Any:
    def changed(*args: Any, **options: Any) -> Any:
        bound = signature.bind(*args, **options)
        if name in bound.arguments:
            bound.arguments[name] = _another(bound.arguments[name], k)
        return function(*bound.args, **bound.kwargs)

    return changed


def _another(value: Any, k: int) -> Any:
    """Another number, or array of numbers; what is neither stays as it is."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return (value + np.random.default_rng(k).normal(0, 1, value.shape)).astype(value.dtype)
    if type(value) is int:
        return value + 1 + k
    return value * (1.3 + k) if isinstance(value, float) else value
