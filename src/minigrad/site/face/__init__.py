"""What the pages ask for: functions of plain values, the same behind the local server, the worker
in a static page, and the tests.

A function takes JSON's values and returns them. What it needs beside is named by its parameters:
``workspace`` is the learner's, ``tell`` takes the events of one that lasts, as they happen.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from minigrad.course.workspace import Workspace
from minigrad.errors import ArgumentError
from minigrad.lab.records import strict
from minigrad.site.face import clinic, exercises, game, labs, prediction, quiz, steps

Tell = Callable[[dict[str, Any]], None]

ANSWERS: dict[str, Callable[..., Any]] = {
    function.__name__.rstrip("_"): function
    for function in (
        *(prediction.choices, prediction.predict, prediction.rates, prediction.train),
        prediction.border,
        *(exercises.course, exercises.exercise, exercises.check, exercises.hint),
        *(exercises.solution, exercises.reset, exercises.export, exercises.import_),
        *(exercises.files, exercises.restore, exercises.read),
        *(quiz.questions, quiz.answered),
        *(game.draw, game.play, game.history),
        *(labs.run, clinic.patients, clinic.examine, steps.graph),
    )
}


def answer(
    name: str, args: dict[str, Any], workspace: Workspace, tell: Tell = lambda event: None
) -> Any:
    """Call one of `ANSWERS` with ``args``; its events go to ``tell``, its result is returned.

    Raises ArgumentError, whose text is for the reader, for a name or arguments that are not
    allowed.
    """
    if (function := ANSWERS.get(name)) is None:
        raise ArgumentError(f"there is no {name!r} to ask for; there are {', '.join(ANSWERS)}")
    wanted = inspect.signature(function)
    own = {"workspace": workspace, "tell": tell}
    if taken := sorted(set(args) & set(own)):
        raise ArgumentError(f"{name}: {', '.join(taken)} is not for the page to say")
    given = {**args, **{k: v for k, v in own.items() if k in wanted.parameters}}
    try:
        wanted.bind(**given)
    except TypeError as error:
        raise ArgumentError(f"{name}: {error}") from None
    return strict(function(**given))
