"""The local server from outside: who may ask, and what it hands out."""

import contextlib
import http.client
import json
import socket
import threading
import time

import pytest
import uvicorn

from minigrad.course.workspace import start
from minigrad.site import local
from minigrad.site.server import LARGEST, application

TOKEN = "a-key-for-the-tests"


@pytest.fixture(scope="module")
def port(tmp_path_factory, site):
    """A real server on a free port, in a thread."""
    workspace = start(tmp_path_factory.mktemp("served") / "course")[0]
    with serving(application(workspace, TOKEN, site)) as port:
        yield port


@contextlib.contextmanager
def serving(app):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(timeout=20)


def connect(port):
    return http.client.HTTPConnection("127.0.0.1", port, timeout=60)


def ask(port, method, path, body=None, **headers):
    """(status, body) of one request; a header of None is left out."""
    connection = connect(port)
    known = {"Host": f"127.0.0.1:{port}", "X-Token": TOKEN}
    sent = {k: v for k, v in {**known, **headers}.items() if v is not None}
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    data = b"" if body is None else json.dumps(body).encode()
    for key, value in {**sent, "Content-Length": str(len(data))}.items():
        connection.putheader(key, value)
    connection.endheaders(data)
    answer = connection.getresponse()
    out = answer.status, answer.read(), answer.headers
    connection.close()
    return out


def lines(body):
    return [json.loads(line) for line in body.splitlines()]


def test_with_the_token_it_answers(port):
    status, body, _ = ask(port, "POST", "/api/predict", {"config": {"depth": 3}})
    assert status == 200 and lines(body)[-1]["result"]["verdict"] in ("stalled", "trained")


@pytest.mark.parametrize("token", [None, "", "another", TOKEN[:-1]])
def test_without_the_token_it_does_not(port, token):
    status, body, _ = ask(port, "POST", "/api/course", {}, **{"X-Token": token})
    assert status == 403 and b"minigrad site" in body and b"result" not in body


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example"])
def test_another_host_is_refused_pages_and_answers(port, host):
    for method, path in (("GET", "/index.html"), ("POST", "/api/course")):
        status, body, _ = ask(port, method, path, Host=host)
        assert status == 400 and b"result" not in body


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_another_origin_is_refused(port, origin):
    assert ask(port, "POST", "/api/course", {}, Origin=origin)[0] == 403


def test_its_own_origin_is_not(port):
    assert ask(port, "POST", "/api/course", {}, Origin=f"http://127.0.0.1:{port}")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/static/../../server.py",
        "/static/%2e%2e/server.py",
        "//etc/passwd",
        "/figures/..%2f..%2fcli.py",
        "/progress.json",
        "/nothing.html",
    ],
)
def test_only_the_sites_files_are_handed_out(port, path):
    status, body, _ = ask(port, "GET", path)
    assert status == 404 and b"root:" not in body and b"import" not in body


def test_a_page_that_is_not_there_is_said_in_a_page(port):
    _, body, headers = ask(port, "GET", "/<b>.html")
    assert "text/html" in str(headers).lower() and b"&lt;b&gt;" in body and b'href="/"' in body


def test_a_hundred_megabytes_are_refused_before_they_are_read(port):
    head = f"POST /api/course HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Token: {TOKEN}\r\n"
    head += f"Content-Length: {100_000_000}\r\n\r\n"
    sent, part = 0, b"x" * 65536
    with contextlib.closing(
        socket.create_connection(("127.0.0.1", port), timeout=60)
    ) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(head.encode())
            while sent < 100_000_000:
                connection.sendall(part)
                sent += len(part)
        assert sent < 100_000_000
        with contextlib.suppress(ConnectionResetError):
            assert b" 413 " in connection.recv(200)
    assert ask(port, "POST", "/api/course", {})[0] == 200


def test_a_chunked_body_has_the_same_bound(port):
    parts = iter([b"x" * 100_000] * (LARGEST // 100_000 + 3))
    with contextlib.closing(connect(port)) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            headers = {"X-Token": TOKEN, "Transfer-Encoding": "chunked"}
            connection.request("POST", "/api/course", parts, headers, encode_chunked=True)
        with contextlib.suppress(ConnectionResetError):
            assert connection.getresponse().status == 413


@pytest.mark.parametrize("body", ["[1]", '"x"', "{", "\x00"])
def test_what_is_no_table_of_values_is_refused(port, body):
    with contextlib.closing(connect(port)) as connection:
        connection.request("POST", "/api/course", body, {"X-Token": TOKEN})
        assert connection.getresponse().status == 400


def test_a_mistake_is_said_and_the_server_lives_on(port):
    status, body, _ = ask(port, "POST", "/api/predict", {"config": {"depth": -1}})
    assert status == 200 and "whole number" in lines(body)[-1]["error"]
    assert ask(port, "GET", "/")[0] == 200


def test_events_come_one_by_one_and_a_closed_page_ends_the_run(port):
    body = json.dumps({"config": {"depth": 60, "width": 128}, "steps": 1000}).encode()
    connection = connect(port)
    connection.request("POST", "/api/train", body, {"X-Token": TOKEN})
    answer = connection.getresponse()
    first = json.loads(answer.readline())
    assert first["event"]["step"] == 0  # long before the last
    before = {t for t in threading.enumerate() if "work" in t.name}
    assert before
    connection.close()
    answer.close()
    for thread in before:
        thread.join(timeout=60)
        assert not thread.is_alive()


def test_pages_are_packed_and_carry_their_policy(port):
    with contextlib.closing(connect(port)) as connection:
        connection.request("GET", "/theory/00-motivation.html", headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        packed = answer.read()
    assert answer.headers["Content-Encoding"] == "gzip" and len(packed) < 20_000
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    again = ask(
        port, "GET", "/theory/00-motivation.html", **{"If-None-Match": answer.headers["ETag"]}
    )
    assert again[:2] == (304, b"")
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    script = ask(port, "GET", "/static/site.js")[2]
    assert script["Content-Type"].startswith("text/javascript")


def test_a_browser_that_comes_early_waits(workspace, monkeypatch):
    """The address is said before the server has started."""
    said, reached = [], []

    def run(server, sockets):
        with socket.create_connection(sockets[0].getsockname()):
            reached.append(sockets[0].getsockname()[1])
        assert sockets[0].proto == socket.IPPROTO_TCP  # else asyncio leaves Nagle's delay on
        sockets[0].close()

    monkeypatch.chdir(workspace.root)
    monkeypatch.setattr(uvicorn.Server, "run", run)
    local.serve(0, False, said.append)
    assert f":{reached[0]}/#token=" in said[1]
