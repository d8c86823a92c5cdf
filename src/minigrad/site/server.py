"""The local server: pages, and the face behind them, for this machine and this token alone."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
import json
import mimetypes
import threading
import traceback
from collections.abc import AsyncIterator
from functools import cache
from html import escape
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from minigrad.course.workspace import Workspace
from minigrad.errors import MinigradError
from minigrad.site.face import answer
from minigrad.site.pages import Site

HOSTS = ["127.0.0.1", "localhost"]
LARGEST = 2_000_000  # bytes of a request; a learner's whole work is a tenth of that
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class Gone(Exception):
    """The page that asked is closed: what it asked for need not go on."""


def application(workspace: Workspace, token: str, site: Site | None = None) -> Starlette:
    """The server's application. Asking the face needs ``token`` in the header X-Token, and a page
    of this very server as its origin."""
    pages = site or Site("server")

    def refuse(status: int, why: str) -> Response:
        # closed: what is left of a request that is refused is not read
        return JSONResponse({"error": why}, status, {"Connection": "close"})

    @cache
    def made(path: str) -> tuple[bytes, str]:
        """A file of the site, packed, and a name for its content; made when first asked for."""
        body = gzip.compress(pages.files[path](), compresslevel=6, mtime=0)
        return body, f'"{hashlib.sha256(body).hexdigest()[:20]}"'

    async def page(request: Request) -> Response:
        path = request.path_params["path"]
        path = f"{path}index.html" if path.endswith("/") or not path else path
        if path not in pages.files:
            said = f'There is no page {escape(path)} here. <a href="/">The course</a>'
            return HTMLResponse(f"<!doctype html><title>Not here</title><p>{said}", 404, HEADERS)
        packed, name = await asyncio.to_thread(made, path)
        headers = {**HEADERS, "ETag": name, "Vary": "Accept-Encoding"}
        if path.startswith("static/"):  # the same as long as this server, and so its port, lives
            headers["Cache-Control"] = "max-age=600"
        if request.headers.get("if-none-match") == name:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["Content-Encoding"] = packed, "gzip"
        else:
            body = gzip.decompress(packed)
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        kind = "text/javascript" if path.endswith(".js") else kind
        return Response(body, media_type=kind, headers=headers)

    async def api(request: Request) -> Response:
        given = request.headers.get("x-token", "")
        if not hmac.compare_digest(given.encode(), token.encode()):
            return refuse(403, "open the address that `minigrad site` printed: it holds the key")
        origin = request.headers.get("origin")
        if origin is not None and origin != f"http://{request.headers['host']}":
            return refuse(403, "this is for the course's own pages alone")
        body, said = bytearray(), request.headers.get("content-length", "0")
        if said.isdecimal() and int(said) > LARGEST:
            return refuse(413, f"at most {LARGEST:,} bytes, please")
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST:
                    return refuse(413, f"at most {LARGEST:,} bytes, please")
        except ClientDisconnect:
            return refuse(400, "the request was cut short")
        try:
            args = json.loads(bytes(body) or b"{}")
        except ValueError:
            return refuse(400, "the request's body must be JSON")
        if not isinstance(args, dict):
            return refuse(400, "the request's body must be a table of values")
        lines = _lines(request.path_params["name"], args, workspace)
        return StreamingResponse(lines, media_type="application/x-ndjson", headers=HEADERS)

    return Starlette(
        routes=[
            Route("/api/{name}", api, methods=["POST"]),
            Route("/{path:path}", page, methods=["GET"]),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False),
        ],
    )


async def _lines(name: str, args: dict[str, Any], workspace: Workspace) -> AsyncIterator[bytes]:
    """The answer as lines of JSON: events as they happen, then a result or an error."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    gone = threading.Event()

    def put(line: dict[str, Any] | None) -> None:
        loop.call_soon_threadsafe(lines.put_nowait, line)

    def tell(event: dict[str, Any]) -> None:
        if gone.is_set():
            raise Gone
        put({"event": event})

    def work() -> None:
        try:
            put({"result": answer(name, args, workspace, tell)})
        except Gone:
            pass
        except MinigradError as error:
            put({"error": str(error)})
        except Exception as error:
            traceback.print_exc()
            put({"error": f"{type(error).__name__}: {error}"})
        finally:
            put(None)

    threading.Thread(target=work, daemon=True).start()
    try:
        while (line := await lines.get()) is not None:
            yield json.dumps(line, allow_nan=False).encode() + b"\n"
    finally:
        gone.set()
