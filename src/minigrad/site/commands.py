"""`minigrad site`: the course in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(site)


def site(
    build: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write static pages for any host.")
    ] = None,
    pyodide: Annotated[
        Path | None, typer.Option(help="With --build: a folder that holds Pyodide and NumPy.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: a free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page.")] = True,
) -> None:
    """The course in your browser, with the workspace that you are in.

    Outside of one your work is kept in a folder of your own, which is named.
    """
    from minigrad.errors import ArgumentError

    if build is not None:
        from minigrad.site.build import build as write

        write(build, pyodide, typer.echo)
        return
    if pyodide is not None:
        raise ArgumentError("--pyodide belongs to --build: the local site needs no Pyodide")
    from minigrad.site.local import serve

    serve(port, browser, typer.echo)
