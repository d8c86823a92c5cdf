"""One file from the network: resumed where it broke off, and never used before it is verified."""

import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from minigrad.errors import MinigradError

MOST = 20_000_000  # bytes: the course's texts are smaller by far


class DownloadError(MinigradError, ConnectionError):
    """A file that could not be fetched, or is not the file it should be."""


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def download(
    url: str,
    path: Path,
    sha256: str,
    *,
    attempts: int = 4,
    timeout: float = 15.0,
    wait: float = 1.0,
    say: Callable[[str], None] = print,
) -> Path:
    """Fetch `url` into `path`, which appears only once its SHA-256 is right; returns it.

    What has arrived is kept beside it as `….part`, and the next attempt, of this call or of a
    later one, asks only for the rest. A connection that delivers nothing for `timeout` seconds
    counts as broken. Between attempts the pause doubles, beginning with `wait` seconds. Raises
    DownloadError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    problem = ""
    for attempt in range(attempts):
        if problem:
            say(f"{problem}; trying again ({attempt + 1} of {attempts})")
            time.sleep(wait * 2 ** (attempt - 1))
        try:
            _fetch(url, part, timeout)
        except urllib.error.HTTPError as error:
            error.close()
            problem = f"the server answered {error.code} {error.reason}"
            if error.code == 416:  # what is there is not the beginning of this file
                part.unlink(missing_ok=True)
            elif 400 <= error.code < 500 and error.code not in (408, 429):
                break  # asking again will not help
            continue
        except (OSError, http.client.HTTPException) as error:
            problem = str(getattr(error, "reason", error)) or type(error).__name__
            continue
        received = sha256_of(part)
        if received == sha256:
            part.replace(path)
            return path
        part.unlink()
        problem = f"what arrived is another file: SHA-256 {received[:12]}…, expected {sha256[:12]}…"
    kept = part.stat().st_size if part.exists() else 0
    rest = f" {kept:,} bytes are kept, and the next try asks for the rest." if kept else ""
    raise DownloadError(f"could not download {url}: {problem}.{rest}")


def _fetch(url: str, part: Path, timeout: float) -> None:
    """Append to `part` what is missing of `url`; begin anew where the server cannot resume."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=timeout) as response:
        resumed = response.status == 206
        said = response.headers.get("Content-Length") or ""
        expected = int(said) if said.isascii() and said.isdecimal() else None
        received = 0
        with part.open("ab" if resumed else "wb") as file:
            while block := response.read1(65536):
                file.write(block)
                received += len(block)
                if received > MOST:
                    file.truncate(0)
                    raise ConnectionError(f"the server sends more than {MOST:,} bytes")
    if expected is not None and received < expected:
        raise ConnectionError(f"the connection broke after {received:,} of {expected:,} bytes")
