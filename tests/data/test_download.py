"""download() against a server on this machine that does what networks do."""

import hashlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from minigrad.data.download import DownloadError, download

CONTENT = bytes(i * i % 251 for i in range(200_000))
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        server: Any = self.server
        server.requests.append(self.headers.get("Range"))
        behaviour = server.script.pop(0) if server.script else "serve"
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        if behaviour == "no ranges":
            start = 0
        if isinstance(behaviour, int):
            self.send_error(behaviour)
            return
        if start >= len(CONTENT):
            self.send_error(416)
            return
        body = CONTENT[start:]
        if behaviour == "corrupt":
            body = bytes([body[0] ^ 1]) + body[1:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", "abc" if behaviour == "no size" else str(len(body)))
        self.end_headers()
        if behaviour == "truncate":
            body = body[: len(body) // 2]
        if behaviour == "stall":
            self.wfile.write(body[:1000])
            self.wfile.flush()
            server.release.wait(5)
            return
        self.wfile.write(body)


@pytest.fixture
def server() -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        served: Any = httpd
        served.script, served.requests, served.release = [], [], threading.Event()
        served.url = f"http://127.0.0.1:{httpd.server_address[1]}/text"
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        yield served
        served.release.set()
        httpd.shutdown()
        thread.join()


def get(server: Any, path: Path, **options: Any) -> Path:
    said: list[str] = []
    server.said = said
    options = {"wait": 0.0, "timeout": 5.0, **options}
    return download(server.url, path, SHA256, say=said.append, **options)


def test_a_good_server(server: Any, tmp_path: Path) -> None:
    path = get(server, tmp_path / "new folder" / "text")
    assert path.read_bytes() == CONTENT
    assert server.requests == [None] and server.said == []
    assert list(path.parent.iterdir()) == [path]


def test_a_truncated_answer_is_resumed_where_it_broke(server: Any, tmp_path: Path) -> None:
    server.script = ["truncate", "truncate"]
    assert get(server, tmp_path / "text").read_bytes() == CONTENT
    assert server.requests == [None, "bytes=100000-", "bytes=150000-"]
    assert "broke after 100,000 of 200,000 bytes; trying again (2 of 4)" in server.said[0]


def test_a_later_call_resumes_too(server: Any, tmp_path: Path) -> None:
    server.script = ["truncate"]
    with pytest.raises(DownloadError, match="100,000 bytes are kept, and the next try asks"):
        get(server, tmp_path / "text", attempts=1)
    assert not (tmp_path / "text").exists()
    assert get(server, tmp_path / "text").read_bytes() == CONTENT
    assert server.requests[1:] == ["bytes=100000-"]


def test_a_server_that_cannot_resume_begins_anew(server: Any, tmp_path: Path) -> None:
    server.script = ["truncate", "no ranges"]
    assert get(server, tmp_path / "text").read_bytes() == CONTENT


def test_a_corrupted_answer_is_thrown_away(server: Any, tmp_path: Path) -> None:
    server.script = ["corrupt"]
    assert get(server, tmp_path / "text").read_bytes() == CONTENT
    assert server.requests == [None, None]
    assert "another file: SHA-256" in server.said[0]


def test_a_corrupted_part_from_an_earlier_day_is_thrown_away(server: Any, tmp_path: Path) -> None:
    (tmp_path / "text.part").write_bytes(b"x" * 500)
    assert get(server, tmp_path / "text").read_bytes() == CONTENT
    (tmp_path / "text.part").write_bytes(b"x" * 300_000)  # longer than the file: 416
    assert get(server, tmp_path / "text").read_bytes() == CONTENT
    assert server.requests == ["bytes=500-", None, "bytes=300000-", None]


def test_a_server_that_only_sends_another_file(server: Any, tmp_path: Path) -> None:
    server.script = ["corrupt"] * 4
    with pytest.raises(DownloadError, match=f"another file: SHA-256 .*expected {SHA256[:12]}"):
        get(server, tmp_path / "text")
    assert list(tmp_path.iterdir()) == []


def test_a_stalled_connection_is_given_up_and_resumed(server: Any, tmp_path: Path) -> None:
    server.script = ["stall"]
    start = time.monotonic()
    assert get(server, tmp_path / "text", timeout=0.2).read_bytes() == CONTENT
    assert time.monotonic() - start < 4  # not the 5 s for which the server keeps silent
    assert server.requests[1] == "bytes=1000-"
    assert "timed out" in server.said[0]


def test_an_error_that_will_not_pass_is_not_asked_again(server: Any, tmp_path: Path) -> None:
    server.script = [404]
    with pytest.raises(DownloadError, match="the server answered 404 Not Found"):
        get(server, tmp_path / "text")
    server.script = [503, 503]
    assert get(server, tmp_path / "text").read_bytes() == CONTENT
    assert len(server.requests) == 4


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="refused"):
        download("http://127.0.0.1:9/", tmp_path / "text", SHA256, attempts=2, wait=0.0, say=len)


def test_a_size_that_is_none_is_not_believed(server: Any, tmp_path: Path) -> None:
    server.script = ["no size"]
    assert get(server, tmp_path / "text").read_bytes() == CONTENT


def test_an_answer_without_an_end_is_cut_off(server: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("minigrad.data.download.MOST", 70_000)
    with pytest.raises(DownloadError, match="sends more than 70,000 bytes"):
        get(server, tmp_path / "text", attempts=2)
    assert (tmp_path / "text.part").stat().st_size == 0
