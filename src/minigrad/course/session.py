"""What a learner's command needs: each made when first asked for."""

from __future__ import annotations

from functools import cached_property

from rich.console import Console

from minigrad.course.console import make_console
from minigrad.course.progress import Progress
from minigrad.course.workspace import Workspace, find
from minigrad.lab.say import say


class Session:
    """The workspace around here, its progress, and a console."""

    @cached_property
    def workspace(self) -> Workspace:
        return find()

    @cached_property
    def progress(self) -> Progress:
        return Progress(self.workspace, say=lambda line: say(line, err=True))

    @cached_property
    def console(self) -> Console:
        return make_console()
