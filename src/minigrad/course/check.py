"""A check: probes on what the learner wrote, the right answer, and the mistakes that have a name.

Right and wrong implementations run on the same arguments. The right one is the solution; a mistake
*is* a wrong implementation, with a name and the question that leads out of it.
"""

from __future__ import annotations

import copy
import inspect
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from minigrad.course.values import a_kind, agree, array, kind, same_kind
from minigrad.files import load_module
from minigrad.lab.catalog import resources


@dataclass(frozen=True)
class Probe:
    """One way to look at an implementation: ``run(function, *draw(rng))`` gives a value.

    A number, an array, a Tensor, text, or a tuple, list or dict of them. ``size``: of a probe that
    is tried small and then large; a ``last`` one is left out when a name is looked for.
    """

    what: str
    draw: Callable[[np.random.Generator], Sequence[Any]]
    run: Callable[..., Any]
    rtol: float = 1e-4
    atol: float = 1e-6
    size: int = 0
    last: bool = False
    guessed: bool = False  # a prediction: what is expected is not told
    expected: Any = None  # instead of the right implementation's outcome, where that takes long


@dataclass(frozen=True)
class Mistake:
    """Wrong implementations that go by one name, the question that leads out, and the page."""

    wrongs: tuple[Any, ...]
    name: str
    question: str
    see: str = ""  # "01-initialization.md#kaiming"; the exercise's own section unless given


@dataclass(frozen=True)
class Edit:
    """A wrong implementation: the right one's text with some pieces replaced, old by new."""

    pairs: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """What an exercise is held to."""

    right: Callable[..., Any]
    probes: tuple[Probe, ...]
    mistakes: tuple[Mistake, ...]


class InputChanged(Exception):
    """The learner's code wrote into an array or a list that it was given."""


class WrongKind(Exception):
    """What came back cannot be looked at further: (what it is, what is meant)."""


@dataclass(frozen=True)
class Raised:
    """An outcome that is no value."""

    error: BaseException

    def is_like(self, other: Any) -> bool:
        """Whether the other outcome is the same error; a None is one, however it was used."""
        return isinstance(other, Raised) and _signature(self.error) == _signature(other.error)


def _signature(error: BaseException) -> tuple[str, str]:
    says_enough = ArithmeticError | RecursionError | InputChanged
    if isinstance(error, WrongKind):
        received, wanted = error.args
        return a_kind(received), wanted
    if "NoneType" in str(error):
        return "", "None"
    if isinstance(error, AttributeError):  # whatever the learner's class is called
        return "", str(error).partition("attribute")[2]
    return type(error).__name__, "" if isinstance(error, says_enough) else str(error)


# -- what a file of checks is written with -----------------------------------------------------


@cache
def solutions(folder: str) -> Any:
    """The module that solves a lab: its functions are the right answers."""
    return load_module(resources() / "solutions" / f"{folder}.py", f"solutions_{folder}")


def probe(what: str, *args: Any, run: Callable[..., Any] | None = None, **options: Any) -> Probe:
    """A probe whose arguments are always the same."""
    return Probe(what, lambda rng: args, run or apply, **options)


def drawn(
    what: str, draw: Callable[[np.random.Generator], Sequence[Any]], run: Any = None, **options: Any
) -> Probe:
    """A probe whose arguments are drawn anew at each attempt; ``what`` may show them: {:g}."""
    return Probe(what, draw, run or apply, **options)


def then(draw: Callable[[np.random.Generator], Sequence[Any]], *more: Any) -> Any:
    """Draws what ``draw`` does; these follow."""
    return lambda rng: (*draw(rng), *more)


def growing(
    what: str, sizes: Sequence[int], run: Callable[..., Any], **options: Any
) -> list[Probe]:
    """One probe in several sizes, ``run(function, size)``: where the largest is not done in time,
    the times of the others tell how the work grows."""
    one = probe(what, run=run, **options)
    return [
        replace(one, draw=lambda rng, n=n: (n,), size=n, last=n != min(sizes))  # type: ignore[misc]
        for n in sizes
    ]


def edit(*pairs: str) -> Edit:
    """The right implementation with ``old`` replaced by ``new``: edit(old, new, old, new, …)."""
    return Edit(pairs)


def instead(old: str, *news: str) -> list[Edit]:
    """The right implementation several times: with each of ``news`` in the place of ``old``."""
    return [Edit((old, new)) for new in news]


def some(*edits: tuple[str, ...]) -> list[Edit]:
    """The right implementation with one, several or all of these edits: (old, new, old, new, …)."""
    chosen = (c for n in range(len(edits)) for c in itertools.combinations(edits, n + 1))
    return [Edit(tuple(itertools.chain(*c))) for c in chosen]


def check(right: Callable[..., Any], probes: Sequence[Any], mistakes: Sequence[Any] = ()) -> Check:
    """The check of one exercise.

    A mistake is (wrong, name, question) or (wrong, name, question, page#section), where ``wrong``
    is an implementation, an ``edit`` of the right one, the text of what is returned in place of the
    right one's last expression (which may call the right one), or a list of these. Lists may hold
    lists.
    """
    named = tuple(Mistake(tuple(_flat([wrong])), *text) for wrong, *text in mistakes)
    return Check(right, tuple(_flat(probes)), named)


def _flat(entries: Sequence[Any]) -> list[Any]:
    return [x for one in entries for x in (_flat(one) if isinstance(one, list) else [one])]


def apply(function: Any, *args: Any, **options: Any) -> Any:
    """The function's answer; it may not write into what it is given."""
    kept = copy.deepcopy(args)
    out = function(*args, **options)
    for i, (old, new) in enumerate(zip(kept, args, strict=True)):
        if _changed(old, new):
            raise InputChanged(_parameter(function, i))
    return out


def _changed(old: Any, new: Any) -> bool:
    if kind(old) in ("array", "Tensor"):
        return not np.array_equal(array(old), array(new), equal_nan=array(old).dtype.kind == "f")
    if isinstance(old, list | tuple):
        return len(old) != len(new) or any(map(_changed, old, new))
    return False


def _parameter(function: Any, i: int) -> str:
    try:
        return list(inspect.signature(function).parameters)[i]
    except (TypeError, ValueError, IndexError):
        return f"argument {i + 1}"


def demand(value: Any, wanted: str) -> Any:
    """The value, if it is of this kind ("a Tensor"); else the learner is told what is meant."""
    if a_kind(value) != wanted:
        raise WrongKind(value, wanted)
    return value


# -- running it --------------------------------------------------------------------------------


@dataclass
class Trial:
    """A check at one attempt: its seed decides what the probes draw. Every outcome is kept, so that
    no implementation is run twice on one probe."""

    check: Check
    seed: int
    seen: dict[tuple[int, int], tuple[Any, Any]] = field(default_factory=dict)

    def arguments(self, i: int) -> Sequence[Any]:
        return self.check.probes[i].draw(np.random.default_rng([self.seed, i]))

    def outcome(self, i: int, function: Any) -> Any:
        """What probe ``i`` sees of an implementation: a value, or what was raised."""
        if (i, id(function)) not in self.seen:
            self.seen[i, id(function)] = function, self.run(i, function)
        return self.seen[i, id(function)][1]

    def run(self, i: int, function: Any) -> Any:
        """As `outcome`, and not kept."""
        try:
            with np.errstate(all="ignore"):
                return self.check.probes[i].run(function, *copy.deepcopy(self.arguments(i)))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return Raised(error)

    def right(self, i: int) -> Any:
        expected = self.check.probes[i].expected
        return self.outcome(i, self.check.right) if expected is None else expected

    def holds(self, i: int, received: Any) -> bool:
        """Whether an outcome of probe ``i`` is the expected one, in kind and in value."""
        probe, expected = self.check.probes[i], self.right(i)
        if isinstance(received, Raised) or isinstance(expected, Raised):
            return False
        return same_kind(received, expected) and agree(received, expected, probe.rtol, probe.atol)

    def label(self, i: int) -> str:
        """What the probe computes, its drawn numbers filled in."""
        what = self.check.probes[i].what
        return what.format(*self.arguments(i)) if "{" in what else what


def implementations(right: Callable[..., Any], mistake: Mistake) -> list[Any]:
    """A mistake's wrong implementations, ready to be called."""
    return [_edited(right, w) if isinstance(w, Edit | str) else w for w in mistake.wrongs]


@cache
def _edited(right: Any, wrong: Edit | str) -> Any:
    source = re.sub(r" +#.*", "", inspect.getsource(right))
    if isinstance(wrong, str):
        wrong = Edit((source[source.rindex("return ") :], f"return {wrong}"))
    for old, new in zip(wrong.pairs[::2], wrong.pairs[1::2], strict=True):
        if old not in source:
            raise ValueError(f"the solution of {right.__name__} holds no {old!r}")
        source = source.replace(old, new)
    namespace = dict(vars(inspect.getmodule(right) or ModuleType("")))
    exec(compile(source, Path(inspect.getfile(right)).name, "exec"), namespace)
    made = namespace[right.__name__]
    namespace[right.__name__] = right  # a text may call it
    return made
