"""Starting the local server: the workspace, the port, the token, the browser."""

from __future__ import annotations

import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path

from minigrad.course.table import CourseError
from minigrad.course.workspace import Workspace, find, start
from minigrad.errors import ArgumentError


def serve(port: int, browser: bool, say: Callable[[str], None]) -> None:
    """Serve until Ctrl-C. Raises ArgumentError for a port that is taken."""
    import uvicorn
    from threadpoolctl import threadpool_limits

    from minigrad.site.server import application

    workspace = desk(say)
    # named TCP, it has asyncio send small answers at once: 40 ms less for each
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen()  # from here on a browser that comes early waits, and is not refused
    except OSError as error:
        raise ArgumentError(f"port {port} cannot be had: {error.strerror}; try --port 0") from None
    token = secrets.token_urlsafe(24)
    # behind the #: a browser sends that part to nobody
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/#token={token}"
    server = uvicorn.Server(
        uvicorn.Config(
            application(workspace, token), log_level="warning", timeout_graceful_shutdown=1
        )
    )
    say(f"The course is at {address}")
    say("Ctrl-C ends it.")
    threading.Thread(target=_warm, daemon=True).start()
    if browser:
        threading.Timer(0.3, webbrowser.open, [address]).start()
    with threadpool_limits(1, user_api="blas"):  # on networks this small a second thread costs
        server.run(sockets=[listener])


def desk(say: Callable[[str], None]) -> Workspace:
    """The workspace around this folder, or else the reader's own, made where it is not there."""
    from platformdirs import user_data_path

    try:
        workspace = find()
    except CourseError:
        workspace, _ = start(Path(user_data_path("minigrad")) / "course")
    say(f"Your work is in {workspace.root}")
    return workspace


def _warm() -> None:
    """What the first answer needs, before anybody asks."""
    from minigrad.site.face import prediction

    prediction.predict({"depth": 3})
